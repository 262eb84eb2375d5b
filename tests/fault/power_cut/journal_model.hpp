// What the journal must have after a cut: the commits in the order the journal gave them, and which
// of them were acknowledged. After recovery the index must hold exactly the effect of a prefix of
// that order which includes everything acknowledged. Thread rule: any thread.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "gateway/core/ids.hpp"

namespace sluice::fault {

// A value as the battery writes it; its bytes follow from `number`, which no other value has.
struct written_value {
    enum class kind : std::uint8_t { small, inline_payload, bulk };
    kind what = kind::small;
    std::uint64_t number = 0;
    std::uint64_t bytes = 0;
    bool operator==(written_value const&) const = default;
};

struct effect {
    int key = 0;
    std::optional<written_value> value;  // nullopt: erased
};

struct live_value {
    written_value value;
    lsn at{};  // of the commit that wrote it
};
using model_state = std::map<int, live_value>;

class journal_model {
public:
    void ordered(lsn at, std::vector<effect> effects);
    void acknowledged(lsn at);
    // The state after the commits up to `upto`.
    model_state state_at(lsn upto) const;
    // The journal recovered up to `upto`: what came behind is gone for good.
    void recovered(lsn upto);

    lsn highest_acknowledged() const;
    lsn highest_ordered() const;
    std::size_t acknowledgements() const;
    // The first rule the journal broke by its answers, if any.
    std::optional<std::string> violation() const;

private:
    mutable std::mutex mutex_;
    model_state base_;  // everything up to base_lsn_
    lsn base_lsn_{};
    std::map<lsn, std::vector<effect>> history_;
    lsn acknowledged_{};
    std::size_t acknowledgements_ = 0;
    std::optional<std::string> violation_;
};

}  // namespace sluice::fault
