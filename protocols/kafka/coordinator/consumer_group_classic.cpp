// Members of the classic protocol in a consumer group (KIP-848, online migration). The server is
// their leader: a join is answered at once with the epoch as its generation, a sync with what the
// member may read, and a heartbeat says when to join again, which is how it gives back and gets.
#include <algorithm>

#include "protocols/kafka/coordinator/consumer_group.hpp"

namespace sluice::kafka {
namespace {

// Without what is not there.
partition_map with_ids(named_partitions const& from, topic_directory const& topics) {
    partition_map out;
    for (auto const& [name, partitions] : from) {
        auto const* found = topics.find(name);
        if (found == nullptr) continue;
        for (auto const one : partitions)
            if (one >= 0 && one < found->partitions) out[found->uuid].insert(one);
    }
    return out;
}

named_partitions with_names(partition_map const& from, topic_directory const& topics) {
    named_partitions out;
    for (auto const& [uuid, partitions] : from)
        if (auto const* found = topics.find(uuid)) out.emplace(found->name, partitions);
    return out;
}

std::int16_t subscription_version(classic_facts const& facts) {
    if (facts.protocols.empty()) return 0;
    auto const read = decode_subscription(facts.protocols.front().metadata);
    return read ? read->version : std::int16_t{0};
}

bool knows(classic_facts const& facts, std::string const& protocol) {
    return std::any_of(facts.protocols.begin(), facts.protocols.end(),
                       [&](auto const& one) { return one.name == protocol; });
}

sync_answer refused_sync(error_code error) { return {error, {}, {}, {}}; }

}  // namespace

// Some protocol of the request is known to every member that speaks the classic one.
bool consumer_group::supports(join_request const& request) const {
    if (request.protocol_type != consumer_protocol_type) return false;
    return std::any_of(request.protocols.begin(), request.protocols.end(), [&](auto const& wanted) {
        return std::all_of(members_.begin(), members_.end(), [&](auto const& entry) {
            auto const& facts = entry.second.classic;
            return !facts || entry.first == request.member_id || knows(*facts, wanted.name);
        });
    });
}

error_code consumer_group::check_classic_join(join_request const& request) const {
    if (is_dead_) return error_code::coordinator_not_available;
    bool const is_known = members_.contains(request.member_id) ||
                          (request.instance_id && instances_.contains(*request.instance_id));
    if (!is_known && members_.size() >= limits_.max_size) return error_code::group_max_size_reached;
    std::size_t bytes = record_bytes_;
    for (auto const& one : request.protocols) bytes += one.name.size() + one.metadata.size();
    if (!is_known && bytes > limits_.state_bytes) return error_code::group_max_size_reached;
    return supports(request) ? error_code::none : error_code::inconsistent_group_protocol;
}

consumer_group::member_map::iterator consumer_group::place_classic(join_request const& request,
                                                                   join_answer& answer) {
    auto id = request.member_id;
    if (!request.instance_id) {
        if (id.empty()) id = request.client_id + "-" + new_id_();
        return members_.try_emplace(std::move(id)).first;
    }
    auto const known = instances_.find(*request.instance_id);
    if (known == instances_.end()) {
        if (id.empty()) id = *request.instance_id + "-" + new_id_();
        instances_.emplace(*request.instance_id, id);
        return members_.try_emplace(std::move(id)).first;
    }
    if (!id.empty() && known->second != id) {
        answer.error = error_code::fenced_instance_id;
        return members_.end();
    }
    // It came back without knowing who it was: the one before is fenced, its place stays.
    if (id.empty()) {
        id = *request.instance_id + "-" + new_id_();
        auto& one = rename(std::string(known->second), id);
        if (one.epoch < joins_epoch) one.epoch = one.previous_epoch = joins_epoch;
    }
    return members_.find(id);
}

join_answer consumer_group::classic_join(join_request const& request,
                                         consumer_subscription const& subscription,
                                         group_moment const& at) {
    join_answer out;
    out.member_id = request.member_id;
    out.error = check_classic_join(request);
    if (out.error != error_code::none) return out;
    if (request.requires_known_member_id && request.member_id.empty() && !request.instance_id) {
        out.error = error_code::member_id_required;
        out.member_id = request.client_id + "-" + new_id_();
        return out;
    }
    auto const placed = place_classic(request, out);
    if (out.error != error_code::none) return out;
    auto& [id, one] = *placed;
    bool const is_new = !one.classic && one.topic_names.empty() && one.epoch == joins_epoch;
    member_facts const before = one;
    one.instance_id = request.instance_id;
    one.client_id = request.client_id;
    one.client_host = request.client_host;
    one.rack_id = subscription.rack_id;
    one.rebalance_timeout = request.rebalance_timeout;
    one.topic_names = subscription.topics;
    one.topic_regex.clear();
    one.classic = classic_facts{request.session_timeout, request.protocols};
    if (before != one) ++version_;
    follow(is_new || before.topic_names != one.topic_names || !before.topic_regex.empty(), at);
    reconcile(id, one, with_ids(subscription.owned, at.topics), at.now);
    touch(one, at.now);
    one.join_end.reset();
    one.sync_end = at.now + one.rebalance_timeout;
    out.member_id = id;
    out.generation = one.epoch;
    out.protocol_type = std::string(consumer_protocol_type);
    out.protocol_name = request.protocols.front().name;
    return out;
}

consumer_group::found_member consumer_group::find_classic(
    std::string const& member_id, std::optional<std::string> const& instance_id) {
    auto id = member_id;
    if (instance_id) {
        auto const known = instances_.find(*instance_id);
        if (known == instances_.end()) return {error_code::unknown_member_id, members_.end()};
        if (id.empty()) id = known->second;
        if (known->second != id) return {error_code::fenced_instance_id, members_.end()};
    }
    auto const found = members_.find(id);
    if (found == members_.end() || !found->second.classic)
        return {error_code::unknown_member_id, members_.end()};
    return {error_code::none, found};
}

sync_answer consumer_group::classic_sync(sync_request const& request,
                                         topic_directory const& topics, monotonic_time now) {
    if (is_dead_) return refused_sync(error_code::coordinator_not_available);
    auto const found = find_classic(request.member_id, request.instance_id);
    if (found.error != error_code::none) return refused_sync(found.error);
    auto& one = found.at->second;
    if (request.generation != one.epoch) return refused_sync(error_code::illegal_generation);
    auto const& protocol = one.classic->protocols.front().name;
    if ((request.protocol_type && *request.protocol_type != consumer_protocol_type) ||
        (request.protocol_name && *request.protocol_name != protocol))
        return refused_sync(error_code::inconsistent_group_protocol);
    // One that has yet to give back joins again by itself when it did.
    if (epoch_ > one.epoch && one.state != member_state::unrevoked) {
        if (!one.join_end) one.join_end = now + one.rebalance_timeout;
        return refused_sync(error_code::rebalance_in_progress);
    }
    one.sync_end.reset();
    touch(one, now);
    return {error_code::none, std::string(consumer_protocol_type), protocol,
            encode_assignment(with_names(one.assigned, topics), subscription_version(*one.classic))};
}

error_code consumer_group::classic_heartbeat(std::string const& member_id,
                                             std::optional<std::string> const& instance_id,
                                             std::int32_t generation, monotonic_time now) {
    if (is_dead_) return error_code::coordinator_not_available;
    auto const found = find_classic(member_id, instance_id);
    if (found.error != error_code::none) return found.error;
    auto& one = found.at->second;
    if (generation != one.epoch) return error_code::illegal_generation;
    touch(one, now);
    bool const goes_on = one.epoch < epoch_ || one.state == member_state::unrevoked ||
                         (one.state == member_state::unreleased &&
                          !waits_for_others(found.at->first, one));
    if (!goes_on) return error_code::none;
    if (!one.join_end) one.join_end = now + one.rebalance_timeout;
    return error_code::rebalance_in_progress;
}

error_code consumer_group::classic_leave(std::string const& member_id,
                                         std::optional<std::string> const& instance_id,
                                         monotonic_time) {
    if (is_dead_) return error_code::coordinator_not_available;
    auto const found = find_classic(member_id, instance_id);
    if (found.error != error_code::none) return found.error;
    fence(found.at);
    return error_code::none;
}

bool consumer_group::take_over(std::vector<handed_member> const& members,
                               topic_directory const& topics, monotonic_time now) {
    member_map taken;
    for (auto const& from : members) {
        if (from.protocols.empty()) return false;
        auto const subscription = decode_subscription(from.protocols.front().metadata);
        auto const assigned = decode_assignment(from.assignment);
        if (subscription.has_error() || assigned.has_error()) return false;
        auto& one = taken[from.member_id];
        one.instance_id = from.instance_id;
        one.rack_id = subscription->rack_id;
        one.client_id = from.client_id;
        one.client_host = from.client_host;
        one.rebalance_timeout = from.rebalance_timeout;
        one.topic_names = subscription->topics;
        one.epoch = epoch_;
        one.assigned = with_ids(*assigned, topics);
        one.target = one.assigned;
        one.classic = classic_facts{from.session_timeout, from.protocols};
        touch(one, now);
    }
    members_ = std::move(taken);
    for (auto const& [id, one] : members_)
        if (one.instance_id) instances_[*one.instance_id] = id;
    topics_ = subscribed(topics);
    ++version_;
    return true;
}

bool consumer_group::is_classic_now() const {
    return !members_.empty() && std::all_of(members_.begin(), members_.end(), [](auto const& entry) {
        return entry.second.classic.has_value();
    });
}

std::vector<handed_member> consumer_group::hand_over(topic_directory const& topics) const {
    std::vector<handed_member> out;
    for (auto const& [id, one] : members_)
        out.push_back({id, one.instance_id, one.client_id, one.client_host,
                       one.classic->session_timeout, one.rebalance_timeout, one.classic->protocols,
                       encode_assignment(with_names(one.target, topics),
                                         subscription_version(*one.classic))});
    return out;
}

}  // namespace sluice::kafka
