#include "protocols/kafka/coordinator/classic_group.hpp"

#include <algorithm>

#include "gateway/core/assert.hpp"

namespace sluice::kafka {

std::string_view name_of(group_state state) noexcept {
    switch (state) {
        case group_state::empty: return "Empty";
        case group_state::preparing_rebalance: return "PreparingRebalance";
        case group_state::completing_rebalance: return "CompletingRebalance";
        case group_state::stable: return "Stable";
        case group_state::dead: return "Dead";
    }
    return "Unknown";
}

classic_group::classic_group(group_limits const& limits, std::string (*id_suffix)())
    : limits_(limits), id_suffix_(id_suffix) {}

group_answers classic_group::take_answers() { return std::exchange(answers_, {}); }

void classic_group::answer_join(ticket to, join_answer answer) { answers_.joins.emplace_back(to, std::move(answer)); }

void classic_group::answer_join_error(ticket to, error_code error, std::string member_id) {
    join_answer answer;
    answer.error = error;
    answer.member_id = std::move(member_id);
    answer_join(to, std::move(answer));
}

void classic_group::touch(member& one, monotonic_time now) const { one.session_end = now + one.session_timeout; }

bool classic_group::supports(std::vector<member_protocol> const& protocols, std::string const& type) const {
    if (members_.empty()) return true;
    if (type != protocol_type_) return false;
    return std::any_of(protocols.begin(), protocols.end(), [&](member_protocol const& wanted) {
        return std::all_of(members_.begin(), members_.end(),
                           [&](auto const& entry) { return metadata_of(entry.second, wanted.name) != nullptr; });
    });
}

std::string const* classic_group::metadata_of(member const& one, std::string const& protocol) const {
    for (auto const& candidate : one.protocols)
        if (candidate.name == protocol) return &candidate.metadata;
    return nullptr;
}

error_code classic_group::check_join(join_request const& request) const {
    if (state_ == group_state::dead) return error_code::coordinator_not_available;
    if (request.session_timeout < limits_.min_session_timeout || request.session_timeout > limits_.max_session_timeout)
        return error_code::invalid_session_timeout;
    if (request.protocol_type.empty() || request.protocols.empty()) return error_code::inconsistent_group_protocol;
    std::size_t bytes = 0;
    for (auto const& one : request.protocols) bytes += one.name.size() + one.metadata.size();
    if (bytes > limits_.member_bytes) return error_code::invalid_request;
    if (!supports(request.protocols, request.protocol_type)) return error_code::inconsistent_group_protocol;
    bool counted = members_.contains(request.member_id) || pending_.contains(request.member_id) ||
                   (request.instance_id && instances_.contains(*request.instance_id));
    if (!counted && members_.size() + pending_.size() >= limits_.max_size) return error_code::group_max_size_reached;
    return error_code::none;
}

void classic_group::join(ticket from, join_request const& request, monotonic_time now) {
    if (auto refused = check_join(request); refused != error_code::none)
        return answer_join_error(from, refused, request.member_id);
    if (!request.member_id.empty()) return join_known(from, request, now);
    if (request.instance_id) return join_unknown_static(from, request, now);
    join_unknown_dynamic(from, request, now);
}

void classic_group::join_unknown_dynamic(ticket from, join_request const& request, monotonic_time now) {
    auto id = request.client_id + "-" + id_suffix_();
    if (request.requires_known_member_id) {
        pending_.emplace(id, now + request.session_timeout);
        return answer_join_error(from, error_code::member_id_required, id);
    }
    add_member(from, std::move(id), request, now);
}

void classic_group::join_unknown_static(ticket from, join_request const& request, monotonic_time now) {
    auto there = instances_.find(*request.instance_id);
    if (there == instances_.end())
        return add_member(from, *request.instance_id + "-" + id_suffix_(), request, now);
    replace_static(from, std::string(there->second), request, now);
}

// A static member came back under a new id: the old id is fenced, its place in the group stays.
void classic_group::replace_static(ticket from, std::string const& old_id, join_request const& request,
                                   monotonic_time now) {
    auto new_id = *request.instance_id + "-" + id_suffix_();
    auto node = members_.extract(old_id);
    SLUICE_ASSERT(!node.empty());
    auto& one = node.mapped();
    if (auto waiting = std::exchange(one.joining, {}))
        answer_join_error(*waiting, error_code::fenced_instance_id, old_id);
    if (auto waiting = std::exchange(one.syncing, {}))
        answers_.syncs.emplace_back(*waiting, sync_answer{error_code::fenced_instance_id, {}, {}, {}});
    node.key() = new_id;
    auto placed = members_.insert(std::move(node)).position;
    instances_[*request.instance_id] = new_id;
    if (owes_sync_.erase(old_id) > 0) owes_sync_.insert(new_id);
    bool const was_leader = leader_ == old_id;
    if (was_leader) leader_ = new_id;
    auto& back = placed->second;
    bool const same_protocols = back.protocols == request.protocols;
    if (state_ == group_state::stable && same_protocols) {
        back.client_id = request.client_id;
        back.client_host = request.client_host;
        back.session_timeout = request.session_timeout;
        back.rebalance_timeout = request.rebalance_timeout;
        touch(back, now);
        auto answer = current_join_answer(new_id);
        // The leader may not assign anew: members keep what they have (KIP-814). Older clients see another leader.
        if (was_leader && request.supports_skip_assignment) {
            answer.skip_assignment = true;
            for (auto const& [id, other] : members_)
                answer.members.push_back({id, other.instance_id, *metadata_of(other, protocol_name_)});
        } else if (was_leader) {
            answer.leader = old_id;
        }
        return answer_join(from, std::move(answer));
    }
    update_and_rebalance(from, placed, request, now);
}

void classic_group::join_known(ticket from, join_request const& request, monotonic_time now) {
    if (pending_.erase(request.member_id) > 0) {
        if (request.instance_id) return answer_join_error(from, error_code::unknown_member_id, request.member_id);
        return add_member(from, request.member_id, request, now);
    }
    if (auto refused = check_member(request.member_id, request.instance_id); refused != error_code::none)
        return answer_join_error(from, refused, request.member_id);
    auto found = members_.find(request.member_id);
    auto& one = found->second;
    bool const same = one.protocols == request.protocols;
    if (state_ == group_state::completing_rebalance && same) {
        // The answer of this generation got lost.
        touch(one, now);
        return answer_join(from, current_join_answer(request.member_id));
    }
    if (state_ == group_state::stable && same && request.member_id != leader_) {
        touch(one, now);
        return answer_join(from, current_join_answer(request.member_id));
    }
    update_and_rebalance(from, found, request, now);
}

join_answer classic_group::current_join_answer(std::string const& member_id) const {
    join_answer answer;
    answer.generation = generation_;
    answer.protocol_type = protocol_type_;
    answer.protocol_name = protocol_name_;
    answer.leader = leader_;
    answer.member_id = member_id;
    if (member_id == leader_ && state_ == group_state::completing_rebalance)
        for (auto const& [id, other] : members_)
            answer.members.push_back({id, other.instance_id, *metadata_of(other, protocol_name_)});
    return answer;
}

void classic_group::add_member(ticket from, std::string id, join_request const& request, monotonic_time now) {
    member one;
    one.instance_id = request.instance_id;
    one.client_id = request.client_id;
    one.client_host = request.client_host;
    if (members_.empty()) protocol_type_ = request.protocol_type;
    if (request.instance_id) instances_[*request.instance_id] = id;
    auto placed = members_.emplace(std::move(id), std::move(one)).first;
    if (leader_.empty()) leader_ = placed->first;
    new_member_in_delay_ = true;
    update_and_rebalance(from, placed, request, now);
}

void classic_group::update_and_rebalance(ticket from, member_map::iterator found, join_request const& request,
                                         monotonic_time now) {
    auto& one = found->second;
    if (auto waiting = std::exchange(one.joining, from))
        answer_join_error(*waiting, error_code::rebalance_in_progress, found->first);
    one.client_id = request.client_id;
    one.client_host = request.client_host;
    one.session_timeout = request.session_timeout;
    one.rebalance_timeout = request.rebalance_timeout;
    one.protocols = request.protocols;
    one.skip_assignment = request.supports_skip_assignment;
    touch(one, now);
    if (state_ != group_state::preparing_rebalance) prepare_rebalance(now);
    try_complete_join(now);
}

std::chrono::milliseconds classic_group::longest_rebalance() const {
    std::chrono::milliseconds longest{0};
    for (auto const& entry : members_) longest = std::max(longest, entry.second.rebalance_timeout);
    return longest;
}

void classic_group::prepare_rebalance(monotonic_time now) {
    if (state_ == group_state::completing_rebalance) {
        for (auto& [id, one] : members_)
            if (auto waiting = std::exchange(one.syncing, {}))
                answers_.syncs.emplace_back(*waiting, sync_answer{error_code::rebalance_in_progress, {}, {}, {}});
    }
    reset_assignments();
    owes_sync_.clear();
    bool const first = state_ == group_state::empty;
    state_ = group_state::preparing_rebalance;
    rebalance_end_ = now + longest_rebalance();
    initial_delay_end_.reset();
    if (first && limits_.initial_rebalance_delay.count() > 0) {
        initial_delay_end_ = now + std::min(limits_.initial_rebalance_delay, longest_rebalance());
        new_member_in_delay_ = false;
    }
}

void classic_group::reset_assignments() {
    for (auto& entry : members_) entry.second.assignment.clear();
}

bool classic_group::all_joined() const {
    return pending_.empty() && std::all_of(members_.begin(), members_.end(),
                                           [](auto const& entry) { return entry.second.joining.has_value(); });
}

void classic_group::try_complete_join(monotonic_time now) {
    if (state_ == group_state::preparing_rebalance && !initial_delay_end_ && all_joined()) complete_join(now);
}

void classic_group::choose_leader() {
    auto there = members_.find(leader_);
    if (there != members_.end() && there->second.joining) return;
    auto next = std::find_if(members_.begin(), members_.end(), [](auto const& e) { return e.second.joining.has_value(); });
    if (next == members_.end()) next = members_.begin();
    leader_ = next == members_.end() ? std::string{} : next->first;
}

// Each member votes for the first of its protocols that all members know; the most votes win.
std::string classic_group::vote_protocol() const {
    std::map<std::string, std::size_t> votes;
    for (auto const& entry : members_) {
        for (auto const& wanted : entry.second.protocols) {
            bool common = std::all_of(members_.begin(), members_.end(),
                                      [&](auto const& e) { return metadata_of(e.second, wanted.name) != nullptr; });
            if (!common) continue;
            ++votes[wanted.name];
            break;
        }
    }
    SLUICE_ASSERT(!votes.empty());   // check_join keeps a common protocol
    return std::max_element(votes.begin(), votes.end(), [](auto const& a, auto const& b) { return a.second < b.second; })
        ->first;
}

void classic_group::complete_join(monotonic_time now) {
    // Dynamic members that did not come back are gone; static ones stay until their session ends.
    for (auto at = members_.begin(); at != members_.end();) {
        if (!at->second.joining && !at->second.instance_id) {
            at = members_.erase(at);
        } else {
            ++at;
        }
    }
    rebalance_end_.reset();
    initial_delay_end_.reset();
    ++generation_;
    owes_sync_.clear();
    choose_leader();
    if (members_.empty()) {
        state_ = group_state::empty;
        protocol_name_.clear();
        return;
    }
    state_ = group_state::completing_rebalance;
    protocol_name_ = vote_protocol();
    rebalance_end_ = now + longest_rebalance();
    for (auto& [id, one] : members_) {
        owes_sync_.insert(id);
        if (auto waiting = std::exchange(one.joining, {})) {
            touch(one, now);
            answer_join(*waiting, current_join_answer(id));
        }
    }
}

error_code classic_group::check_member(std::string const& member_id,
                                       std::optional<std::string> const& instance_id) const {
    if (instance_id) {
        auto there = instances_.find(*instance_id);
        if (there == instances_.end()) return error_code::unknown_member_id;
        if (there->second != member_id) return error_code::fenced_instance_id;
    }
    return members_.contains(member_id) ? error_code::none : error_code::unknown_member_id;
}

void classic_group::sync(ticket from, sync_request const& request, monotonic_time now) {
    auto refuse = [&](error_code error) { answers_.syncs.emplace_back(from, sync_answer{error, {}, {}, {}}); };
    if (state_ == group_state::dead) return refuse(error_code::coordinator_not_available);
    if (auto unknown = check_member(request.member_id, request.instance_id); unknown != error_code::none)
        return refuse(unknown);
    if (request.generation != generation_) return refuse(error_code::illegal_generation);
    if ((request.protocol_type && *request.protocol_type != protocol_type_) ||
        (request.protocol_name && *request.protocol_name != protocol_name_))
        return refuse(error_code::inconsistent_group_protocol);
    auto& one = members_.find(request.member_id)->second;
    switch (state_) {
        case group_state::empty:
        case group_state::dead: return refuse(error_code::unknown_member_id);
        case group_state::preparing_rebalance: return refuse(error_code::rebalance_in_progress);
        case group_state::stable:
            touch(one, now);
            answers_.syncs.emplace_back(from, sync_answer{error_code::none, protocol_type_, protocol_name_, one.assignment});
            return;
        case group_state::completing_rebalance: break;
    }
    if (auto waiting = std::exchange(one.syncing, from))
        answers_.syncs.emplace_back(*waiting, sync_answer{error_code::rebalance_in_progress, {}, {}, {}});
    touch(one, now);
    owes_sync_.erase(request.member_id);
    if (request.member_id != leader_) return;
    for (auto& [id, other] : members_) {
        auto given = request.assignments.find(id);
        other.assignment = given == request.assignments.end() ? std::string{} : given->second;
    }
    state_ = group_state::stable;
    for (auto& [id, other] : members_) {
        if (auto waiting = std::exchange(other.syncing, {})) {
            touch(other, now);
            answers_.syncs.emplace_back(*waiting,
                                        sync_answer{error_code::none, protocol_type_, protocol_name_, other.assignment});
        }
    }
}

error_code classic_group::heartbeat(std::string const& member_id, std::optional<std::string> const& instance_id,
                                    std::int32_t generation, monotonic_time now) {
    if (state_ == group_state::dead) return error_code::coordinator_not_available;
    if (auto unknown = check_member(member_id, instance_id); unknown != error_code::none) return unknown;
    if (generation != generation_) return error_code::illegal_generation;
    touch(members_.find(member_id)->second, now);
    return state_ == group_state::preparing_rebalance ? error_code::rebalance_in_progress : error_code::none;
}

error_code classic_group::may_commit(std::string const& member_id, std::optional<std::string> const& instance_id,
                                     std::int32_t generation, monotonic_time now, bool transactional) {
    if (state_ == group_state::dead) return error_code::coordinator_not_available;
    bool const is_nobody = generation < 0 && member_id.empty() && !instance_id;
    if (is_nobody && (transactional || state_ == group_state::empty)) return error_code::none;
    if (generation >= 0 || !member_id.empty() || instance_id) {
        if (auto unknown = check_member(member_id, instance_id); unknown != error_code::none) return unknown;
        if (generation != generation_) return error_code::illegal_generation;
        if (state_ == group_state::completing_rebalance) return error_code::rebalance_in_progress;
        touch(members_.find(member_id)->second, now);
        return error_code::none;
    }
    return error_code::unknown_member_id;   // self-assigned commit into a group that has members
}

error_code classic_group::leave(std::string const& member_id, std::optional<std::string> const& instance_id,
                                monotonic_time now) {
    if (state_ == group_state::dead) return error_code::coordinator_not_available;
    auto id = member_id;
    if (instance_id) {
        auto there = instances_.find(*instance_id);
        if (there == instances_.end()) return error_code::unknown_member_id;
        if (id.empty()) id = there->second;
        if (there->second != id) return error_code::fenced_instance_id;
    }
    if (pending_.erase(id) > 0) {
        try_complete_join(now);
        return error_code::none;
    }
    auto found = members_.find(id);
    if (found == members_.end()) return error_code::unknown_member_id;
    remove_member(found, now);
    return error_code::none;
}

void classic_group::remove_member(member_map::iterator found, monotonic_time now) {
    auto& one = found->second;
    if (auto waiting = std::exchange(one.joining, {}))
        answer_join_error(*waiting, error_code::unknown_member_id, found->first);
    if (auto waiting = std::exchange(one.syncing, {}))
        answers_.syncs.emplace_back(*waiting, sync_answer{error_code::unknown_member_id, {}, {}, {}});
    if (one.instance_id) instances_.erase(*one.instance_id);
    owes_sync_.erase(found->first);
    bool const was_leader = leader_ == found->first;
    members_.erase(found);
    if (was_leader) leader_ = members_.empty() ? std::string{} : members_.begin()->first;
    switch (state_) {
        case group_state::empty:
        case group_state::dead: return;
        case group_state::stable:
        case group_state::completing_rebalance: prepare_rebalance(now); break;
        case group_state::preparing_rebalance: break;
    }
    if (members_.empty() && pending_.empty()) return complete_join(now);
    try_complete_join(now);
}

void classic_group::forget(ticket gone) {
    for (auto& entry : members_) {
        if (entry.second.joining == gone) entry.second.joining.reset();
        if (entry.second.syncing == gone) entry.second.syncing.reset();
    }
}

std::optional<monotonic_time> classic_group::next_deadline() const {
    std::optional<monotonic_time> next;
    auto consider = [&](monotonic_time at) { next = next ? std::min(*next, at) : at; };
    for (auto const& entry : members_)
        if (!entry.second.joining) consider(entry.second.session_end);
    for (auto const& entry : pending_) consider(entry.second);
    if (initial_delay_end_) consider(*initial_delay_end_);
    else if (rebalance_end_) consider(*rebalance_end_);
    return next;
}

void classic_group::advance(monotonic_time now) {
    for (auto at = pending_.begin(); at != pending_.end();) at = at->second <= now ? pending_.erase(at) : std::next(at);
    if (initial_delay_end_ && *initial_delay_end_ <= now) {
        // Members keep arriving: wait once more, within the rebalance timeout.
        auto more = std::min(now + limits_.initial_rebalance_delay, rebalance_end_.value_or(now));
        if (std::exchange(new_member_in_delay_, false) && more > now) {
            initial_delay_end_ = more;
        } else {
            initial_delay_end_.reset();
        }
    }
    // A member that waits in a join is alive: its connection holds the request.
    std::vector<std::string> ended;
    for (auto const& [id, one] : members_)
        if (!one.joining && one.session_end <= now) ended.push_back(id);
    for (auto const& id : ended)
        if (auto found = members_.find(id); found != members_.end()) remove_member(found, now);
    if (state_ == group_state::completing_rebalance && rebalance_end_ && *rebalance_end_ <= now) {
        rebalance_end_.reset();
        auto const late = std::exchange(owes_sync_, {});
        for (auto const& id : late)
            if (auto found = members_.find(id); found != members_.end()) remove_member(found, now);
    }
    if (state_ == group_state::preparing_rebalance && !initial_delay_end_) {
        if (rebalance_end_ && *rebalance_end_ <= now) complete_join(now);
        else try_complete_join(now);
    }
    if (state_ == group_state::stable) rebalance_end_.reset();
}

std::vector<described_member> classic_group::members() const {
    std::vector<described_member> all;
    for (auto const& [id, one] : members_) {
        described_member described{id, one.instance_id, one.client_id, one.client_host, {}, {}};
        if (state_ == group_state::stable) {
            if (auto const* metadata = metadata_of(one, protocol_name_)) described.metadata = *metadata;
            described.assignment = one.assignment;
        }
        all.push_back(std::move(described));
    }
    return all;
}

void classic_group::restore(std::string protocol_type, std::int32_t generation) {
    SLUICE_ASSERT(members_.empty());
    state_ = group_state::empty;
    protocol_type_ = std::move(protocol_type);
    generation_ = generation;
}

error_code classic_group::kill() {
    if (state_ == group_state::dead) return error_code::group_id_not_found;
    if (!is_unused()) return error_code::non_empty_group;
    state_ = group_state::dead;
    return error_code::none;
}

}  // namespace sluice::kafka
