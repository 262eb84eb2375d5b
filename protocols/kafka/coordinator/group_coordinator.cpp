#include "protocols/kafka/coordinator/group_coordinator.hpp"

#include <boost/asio/post.hpp>

#include "gateway/core/encoding.hpp"
#include "gateway/core/random.hpp"
#include "protocols/kafka/coordinator/group_entry.hpp"

namespace sluice::kafka {
std::string random_suffix() {
    std::string raw(16, '\0');
    system_random().fill({reinterpret_cast<std::byte*>(raw.data()), raw.size()});
    return hex_encode(raw);
}

group_coordinator::group_coordinator(coordinator_options options, auth::guarded_logs& logs,
                                     wall_clock const& clock, boost::asio::any_io_executor executor,
                                     topic_source topics)
    : options_(std::move(options)),
      logs_(logs),
      clock_(clock),
      executor_(std::move(executor)),
      topic_source_(std::move(topics)),
      changed_(std::make_shared<event>(executor_)),
      topics_(std::make_shared<topic_directory const>()) {}

group_coordinator::~group_coordinator() = default;

group_coordinator::entry_ptr group_coordinator::find(std::string const& group) const {
    std::lock_guard const lock(mutex_);
    auto const found = groups_.find(group);
    return found == groups_.end() ? nullptr : found->second;
}

result<group_coordinator::entry_ptr> group_coordinator::find_or_make(std::string const& group) {
    std::lock_guard const lock(mutex_);
    auto const found = groups_.find(group);
    if (found != groups_.end()) return found->second;
    if (groups_.size() >= options_.groups_max)
        return failure{error::overloaded, "too many consumer groups"};
    auto made = std::make_shared<entry>(group, options_.groups);
    made->last_used = clock_.now();
    groups_.emplace(group, made);
    return made;
}

void group_coordinator::schedule(entry& of) {
    auto const next = of.kind().next_deadline();
    if (next == of.scheduled) return;
    std::lock_guard const lock(mutex_);
    if (of.scheduled) deadlines_.erase({*of.scheduled, of.name});
    of.scheduled = next;
    if (!next) return;
    deadlines_.emplace(*next, of.name);
    if (*next >= armed_) return;
    armed_ = *next;
    boost::asio::post(executor_, [changed = changed_] { changed->notify_all(); });
}

// With the entry's lock held: waiting requests are taken out of the entry, their values set.
void group_coordinator::deliver(entry& of, group_answers answers) {
    for (auto& [from, answer] : answers.joins) {
        auto const waiting = of.joins.extract(from);
        if (!waiting.empty()) waiting.mapped()->set(std::move(answer));
    }
    for (auto& [from, answer] : answers.syncs) {
        auto const waiting = of.syncs.extract(from);
        if (!waiting.empty()) waiting.mapped()->set(std::move(answer));
    }
}

task<join_answer> group_coordinator::join(std::string group, join_request request) {
    join_answer refused;
    refused.member_id = request.member_id;
    if (group.empty() || group.size() > options_.group_id_bytes) {
        refused.error = error_code::invalid_group_id;
        co_return refused;
    }
    if (stopped_) {
        refused.error = error_code::not_coordinator;
        co_return refused;
    }
    auto const there = find(group);
    if (!there && !request.member_id.empty()) {
        refused.error = error_code::unknown_member_id;
        co_return refused;
    }
    auto const found = find_or_make(group);
    if (found.has_error()) {
        refused.error = error_code::coordinator_not_available;
        co_return refused;
    }
    auto const mine = std::make_shared<awaited<join_answer>>();
    std::optional<join_answer> at_once;
    {
        auto& of = **found;
        std::lock_guard const lock(of.mutex);
        of.last_used = clock_.now();
        at_once = join_consumer_group(of, request);
        if (!at_once) {
            ticket const from{tickets_.fetch_add(1) + 1};
            of.joins.emplace(from, mine);
            of.classic.join(from, request, clock_.monotonic());
            deliver(of, of.classic.take_answers());
        }
        schedule(of);
    }
    if (at_once) {
        auto const saved = co_await persist(*found);
        if (saved.has_error()) at_once->error = error_code::coordinator_not_available;
        co_return std::move(*at_once);
    }
    if (stopped_) stop();  // came in while everybody was being answered
    co_return co_await mine->wait();
}

task<sync_answer> group_coordinator::sync(std::string group, sync_request request) {
    sync_answer refused;
    auto const found = find(group);
    if (group.empty())
        refused.error = error_code::invalid_group_id;
    else if (stopped_)
        refused.error = error_code::not_coordinator;
    else if (!found)
        refused.error = error_code::unknown_member_id;
    if (refused.error != error_code::none) co_return refused;

    auto const mine = std::make_shared<awaited<sync_answer>>();
    group_answers answers;
    bool became_stable = false;
    {
        auto& of = *found;
        std::lock_guard const lock(of.mutex);
        ticket const from{tickets_.fetch_add(1) + 1};
        of.syncs.emplace(from, mine);
        auto const now = clock_.monotonic();
        if (of.consumers) {
            answers.syncs.emplace_back(from, of.consumers->classic_sync(request, *topics(), now));
        } else {
            bool const was_stable = of.classic.state() == group_state::stable;
            of.classic.sync(from, request, now);
            became_stable = !was_stable && of.classic.state() == group_state::stable;
            answers = of.classic.take_answers();
            if (became_stable) ++of.changes;
        }
        if (!became_stable) deliver(of, std::move(answers));
        schedule(of);
    }
    if (became_stable) {
        auto const saved = co_await persist(found);
        if (saved.has_error())
            for (auto& one : answers.syncs)
                one.second = {error_code::coordinator_not_available, {}, {}, {}};
        std::lock_guard const lock(found->mutex);
        deliver(*found, std::move(answers));
    }
    if (stopped_) stop();
    co_return co_await mine->wait();
}

error_code group_coordinator::heartbeat(std::string const& group, std::string const& member_id,
                                        std::optional<std::string> const& instance_id,
                                        std::int32_t generation) {
    if (group.empty()) return error_code::invalid_group_id;
    if (stopped_) return error_code::not_coordinator;
    auto const found = find(group);
    if (!found) return error_code::unknown_member_id;
    std::lock_guard const lock(found->mutex);
    auto const now = clock_.monotonic();
    auto const answer =
        found->consumers
            ? found->consumers->classic_heartbeat(member_id, instance_id, generation, now)
            : found->classic.heartbeat(member_id, instance_id, generation, now);
    schedule(*found);
    return answer;
}

task<error_code> group_coordinator::leave(std::string group, std::string member_id,
                                          std::optional<std::string> instance_id) {
    if (group.empty()) co_return error_code::invalid_group_id;
    if (stopped_) co_return error_code::not_coordinator;
    auto const found = find(group);
    if (!found) co_return error_code::unknown_member_id;
    auto answer = error_code::none;
    {
        std::lock_guard const lock(found->mutex);
        auto const now = clock_.monotonic();
        found->last_used = clock_.now();
        if (found->consumers) {
            answer = found->consumers->classic_leave(member_id, instance_id, now);
            found->count_changes();
            maybe_become_classic(*found);
        } else {
            answer = found->classic.leave(member_id, instance_id, now);
        }
        deliver(*found, found->classic.take_answers());
        schedule(*found);
        if (!found->consumers && found->saved == found->changes) co_return answer;
    }
    auto const saved = co_await persist(found);
    co_return saved.has_error() ? error_code::coordinator_not_available : answer;
}

task<error_code> group_coordinator::may_commit(std::string group, commit_claim claim) {
    if (group.empty() || group.size() > options_.group_id_bytes)
        co_return error_code::invalid_group_id;
    if (stopped_) co_return error_code::not_coordinator;
    auto found = find(group);
    if (!found && claim.generation >= 0)
        co_return claim.knows_epochs ? error_code::group_id_not_found
                                     : error_code::illegal_generation;
    if (!found) {
        auto made = find_or_make(group);
        if (made.has_error()) co_return error_code::coordinator_not_available;
        found = std::move(*made);
    }
    {
        std::lock_guard const lock(found->mutex);
        auto const answer = found->kind().may_commit(claim, clock_.monotonic());
        schedule(*found);
        if (answer != error_code::none) co_return answer;
        found->last_used = clock_.now();
        if (found->is_durable) co_return error_code::none;
        if (found->changes == 0) ++found->changes;
    }
    auto const saved = co_await persist(found);
    co_return saved.has_error() ? error_code::coordinator_not_available : error_code::none;
}

error_code group_coordinator::may_fetch(std::string const& group,
                                        std::optional<std::string> const& member_id,
                                        std::int32_t epoch) const {
    auto const found = find(group);
    if (!found) return error_code::none;
    std::lock_guard const lock(found->mutex);
    return found->kind().may_fetch(member_id, epoch);
}

std::vector<group_coordinator::description> group_coordinator::list() const {
    std::vector<entry_ptr> all;
    {
        std::lock_guard const lock(mutex_);
        for (auto const& one : groups_) all.push_back(one.second);
    }
    std::vector<description> out;
    for (auto const& one : all) {
        std::lock_guard const lock(one->mutex);
        auto shown = show(*one);
        shown.members.clear();
        shown.protocol_name.clear();
        if (shown.state != group_state::dead) out.push_back(std::move(shown));
    }
    return out;
}

group_coordinator::description group_coordinator::show(entry& of) {
    if (!of.consumers) {
        auto const& state = of.classic;
        return {of.name,                group_type::classic,   name_of(state.state()), state.state(),
                state.protocol_type(), state.protocol_name(), state.members()};
    }
    auto const& state = *of.consumers;
    auto const like = state.is_dead()     ? group_state::dead
                      : state.is_unused() ? group_state::empty
                                          : group_state::stable;
    return {of.name, group_type::consumer, state.state_name(), like,
            std::string(consumer_protocol_type), {}, {}};
}

std::optional<group_coordinator::description> group_coordinator::describe(
    std::string const& group) const {
    auto const found = find(group);
    if (!found) return std::nullopt;
    std::lock_guard const lock(found->mutex);
    return show(*found);
}

}  // namespace sluice::kafka
