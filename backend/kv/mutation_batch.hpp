// An ordered list of absolute key changes: what a commit carries, what the journal stores and what the
// index applies (format: gateway/design/0003-key-space.md). Some bytes are only known when the commit
// gets its place in the journal: slots name them, the committer patches them in place.
// Not thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/core/ids.hpp"
#include "gateway/core/result.hpp"

namespace sluice::kv {

enum class family : std::uint8_t { meta = 1, object = 2, payload = 3, log = 4, row = 5 };
inline constexpr std::size_t family_count = 5;
enum class operation : std::uint8_t { put = 1, erase = 2, erase_range = 3 };

// A place in the encoded batch that is filled at commit.
struct slot {
    enum class kind : std::uint8_t {
        commit_lsn,  // 8 bytes LE
        location,    // 8 bytes: segment id u32 BE, frame offset u32 BE of inline payload `index`
        custom,      // left to the commit's own on_ordered hook (log offsets); `index` is the hook's
    };
    kind what;
    std::uint32_t index = 0;     // inline payload number within the commit
    std::size_t position = 0;    // in bytes()
};

class mutation_batch {
public:
    struct position_of {      // where the just added key and value start in bytes()
        std::size_t key;
        std::size_t value;
    };

    position_of put(family, std::string_view key, std::string_view value);
    void erase(family, std::string_view key);
    void erase_range(family, std::string_view begin, std::string_view end);

    // `position` counts from the start of bytes(), e.g. put(...).value + 0.
    void add_slot(slot::kind what, std::size_t position, std::uint32_t index = 0);
    // Every record starts with its commit LSN: a put whose first 8 value bytes are that slot. `value` already
    // has those 8 bytes (their content does not matter).
    position_of put_stamped(family, std::string_view key, std::string_view value);

    std::string const& bytes() const noexcept { return bytes_; }
    std::string& patchable_bytes() noexcept { return bytes_; }
    std::vector<slot> const& slots() const noexcept { return slots_; }
    bool empty() const noexcept { return bytes_.empty(); }
    std::size_t count() const noexcept { return count_; }
    // Moves all of `other` behind this one's mutations; its slots move along.
    void append(mutation_batch&& other);

private:
    std::string bytes_;
    std::vector<slot> slots_;
    std::size_t count_ = 0;
};

// Walks an encoded batch; views point into it. take() answers `malformed` when the bytes are not one, and again
// at every later call.
struct mutation {
    family where;
    operation what;
    std::string_view key;
    std::string_view value;
};
class mutation_cursor {
public:
    explicit mutation_cursor(std::string_view bytes) noexcept : rest_(bytes) {}
    bool at_end() const noexcept { return rest_.empty(); }
    result<mutation> take();

private:
    std::string_view rest_;
};

}  // namespace sluice::kv
