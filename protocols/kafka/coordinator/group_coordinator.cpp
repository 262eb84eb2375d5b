#include "protocols/kafka/coordinator/group_coordinator.hpp"

#include <boost/asio/post.hpp>

#include "gateway/core/encoding.hpp"
#include "gateway/core/log.hpp"
#include "gateway/core/random.hpp"
#include "protocols/kafka/coordinator/group_record.hpp"

namespace sluice::kafka {
namespace {

constexpr std::size_t page = 1000;

std::string random_suffix() {
    std::string raw(16, '\0');
    system_random().fill({reinterpret_cast<std::byte*>(raw.data()), raw.size()});
    return hex_encode(raw);
}

}  // namespace

struct group_coordinator::entry {
    entry(std::string id, group_limits const& limits)
        : name(std::move(id)), group(limits, random_suffix) {}

    std::string const name;
    std::mutex mutex;  // of everything below
    classic_group group;
    std::map<ticket, std::shared_ptr<awaited<join_answer>>> joins;  // shared with who waits
    std::map<ticket, std::shared_ptr<awaited<sync_answer>>> syncs;  // shared with who waits
    std::optional<monotonic_time> scheduled;
    bool is_durable = false;  // the store has a record of it
    unix_millis last_used{};  // expiry counts from here
};

group_coordinator::group_coordinator(coordinator_options options, auth::guarded_logs& logs,
                                     wall_clock const& clock, boost::asio::any_io_executor executor)
    : options_(std::move(options)),
      logs_(logs),
      clock_(clock),
      executor_(std::move(executor)),
      changed_(std::make_shared<event>(executor_)) {}

group_coordinator::~group_coordinator() = default;

task<result<void>> group_coordinator::load() {
    for (std::string after;;) {
        auto const saved = co_await logs_.saved_groups(after, page);
        if (saved.has_error()) co_return saved.error();
        for (auto const& one : *saved) {
            auto const record = decode_group_record(one.state);
            if (record.has_error())
                co_return failure{record.error().code, "group '" + one.group + "'"};
            auto made = std::make_shared<entry>(one.group, options_.groups);
            made->group.restore(record->protocol_type, record->generation);
            made->is_durable = true;
            made->last_used = clock_.now();
            std::lock_guard const lock(mutex_);
            groups_.insert_or_assign(one.group, std::move(made));
        }
        if (saved->empty()) co_return success();  // a page may be short: its bytes are bounded
        after = saved->back().group;
    }
}

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
    auto const next = of.group.next_deadline();
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
    {
        auto& of = **found;
        std::lock_guard const lock(of.mutex);
        ticket const from{tickets_.fetch_add(1) + 1};
        of.joins.emplace(from, mine);
        of.last_used = clock_.now();
        of.group.join(from, request, clock_.monotonic());
        deliver(of, of.group.take_answers());
        schedule(of);
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
        bool const was_stable = of.group.state() == group_state::stable;
        of.group.sync(from, request, clock_.monotonic());
        became_stable = !was_stable && of.group.state() == group_state::stable;
        answers = of.group.take_answers();
        if (!became_stable) deliver(of, std::move(answers));
        schedule(of);
    }
    if (became_stable) {
        auto const saved = co_await save(found);
        if (saved.has_error())
            for (auto& one : answers.syncs)
                one.second = {error_code::coordinator_not_available, {}, {}, {}};
        std::lock_guard const lock(found->mutex);
        deliver(*found, std::move(answers));
    }
    if (stopped_) stop();
    co_return co_await mine->wait();
}

task<result<void>> group_coordinator::save(entry_ptr of) {
    group_record record;
    {
        std::lock_guard const lock(of->mutex);
        record.generation = of->group.generation();
        record.protocol_type = of->group.protocol_type();
    }
    auto const saved = co_await logs_.save_group(of->name, encode(record));
    if (saved.has_error()) {
        SLUICE_LOG(log_level::error, "consumer group not saved", {"group", of->name},
                   {"failure", saved.error()});
        co_return saved.error();
    }
    std::lock_guard const lock(of->mutex);
    of->is_durable = true;
    co_return success();
}

error_code group_coordinator::heartbeat(std::string const& group, std::string const& member_id,
                                        std::optional<std::string> const& instance_id,
                                        std::int32_t generation) {
    if (group.empty()) return error_code::invalid_group_id;
    if (stopped_) return error_code::not_coordinator;
    auto const found = find(group);
    if (!found) return error_code::unknown_member_id;
    std::lock_guard const lock(found->mutex);
    auto const answer =
        found->group.heartbeat(member_id, instance_id, generation, clock_.monotonic());
    schedule(*found);
    return answer;
}

error_code group_coordinator::leave(std::string const& group, std::string const& member_id,
                                    std::optional<std::string> const& instance_id) {
    if (group.empty()) return error_code::invalid_group_id;
    if (stopped_) return error_code::not_coordinator;
    auto const found = find(group);
    if (!found) return error_code::unknown_member_id;
    std::lock_guard const lock(found->mutex);
    auto const answer = found->group.leave(member_id, instance_id, clock_.monotonic());
    found->last_used = clock_.now();
    deliver(*found, found->group.take_answers());
    schedule(*found);
    return answer;
}

