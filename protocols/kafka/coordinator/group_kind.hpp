// What the coordinator asks of every group, whichever protocol its members speak.
// Thread rule: one call at a time.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/core/clock.hpp"
#include "protocols/kafka/wire/errors.hpp"

namespace sluice::kafka {

enum class group_type : std::uint8_t { classic, consumer };
// As ListGroups spells it.
constexpr std::string_view name_of(group_type type) noexcept {
    return type == group_type::classic ? "classic" : "consumer";
}

// Who says that he may commit offsets.
struct commit_claim {
    std::string member_id;
    std::optional<std::string> instance_id;
    std::int32_t generation = -1;  // or the member's epoch
    bool transactional = false;
    bool knows_epochs = false;     // OffsetCommit v9 and later
};

class group_kind {
public:
    virtual ~group_kind() = default;
    // Counts as a sign of life where the protocol has it so.
    virtual error_code may_commit(commit_claim const& claim, monotonic_time now) = 0;
    // OffsetFetch v9. No member and no epoch: an onlooker, who always may.
    virtual error_code may_fetch(std::optional<std::string> const& member_id,
                                 std::int32_t epoch) const = 0;
    // Sessions that ended, rebalances that are over. Call at next_deadline() or later.
    virtual void advance(monotonic_time now) = 0;
    virtual std::optional<monotonic_time> next_deadline() const = 0;
    virtual bool is_unused() const noexcept = 0;
    // Only while nobody is in it; later requests find no members.
    virtual error_code kill() = 0;
};

}  // namespace sluice::kafka
