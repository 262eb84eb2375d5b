// What an open transaction wrote: for every key its versions in the order they were written, each
// with the number of the statement that wrote it, and an undo list for savepoints. A statement's
// reads see what earlier statements wrote (so that it never meets its own writes again: Halloween);
// locks and checks see the newest. Keys are whole keys of the index; their first byte names the
// family.
//
// Thread-safe: cursors read it on other threads while the transaction writes. What is visible to a
// statement never changes but by undo_to.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "backend/store/model/records.hpp"

namespace sluice::store {

// Statements of one transaction, from 1.
enum class command_number : std::uint64_t {};

class table_write_set {
public:
    // nullopt: erased.
    using value = std::optional<std::string>;
    struct own_value {
        value written;
        command_number by{};
    };
    struct visible_change {
        std::string key;
        value written;
    };
    enum class direction : std::uint8_t { ascending, descending };

    // `was_absent`: nothing published is under this key, so erasing it again leaves no trace.
    void write(std::string key, value, command_number by, bool was_absent = false);
    // The same for a record of another module; the expectation of its first change is kept, and
    // holds against what is published at commit.
    void write_record(std::string key, value, command_number by, record_change const& wanted);
    // Something outside of this set happened, to be undone with it.
    void note(std::function<void()> undo);

    // Its newest write of the key, by any statement.
    std::optional<own_value> newest(std::string_view key) const;
    // The newest by statements before `by`.
    std::optional<own_value> before(std::string_view key, command_number by) const;
    // What statements before `by` wrote in [lower, upper), in the direction, at most `most`.
    std::vector<visible_change> page(std::string_view lower, std::string_view upper,
                                     command_number by, std::size_t most, direction) const;

    using mark = std::size_t;
    mark set_mark();
    void undo_to(mark);

    bool empty() const;
    // Of keys and values, with an allowance for what holds them.
    std::size_t bytes() const;

    struct final_change {
        std::string_view key;
        value const& written;
        bool was_absent;
        std::optional<record_change> const& expected;
    };
    // The newest of every key, in key order, until `each` answers false; from `from` on. Where it
    // stopped; empty: at the end.
    std::string each_final(std::string_view from,
                           std::function<bool(final_change const&)> const& each) const;

private:
    struct version {
        command_number by{};
        mark undo_position = 0;
        value written;
    };
    struct entry {
        std::vector<version> versions;   // never empty
        bool was_absent = false;
        std::optional<record_change> expected;
    };
    using entries = std::map<std::string, entry, std::less<>>;
    struct step {
        entries::iterator where;         // unless `undo`
        std::function<void()> undo;
    };

    entry& write_locked(std::string&& key, value&&, command_number by, bool was_absent);
    static version const* newest_before(entry const&, command_number by);

    mutable std::mutex mutex_;
    entries entries_;
    std::vector<step> undo_;
    mark last_mark_ = 0;
    std::size_t bytes_ = 0;
};

}  // namespace sluice::store
