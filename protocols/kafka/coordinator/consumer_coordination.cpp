// Consumer groups of the coordinator: heartbeats, what they show, and how a group changes from one
// protocol to the other while its members go on (group.consumer.migration.policy=bidirectional).
#include "protocols/kafka/coordinator/group_entry.hpp"

namespace sluice::kafka {
namespace {

beat_answer refuse(error_code error, std::string text) {
    beat_answer out;
    out.error = error;
    out.text = std::move(text);
    return out;
}

}  // namespace

std::shared_ptr<topic_directory const> group_coordinator::topics() {
    auto const now = clock_.monotonic();
    std::lock_guard const lock(topics_mutex_);
    if (now < topics_due_) return topics_;
    topics_due_ = now + options_.topics_check;
    std::vector<known_topic> there;
    if (topic_source_) there = topic_source_();
    if (topics_->number() == 0 || there != topics_->all())
        topics_ = std::make_shared<topic_directory const>(topics_->number() + 1, std::move(there));
    return topics_;
}

bool group_coordinator::become_consumer_group(entry& of, bool joins) {
    if (of.consumers) return true;
    if (!joins) return false;
    consumer_group made(options_.consumers, random_suffix, of.classic.generation());
    if (of.classic.size() > 0) {
        if (!of.classic.can_hand_over() || of.classic.size() > options_.consumers.max_size)
            return false;
        if (!made.take_over(of.classic.handed(), *topics(), clock_.monotonic())) return false;
    }
    of.classic.let_go();
    deliver(of, of.classic.take_answers());
    of.consumers.emplace(std::move(made));
    of.seen_version = of.consumers->version();
    ++of.changes;
    return true;
}

void group_coordinator::maybe_become_classic(entry& of) {
    if (!of.consumers || !of.consumers->is_classic_now()) return;
    if (of.consumers->members().size() > options_.groups.max_size) return;
    auto const generation = of.consumers->epoch();
    auto members = of.consumers->hand_over(*topics());
    of.consumers.reset();
    of.classic = classic_group(options_.groups, random_suffix);
    of.classic.take_over(std::move(members), generation, clock_.monotonic());
    ++of.changes;
}

beat_answer group_coordinator::beat_group(entry& of, member_beat const& beat,
                                          topic_filter const& may_see) {
    if (!of.consumers && of.classic.state() == group_state::dead)
        return refuse(error_code::coordinator_not_available, "The group is being removed.");
    if (!become_consumer_group(of, beat.epoch == joins_epoch))
        return refuse(error_code::group_id_not_found,
                      "Group " + of.name + " is not a consumer group.");
    auto const known = topics();
    auto answer = of.consumers->heartbeat(beat, {*known, may_see, clock_.monotonic()});
    of.count_changes();
    maybe_become_classic(of);
    of.last_used = clock_.now();
    return answer;
}

task<beat_answer> group_coordinator::consumer_heartbeat(std::string group, member_beat beat,
                                                        topic_filter may_see) {
    if (group.empty()) co_return refuse(error_code::invalid_request, "GroupId can't be empty.");
    if (group.size() > options_.group_id_bytes)
        co_return refuse(error_code::invalid_group_id, "The group id is too long.");
    if (stopped_) co_return refuse(error_code::not_coordinator, "");
    if (auto bad = check_beat(beat, options_.consumers); bad.error != error_code::none)
        co_return bad;
    auto found = find(group);
    if (!found && beat.epoch != joins_epoch)
        co_return refuse(error_code::group_id_not_found, "Consumer group " + group + " not found.");
    if (!found) {
        auto made = find_or_make(group);
        if (made.has_error())
            co_return refuse(error_code::coordinator_not_available, made.error().text);
        found = std::move(*made);
    }
    beat_answer answer;
    {
        std::lock_guard const lock(found->mutex);
        answer = beat_group(*found, beat, may_see);
        schedule(*found);
    }
    auto const saved = co_await persist(found);
    if (saved.has_error()) co_return refuse(error_code::coordinator_not_available, "");
    co_return answer;
}

// A join of the classic protocol while the group is a consumer group; nullopt: it is none by now.
std::optional<join_answer> group_coordinator::join_consumer_group(entry& of,
                                                                  join_request const& request) {
    if (!of.consumers) return std::nullopt;
    if (of.consumers->is_unused() && !of.consumers->is_dead()) {
        auto const generation = of.consumers->epoch();
        of.consumers.reset();
        of.classic = classic_group(options_.groups, random_suffix);
        of.classic.restore(std::string(consumer_protocol_type), generation);
        ++of.changes;
        return std::nullopt;
    }
    join_answer refused;
    refused.member_id = request.member_id;
    refused.error = error_code::inconsistent_group_protocol;
    if (request.protocol_type != consumer_protocol_type || request.protocols.empty())
        return refused;
    if (request.session_timeout < options_.groups.min_session_timeout ||
        request.session_timeout > options_.groups.max_session_timeout) {
        refused.error = error_code::invalid_session_timeout;
        return refused;
    }
    auto const subscription = decode_subscription(request.protocols.front().metadata);
    if (subscription.has_error()) return refused;
    auto const known = topics();
    topic_filter const none = [](std::string const&) { return false; };
    auto answer =
        of.consumers->classic_join(request, *subscription, {*known, none, clock_.monotonic()});
    of.count_changes();
    maybe_become_classic(of);
    return answer;
}

group_coordinator::consumer_description group_coordinator::describe_consumers(
    std::string const& group) const {
    consumer_description out;
    auto const found = find(group);
    if (!found) {
        out.error = error_code::group_id_not_found;
        out.text = "Group " + group + " not found.";
        return out;
    }
    std::lock_guard const lock(found->mutex);
    if (!found->consumers) {
        out.error = error_code::group_id_not_found;
        out.text = "Group " + group + " is not a consumer group.";
        return out;
    }
    auto const& of = *found->consumers;
    out.state = of.state_name();
    out.epoch = of.epoch();
    out.assignment_epoch = of.assignment_epoch();
    out.assignor = of.assignor_name();
    out.members = of.members();
    return out;
}

bool group_coordinator::reads(std::string const& group, std::string const& topic) const {
    auto const found = find(group);
    if (!found) return false;
    std::lock_guard const lock(found->mutex);
    return found->consumers && found->consumers->reads(topic);
}

}  // namespace sluice::kafka
