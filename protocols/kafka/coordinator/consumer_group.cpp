#include "protocols/kafka/coordinator/consumer_group.hpp"

#include <algorithm>

#include "gateway/core/assert.hpp"
#include "protocols/kafka/coordinator/assignor.hpp"
#include "protocols/kafka/coordinator/topic_pattern.hpp"

namespace sluice::kafka {
namespace {

beat_answer refuse(error_code error, std::string text) {
    beat_answer out;
    out.error = error;
    out.text = std::move(text);
    return out;
}

bool is_within(std::optional<partition_map> const& some, partition_map const& all) {
    if (!some) return false;
    for (auto const& [topic, partitions] : *some) {
        auto const found = all.find(topic);
        if (found == all.end() && !partitions.empty()) return false;
        if (found != all.end() && !std::includes(found->second.begin(), found->second.end(),
                                                 partitions.begin(), partitions.end()))
            return false;
    }
    return true;
}

beat_answer check_first_beat(member_beat const& beat) {
    auto const invalid = error_code::invalid_request;
    if (beat.makes_its_id && beat.member_id.empty())
        return refuse(invalid, "MemberId can't be empty.");
    if (!beat.rebalance_timeout)
        return refuse(invalid, "RebalanceTimeoutMs must be provided in first request.");
    if (!beat.owned || !beat.owned->empty())
        return refuse(invalid, "TopicPartitions must be empty when (re-)joining.");
    if (!beat.topic_names && !beat.topic_regex)
        return refuse(invalid,
                      "Either SubscribedTopicNames or SubscribedTopicRegex must be non-null when "
                      "(re-)joining.");
    return {};
}

std::string supported_assignors() {
    std::string out;
    for (auto const& one : assignors) out += (out.empty() ? "" : ", ") + std::string(one.name);
    return out;
}

}  // namespace

beat_answer check_beat(member_beat const& beat, consumer_group_limits const& limits) {
    auto const invalid = error_code::invalid_request;
    if (beat.instance_id && beat.instance_id->empty())
        return refuse(invalid, "InstanceId can't be empty.");
    if (beat.rack_id && beat.rack_id->empty()) return refuse(invalid, "RackId can't be empty.");
    if (beat.epoch < leaves_for_a_while_epoch)
        return refuse(invalid, "MemberEpoch is invalid.");
    if (beat.epoch == joins_epoch) {
        if (auto bad = check_first_beat(beat); bad.error != error_code::none) return bad;
    } else if (beat.member_id.empty()) {
        return refuse(invalid, "MemberId can't be empty.");
    }
    if (beat.epoch == leaves_for_a_while_epoch && !beat.instance_id)
        return refuse(invalid, "InstanceId can't be null.");
    if (beat.assignor && find_assignor(*beat.assignor) == nullptr)
        return refuse(error_code::unsupported_assignor,
                      "ServerAssignor " + *beat.assignor + " is not supported. Supported assignors: " +
                          supported_assignors() + ".");
    if (beat.topic_regex && !beat.topic_regex->empty()) {
        auto const compiled = topic_pattern::compile(*beat.topic_regex, limits.regex_bytes);
        if (compiled.has_error())
            return refuse(error_code::invalid_regular_expression,
                          "SubscribedTopicRegex `" + *beat.topic_regex +
                              "` is not a valid regular expression: " + compiled.error().text + ".");
    }
    return {};
}

consumer_group::consumer_group(consumer_group_limits const& limits, std::string (*new_id)(),
                               std::int32_t epoch)
    : limits_(limits), new_id_(new_id), epoch_(epoch), assignment_epoch_(epoch) {}

void consumer_group::touch(consumer_member& one, monotonic_time now) const {
    one.session_end = now + (one.classic ? one.classic->session_timeout : limits_.session_timeout);
}

beat_answer consumer_group::check_room(member_beat const& beat) const {
    bool const is_known = members_.contains(beat.member_id) ||
                          (beat.instance_id && instances_.contains(*beat.instance_id));
    if (!is_known && members_.size() >= limits_.max_size)
        return refuse(error_code::group_max_size_reached,
                      "The consumer group has reached its maximum capacity of " +
                          std::to_string(limits_.max_size) + " members.");
    auto const known = members_.find(beat.member_id);
    bool const reads_as_before = known != members_.end() && (!beat.topic_names ||
                                                             *beat.topic_names == known->second.topic_names);
    std::size_t asks = beat.topic_regex.value_or("").size();
    if (beat.topic_names)
        for (auto const& name : *beat.topic_names) asks += name.size();
    if (record_bytes_ + asks > limits_.state_bytes && !reads_as_before)
        return refuse(error_code::group_max_size_reached,
                      "The state of the consumer group has reached its maximum size.");
    bool const new_regex = beat.topic_regex && !beat.topic_regex->empty() &&
                           !resolved_.contains(*beat.topic_regex);
    if (new_regex && resolved_.size() >= limits_.regexes_max)
        return refuse(error_code::invalid_request,
                      "The consumer group has reached its maximum of " +
                          std::to_string(limits_.regexes_max) + " regular expressions.");
    return {};
}

// A member that did not see our last answer comes with its epoch before that one: it may go on if
// it owns nothing that it may not read by now.
beat_answer consumer_group::check_epoch(consumer_member const& one, member_beat const& beat) const {
    if (beat.epoch == one.epoch) return {};
    bool const is_ahead = beat.epoch > one.epoch;
    bool const missed_one = beat.epoch == one.previous_epoch && is_within(beat.owned, one.assigned);
    if (!is_ahead && missed_one) return {};
    return refuse(error_code::fenced_member_epoch,
                  std::string("The consumer group member has a ") +
                      (is_ahead ? "greater" : "smaller") + " member epoch (" +
                      std::to_string(beat.epoch) + ") than the one known by the group coordinator (" +
                      std::to_string(one.epoch) +
                      "). The member must abandon all its partitions and rejoin.");
}

consumer_group::place consumer_group::place_dynamic(member_beat const& beat, monotonic_time) {
    place out;
    out.id = beat.member_id.empty() ? new_id_() : beat.member_id;
    auto const found = members_.find(out.id);
    if (found != members_.end()) {
        out.refused = check_epoch(found->second, beat);
        out.member = &found->second;
        return out;
    }
    if (beat.epoch != joins_epoch) {
        out.refused = refuse(error_code::unknown_member_id,
                             "Member " + out.id + " is not a member of the group.");
        return out;
    }
    out.is_new = true;
    out.member = &members_[out.id];
    return out;
}

consumer_group::place consumer_group::place_static(member_beat const& beat, monotonic_time) {
    place out;
    auto const& instance = *beat.instance_id;
    out.id = beat.member_id.empty() ? new_id_() : beat.member_id;
    auto const known = instances_.find(instance);
    if (known == instances_.end()) {
        if (beat.epoch != joins_epoch) {
            out.refused = refuse(error_code::unknown_member_id,
                                 "Instance id " + instance + " is unknown.");
            return out;
        }
        out.is_new = !members_.contains(out.id);
        out.member = &members_[out.id];
        instances_.emplace(instance, out.id);
        return out;
    }
    auto& there = members_.at(known->second);
    if (beat.epoch == joins_epoch) {
        if (there.epoch != leaves_for_a_while_epoch) {
            out.refused = refuse(error_code::unreleased_instance_id,
                                 "Static member " + out.id + " with instance id " + instance +
                                     " cannot join the group because the instance id is owned by " +
                                     known->second + " member.");
            return out;
        }
        // Its place is as it left it: the target is reached again without a new one.
        out.member = &rename(std::string(known->second), out.id);
        out.member->epoch = joins_epoch;
        out.member->previous_epoch = joins_epoch;
        return out;
    }
    if (known->second != out.id) {
        out.refused = refuse(error_code::fenced_instance_id,
                             "Static member " + out.id + " with instance id " + instance +
                                 " was fenced by member " + known->second + ".");
        return out;
    }
    out.refused = check_epoch(there, beat);
    out.member = &there;
    return out;
}

consumer_member& consumer_group::rename(std::string const& from, std::string const& to) {
    auto node = members_.extract(from);
    SLUICE_ASSERT(!node.empty());
    node.key() = to;
    members_.erase(to);
    auto const placed = members_.insert(std::move(node)).position;
    if (placed->second.instance_id) instances_[*placed->second.instance_id] = to;
    ++version_;
    return placed->second;
}

// Whether what it wants to read became another.
bool consumer_group::take_subscription(consumer_member& one, member_beat const& beat) {
    member_facts const before = one;
    if (beat.instance_id) one.instance_id = beat.instance_id;
    if (beat.rack_id) one.rack_id = beat.rack_id;
    if (beat.rebalance_timeout) one.rebalance_timeout = *beat.rebalance_timeout;
    if (beat.topic_names) one.topic_names = *beat.topic_names;
    if (beat.topic_regex) one.topic_regex = *beat.topic_regex;
    if (beat.assignor) one.assignor = *beat.assignor;
    one.client_id = beat.client_id;
    one.client_host = beat.client_host;
    one.classic.reset();
    one.join_end.reset();
    one.sync_end.reset();
    if (before == one) return false;
    ++version_;
    return before.topic_names != one.topic_names || before.topic_regex != one.topic_regex;
}

beat_answer consumer_group::heartbeat(member_beat const& beat, group_moment const& at) {
    if (is_dead_)
        return refuse(error_code::coordinator_not_available, "The group is being removed.");
    if (beat.epoch < joins_epoch) return leave(beat, at.now);
    if (auto full = check_room(beat); full.error != error_code::none) return full;
    auto where = beat.instance_id ? place_static(beat, at.now) : place_dynamic(beat, at.now);
    if (where.refused.error != error_code::none) return where.refused;
    auto& one = *where.member;
    auto const had = one.assigned;
    bool const wants_other = take_subscription(one, beat);
    follow(wants_other || where.is_new, at);
    reconcile(where.id, one, beat.owned, at.now);
    touch(one, at.now);

    beat_answer out;
    out.member_id = where.id;
    out.epoch = one.epoch;
    // Whoever says all of it may have missed an answer.
    bool const says_all = beat.epoch == joins_epoch ||
                          (beat.rebalance_timeout && beat.owned && (beat.topic_names || beat.topic_regex));
    if (says_all || had != one.assigned) out.assignment = one.assigned;
    return out;
}

beat_answer consumer_group::leave(member_beat const& beat, monotonic_time now) {
    auto id = beat.member_id;
    if (beat.instance_id) {
        auto const known = instances_.find(*beat.instance_id);
        if (known == instances_.end())
            return refuse(error_code::unknown_member_id,
                          "Instance id " + *beat.instance_id + " is unknown.");
        if (known->second != id)
            return refuse(error_code::fenced_instance_id,
                          "Static member " + id + " with instance id " + *beat.instance_id +
                              " was fenced by member " + known->second + ".");
    }
    auto const found = members_.find(id);
    if (found == members_.end())
        return refuse(error_code::unknown_member_id,
                      "Member " + id + " is not a member of the group.");
    beat_answer out;
    out.member_id = id;
    out.epoch = beat.epoch;
    if (beat.epoch == leaves_epoch) {
        fence(found);
        return out;
    }
    // It owns nothing any more, and what it should read waits for it while its session lasts.
    auto& one = found->second;
    one.epoch = leaves_for_a_while_epoch;
    one.previous_epoch = leaves_for_a_while_epoch;
    one.pending_revocation.clear();
    one.revoke_end.reset();
    one.state = member_state::stable;
    touch(one, now);
    ++version_;
    return out;
}

void consumer_group::fence(member_map::iterator gone) {
    if (gone->second.instance_id) {
        auto const known = instances_.find(*gone->second.instance_id);
        if (known != instances_.end() && known->second == gone->first) instances_.erase(known);
    }
    members_.erase(gone);
    ++epoch_;
    ++version_;
}

error_code consumer_group::may_commit(commit_claim const& claim, monotonic_time) {
    if (is_dead_) return error_code::coordinator_not_available;
    if (claim.generation < 0 && members_.empty()) return error_code::none;
    if (claim.transactional && claim.generation < 0 && claim.member_id.empty() && !claim.instance_id)
        return error_code::none;
    auto const found = members_.find(claim.member_id);
    if (found == members_.end()) return error_code::unknown_member_id;
    auto const& one = found->second;
    if (one.classic)
        return claim.generation == one.epoch ? error_code::none : error_code::illegal_generation;
    if (!claim.transactional && !claim.knows_epochs) return error_code::unsupported_version;
    if (claim.generation == one.epoch) return error_code::none;
    return claim.transactional ? error_code::illegal_generation : error_code::stale_member_epoch;
}

error_code consumer_group::may_fetch(std::optional<std::string> const& member_id,
                                     std::int32_t epoch) const {
    if (!member_id && epoch < 0) return error_code::none;
    auto const found = members_.find(member_id.value_or(""));
    if (found == members_.end()) return error_code::unknown_member_id;
    if (epoch == found->second.epoch) return error_code::none;
    return found->second.classic ? error_code::illegal_generation : error_code::stale_member_epoch;
}

std::optional<monotonic_time> consumer_group::next_deadline() const {
    std::optional<monotonic_time> next;
    auto const consider = [&](std::optional<monotonic_time> at) {
        if (at) next = next ? std::min(*next, *at) : *at;
    };
    for (auto const& entry : members_) {
        consider(entry.second.session_end);
        consider(entry.second.revoke_end);
        consider(entry.second.join_end);
        consider(entry.second.sync_end);
    }
    return next;
}

void consumer_group::advance(monotonic_time now) {
    auto const is_over = [&](std::optional<monotonic_time> at) { return at && *at <= now; };
    for (auto at = members_.begin(); at != members_.end();) {
        auto const& one = at->second;
        bool const late = one.session_end <= now || is_over(one.revoke_end) ||
                          is_over(one.join_end) || is_over(one.sync_end);
        auto const gone = at++;
        if (late) fence(gone);
    }
}

error_code consumer_group::kill() {
    if (is_dead_) return error_code::group_id_not_found;
    if (!members_.empty()) return error_code::non_empty_group;
    is_dead_ = true;
    return error_code::none;
}

std::string_view consumer_group::state_name() const noexcept {
    if (is_dead_) return "Dead";
    if (members_.empty()) return "Empty";
    if (epoch_ > assignment_epoch_) return "Assigning";
    bool const all = std::all_of(members_.begin(), members_.end(),
                                 [&](auto const& entry) { return is_reconciled(entry.second); });
    return all ? "Stable" : "Reconciling";
}

bool consumer_group::reads(std::string const& topic) const {
    return std::any_of(members_.begin(), members_.end(), [&](auto const& entry) {
        if (entry.second.topic_names.contains(topic)) return true;
        auto const found = resolved_.find(entry.second.topic_regex);
        return found != resolved_.end() && found->second.contains(topic);
    });
}

}  // namespace sluice::kafka