task<error_code> group_coordinator::may_commit(std::string group, std::string member_id,
                                               std::optional<std::string> instance_id,
                                               std::int32_t generation,
                                               bool transactional) {
    if (group.empty() || group.size() > options_.group_id_bytes)
        co_return error_code::invalid_group_id;
    if (stopped_) co_return error_code::not_coordinator;
    auto found = find(group);
    if (!found && generation >= 0) co_return error_code::illegal_generation;
    if (!found) {
        auto made = find_or_make(group);
        if (made.has_error()) co_return error_code::coordinator_not_available;
        found = std::move(*made);
    }
    bool must_save = false;
    {
        std::lock_guard const lock(found->mutex);
        auto const answer =
            found->group.may_commit(member_id, instance_id, generation, clock_.monotonic(),
                                    transactional);
        schedule(*found);
        if (answer != error_code::none) co_return answer;
        found->last_used = clock_.now();
        must_save = !found->is_durable;
    }
    if (!must_save) co_return error_code::none;
    auto const saved = co_await save(found);
    co_return saved.has_error() ? error_code::coordinator_not_available : error_code::none;
}

task<group_coordinator::removal> group_coordinator::remove(auth::caller const& who,
                                                           std::string group) {
    removal out;
    auto const found = find(group);
    if (group.empty())
        out.error = error_code::invalid_group_id;
    else if (stopped_)
        out.error = error_code::not_coordinator;
    else if (!found)
        out.error = error_code::group_id_not_found;
    if (out.error != error_code::none) co_return out;
    std::int32_t generation = 0;
    std::string protocol_type;
    {
        std::lock_guard const lock(found->mutex);
        generation = found->group.generation();
        protocol_type = found->group.protocol_type();
        out.error = found->group.kill();
        if (out.error != error_code::none) co_return out;
        schedule(*found);
    }
    auto const gone = co_await logs_.drop_group(who, group);
    std::lock_guard const lock(found->mutex);
    if (gone.has_error()) {
        found->group.restore(std::move(protocol_type), generation);
        out.trouble = gone.error();
        co_return out;
    }
    std::lock_guard const map_lock(mutex_);
    groups_.erase(group);
    co_return out;
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
        if (one->group.state() == group_state::dead) continue;
        out.push_back({one->name, one->group.state(), one->group.protocol_type(), {}, {}});
    }
    return out;
}

std::optional<group_coordinator::description> group_coordinator::describe(
    std::string const& group) const {
    auto const found = find(group);
    if (!found) return std::nullopt;
    std::lock_guard const lock(found->mutex);
    auto const& state = found->group;
    return description{group, state.state(), state.protocol_type(), state.protocol_name(),
                       state.members()};
}

void group_coordinator::advance(monotonic_time now) {
    std::vector<entry_ptr> due;
    {
        std::lock_guard const lock(mutex_);
        for (auto const& [at, name] : deadlines_) {
            if (at > now) break;
            due.push_back(groups_.at(name));
        }
    }
    for (auto const& one : due) {
        std::lock_guard const lock(one->mutex);
        one->group.advance(now);
        deliver(*one, one->group.take_answers());
        schedule(*one);
    }
}

void group_coordinator::stop() {
    stopped_ = true;
    std::vector<entry_ptr> all;
    {
        std::lock_guard const lock(mutex_);
        for (auto const& one : groups_) all.push_back(one.second);
    }
    for (auto const& one : all) {
        std::lock_guard const lock(one->mutex);
        join_answer gone;
        gone.error = error_code::not_coordinator;
        for (auto const& waiting : one->joins) waiting.second->set(gone);
        for (auto const& waiting : one->syncs)
            waiting.second->set({error_code::not_coordinator, {}, {}, {}});
        one->joins.clear();
        one->syncs.clear();
    }
}

monotonic_time group_coordinator::next_deadline() const {
    std::lock_guard const lock(mutex_);
    return deadlines_.empty() ? monotonic_time::max() : deadlines_.begin()->first;
}

task<void> group_coordinator::run() {
    auto next_sweep = clock_.monotonic() + options_.sweep_every;
    for (;;) {
        auto const until = std::min(next_deadline(), next_sweep);
        {
            std::lock_guard const lock(mutex_);
            armed_ = until;
        }
        auto const waited = co_await changed_->wait_until(until);
        if (waited.has_error() && waited.error().code == error::cancelled) co_return;
        auto const now = clock_.monotonic();
        advance(now);
        if (now < next_sweep) continue;
        next_sweep = now + options_.sweep_every;
        co_await sweep();
    }
}

task<void> group_coordinator::sweep() {
    std::vector<entry_ptr> all;
    {
        std::lock_guard const lock(mutex_);
        for (auto const& one : groups_) all.push_back(one.second);
    }
    auto const now = to_underlying(clock_.now());
    for (auto const& one : all) {
        bool durable = false;
        {
            std::lock_guard const lock(one->mutex);
            auto const unused = now - to_underlying(one->last_used);
            auto const kept = one->is_durable ? options_.offsets_retention : options_.sweep_every;
            if (!one->group.is_unused() || unused < kept.count()) continue;
            if (one->group.kill() != error_code::none) continue;
            schedule(*one);
            durable = one->is_durable;
            std::lock_guard const map_lock(mutex_);
            groups_.erase(one->name);
        }
        if (!durable) continue;
        auto const removed = co_await logs_.remove_group(one->name);
        if (removed.has_error())
            SLUICE_LOG(log_level::error, "expired consumer group not removed",
                       {"group", one->name}, {"failure", removed.error()});
    }
}

}  // namespace sluice::kafka
