// Members of a classic group on their way to a consumer group and back (KIP-848, online migration).
#include "gateway/core/assert.hpp"
#include "protocols/kafka/coordinator/classic_group.hpp"
#include "protocols/kafka/coordinator/consumer_protocol.hpp"

namespace sluice::kafka {

error_code classic_group::may_commit(commit_claim const& claim, monotonic_time now) {
    return may_commit(claim.member_id, claim.instance_id, claim.generation, now,
                      claim.transactional);
}

bool classic_group::can_hand_over() const noexcept {
    return state_ != group_state::dead && !members_.empty() &&
           protocol_type_ == consumer_protocol_type;
}

std::vector<handed_member> classic_group::handed() const {
    std::vector<handed_member> out;
    for (auto const& [id, one] : members_)
        out.push_back({id, one.instance_id, one.client_id, one.client_host, one.session_timeout,
                       one.rebalance_timeout, one.protocols, one.assignment});
    return out;
}

void classic_group::let_go() {
    for (auto& [id, one] : members_) {
        if (auto waiting = std::exchange(one.joining, {}))
            answer_join_error(*waiting, error_code::rebalance_in_progress, id);
        if (auto waiting = std::exchange(one.syncing, {}))
            answers_.syncs.emplace_back(
                *waiting, sync_answer{error_code::rebalance_in_progress, {}, {}, {}});
    }
    members_.clear();
    instances_.clear();
    pending_.clear();
    owes_sync_.clear();
    leader_.clear();
    rebalance_end_.reset();
    initial_delay_end_.reset();
    state_ = group_state::empty;
}

void classic_group::take_over(std::vector<handed_member> members, std::int32_t generation,
                              monotonic_time now) {
    SLUICE_ASSERT(members_.empty());
    state_ = group_state::stable;
    protocol_type_ = consumer_protocol_type;
    generation_ = generation;
    for (auto& from : members) {
        auto& one = members_[from.member_id];
        one.instance_id = std::move(from.instance_id);
        one.client_id = std::move(from.client_id);
        one.client_host = std::move(from.client_host);
        one.session_timeout = from.session_timeout;
        one.rebalance_timeout = from.rebalance_timeout;
        one.protocols = std::move(from.protocols);
        one.assignment = std::move(from.assignment);
        if (one.instance_id) instances_[*one.instance_id] = from.member_id;
        touch(one, now);
    }
    if (members_.empty()) {
        state_ = group_state::empty;
        return;
    }
    leader_ = members_.begin()->first;
    protocol_name_ = vote_protocol();
    prepare_rebalance(now);
}

}  // namespace sluice::kafka
