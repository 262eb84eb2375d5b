// How a consumer group comes from what its members want to who reads what: the target of the whole
// group, and each member's steps towards its part of it.
#include <algorithm>
#include <iterator>

#include "protocols/kafka/coordinator/assignor.hpp"
#include "protocols/kafka/coordinator/consumer_group.hpp"
#include "protocols/kafka/coordinator/topic_pattern.hpp"

namespace sluice::kafka {
namespace {

// Topics of the server itself are read by name only.
bool is_internal(std::string const& name) { return name.starts_with("__"); }

bool meets(partition_map const& some, partition_map const& others) {
    for (auto const& [topic, partitions] : some) {
        auto const found = others.find(topic);
        if (found == others.end()) continue;
        for (auto const one : partitions)
            if (found->second.contains(one)) return true;
    }
    return false;
}

bool has(partition_map const& in, store::topic_uuid const& topic, std::int32_t partition) {
    auto const found = in.find(topic);
    return found != in.end() && found->second.contains(partition);
}

// What is in both goes to `kept`, what is only in `from` to `lost`.
void divide(partition_map const& from, partition_map const& by, partition_map& kept,
            partition_map& lost) {
    for (auto const& [topic, partitions] : from)
        for (auto const one : partitions) (has(by, topic, one) ? kept : lost)[topic].insert(one);
}

}  // namespace

void consumer_group::resolve_regexes(group_moment const& at) {
    std::map<std::string, std::set<std::string>> now;
    bool const renew = at.topics.number() != seen_topics_;
    for (auto const& entry : members_) {
        auto const& text = entry.second.topic_regex;
        if (text.empty() || now.contains(text)) continue;
        auto const known = resolved_.find(text);
        if (known != resolved_.end() && !renew) {
            now.emplace(text, known->second);
            continue;
        }
        auto& topics = now[text];
        auto const pattern = topic_pattern::compile(text, limits_.regex_bytes);
        if (pattern.has_error()) continue;  // checked when it came
        for (auto const& topic : at.topics.all())
            if (!is_internal(topic.name) && pattern->matches(topic.name) && at.may_see(topic.name))
                topics.insert(topic.name);
    }
    resolved_ = std::move(now);
}

std::set<store::topic_uuid> consumer_group::topics_of(consumer_member const& one,
                                                      topic_directory const& topics) const {
    std::set<store::topic_uuid> out;
    auto const add = [&](std::set<std::string> const& names) {
        for (auto const& name : names)
            if (auto const* found = topics.find(name)) out.insert(found->uuid);
    };
    add(one.topic_names);
    if (auto const found = resolved_.find(one.topic_regex); found != resolved_.end())
        add(found->second);
    return out;
}

std::map<store::topic_uuid, std::int32_t> consumer_group::subscribed(
    topic_directory const& topics) const {
    std::map<store::topic_uuid, std::int32_t> out;
    for (auto const& entry : members_)
        for (auto const& uuid : topics_of(entry.second, topics))
            out.emplace(uuid, topics.find(uuid)->partitions);
    return out;
}

// After a change of what somebody wants (`changed`), or of the topics that there are: another group
// epoch, and a target for it.
void consumer_group::follow(bool changed, group_moment const& at) {
    bool const is_due = changed || epoch_ > assignment_epoch_;
    if (is_due || at.topics.number() != seen_topics_) {
        resolve_regexes(at);
        auto now = subscribed(at.topics);
        if (now != topics_) {
            topics_ = std::move(now);
            changed = changed || !is_due;
        }
        seen_topics_ = at.topics.number();
    }
    if (changed) ++epoch_, ++version_;
    if (epoch_ > assignment_epoch_) make_target(at.topics);
}

std::string consumer_group::assignor_name() const {
    std::map<std::string_view, std::size_t> votes;
    for (auto const& entry : members_)
        if (!entry.second.assignor.empty()) ++votes[entry.second.assignor];
    std::string_view chosen = assignors.front().name;
    std::size_t most = 0;
    for (auto const& [name, count] : votes)
        if (count > most) chosen = name, most = count;
    return std::string(chosen);
}

void consumer_group::make_target(topic_directory const& topics) {
    assignor_input input;
    input.partitions = topics_;
    for (auto const& [id, one] : members_)
        input.members.emplace(id,
                              assignor_member{one.instance_id, topics_of(one, topics), one.target});
    auto const* chosen = find_assignor(assignor_name());
    if (chosen == nullptr) chosen = &assignors.front();  // what it was when its record was made
    auto made = chosen->assign(input);
    for (auto& [id, one] : members_) one.target = std::move(made[id]);
    assignment_epoch_ = epoch_;
    ++version_;
}

bool consumer_group::is_reconciled(consumer_member const& one) const {
    return one.state == member_state::stable && one.epoch == assignment_epoch_;
}

bool consumer_group::is_owned_by_other(std::string const& id, store::topic_uuid const& topic,
                                       std::int32_t partition) const {
    return std::any_of(members_.begin(), members_.end(), [&](auto const& entry) {
        return entry.first != id && (has(entry.second.assigned, topic, partition) ||
                                     has(entry.second.pending_revocation, topic, partition));
    });
}

bool consumer_group::waits_for_others(std::string const& id, consumer_member const& one) const {
    for (auto const& [topic, partitions] : one.target)
        for (auto const partition : partitions)
            if (!has(one.assigned, topic, partition) && is_owned_by_other(id, topic, partition))
                return true;
    return false;
}

// `owned`: what the member says that it owns; nullopt: it says nothing.
void consumer_group::reconcile(std::string const& id, consumer_member& one,
                               std::optional<partition_map> const& owned, monotonic_time now) {
    if (is_reconciled(one)) return;
    member_facts const before = one;
    bool const still_owns = !owned || meets(one.pending_revocation, *owned);
    if (one.state != member_state::unrevoked || !still_owns) step(id, one, owned);
    if (before == one) return;
    ++version_;
    if (one.state == member_state::unrevoked)
        one.revoke_end = now + one.rebalance_timeout;
    else
        one.revoke_end.reset();
}

// First it gives back, then it goes to the target's epoch and gets what is free.
void consumer_group::step(std::string const& id, consumer_member& one,
                          std::optional<partition_map> const& owned) {
    partition_map kept, lost;
    divide(one.assigned, one.target, kept, lost);
    if (!lost.empty() && (!owned || meets(lost, *owned))) {
        one.state = member_state::unrevoked;
        one.assigned = std::move(kept);
        one.pending_revocation = std::move(lost);
        return;
    }
    bool waits = false;
    for (auto const& [topic, partitions] : one.target)
        for (auto const partition : partitions) {
            if (has(kept, topic, partition)) continue;
            if (is_owned_by_other(id, topic, partition))
                waits = true;
            else
                kept[topic].insert(partition);
        }
    one.state = waits ? member_state::unreleased : member_state::stable;
    one.assigned = std::move(kept);
    one.pending_revocation.clear();
    if (one.epoch == assignment_epoch_) return;
    one.previous_epoch = one.epoch;
    one.epoch = assignment_epoch_;
}

}  // namespace sluice::kafka
