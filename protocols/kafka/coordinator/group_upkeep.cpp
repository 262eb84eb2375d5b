// The coordinator without requests: what it finds at the start, what it keeps, what time does.
#include "gateway/core/log.hpp"
#include "protocols/kafka/coordinator/group_entry.hpp"

namespace sluice::kafka {
namespace {
constexpr std::size_t page = 1000;
}

result<void> group_coordinator::restore(entry& of, std::string_view record) const {
    if (is_consumer_group_record(record)) {
        of.consumers.emplace(options_.consumers, random_suffix);
        SLUICE_CHECK(of.consumers->restore(record, clock_.monotonic()));
        of.seen_version = of.consumers->version();
        return success();
    }
    SLUICE_TRY(auto const classic, decode_group_record(record));
    of.classic.restore(classic.protocol_type, classic.generation);
    return success();
}

task<result<void>> group_coordinator::load() {
    for (std::string after;;) {
        auto const saved = co_await logs_.saved_groups(after, page);
        if (saved.has_error()) co_return saved.error();
        for (auto const& one : *saved) {
            auto made = std::make_shared<entry>(one.group, options_.groups);
            auto const restored = restore(*made, one.state);
            if (restored.has_error())
                co_return failure{restored.error().code, "group '" + one.group + "'"};
            made->is_durable = true;
            schedule(*made);
            made->last_used = clock_.now();
            std::lock_guard const lock(mutex_);
            groups_.insert_or_assign(one.group, std::move(made));
        }
        if (saved->empty()) co_return success();  // a page may be short: its bytes are bounded
        after = saved->back().group;
    }
}

task<result<void>> group_coordinator::persist(entry_ptr of) {
    std::uint64_t mine = 0;
    {
        std::lock_guard const lock(of->mutex);
        mine = of->changes;
    }
    for (;;) {
        std::shared_ptr<awaited<bool>> turn;
        std::string record;
        std::uint64_t covers = 0;
        {
            std::lock_guard const lock(of->mutex);
            if (of->saved >= mine) co_return success();
            if (of->is_saving) {
                turn = of->saves.emplace_back(std::make_shared<awaited<bool>>());
            } else {
                of->is_saving = true;
                record = of->record();
                covers = of->changes;
            }
        }
        if (turn) {
            bool const was_saved = co_await turn->wait();
            if (!was_saved) co_return failure{error::outcome_unknown, "another request's save failed"};
            continue;
        }
        auto const saved = co_await logs_.save_group(of->name, std::move(record));
        std::vector<std::shared_ptr<awaited<bool>>> others;
        {
            std::lock_guard const lock(of->mutex);
            of->is_saving = false;
            others.swap(of->saves);
            if (saved.has_value()) {
                of->saved = covers;
                of->is_durable = true;
            }
        }
        for (auto const& one : others) one->set(saved.has_value());
        if (saved.has_value()) continue;
        SLUICE_LOG(log_level::error, "consumer group not saved", {"group", of->name},
                   {"failure", saved.error()});
        co_return saved.error();
    }
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
    {
        std::lock_guard const lock(found->mutex);
        out.error = found->kind().kill();
        if (out.error != error_code::none) co_return out;
        schedule(*found);
    }
    // What is being written of it comes before what takes it away.
    (void)co_await persist(found);
    auto const gone = co_await logs_.drop_group(who, group);
    std::lock_guard const lock(found->mutex);
    if (gone.has_error()) {
        if (found->consumers)
            found->consumers->revive();
        else
            found->classic.restore(found->classic.protocol_type(), found->classic.generation());
        out.trouble = gone.error();
        co_return out;
    }
    std::lock_guard const map_lock(mutex_);
    groups_.erase(group);
    co_return out;
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
        one->kind().advance(now);
        one->count_changes();
        maybe_become_classic(*one);
        deliver(*one, one->classic.take_answers());
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
        // What nobody waits for, as a member that fell silent.
        (void)co_await persist(one);
        {
            std::lock_guard const lock(one->mutex);
            auto const unused = now - to_underlying(one->last_used);
            auto const kept = one->is_durable ? options_.offsets_retention : options_.sweep_every;
            if (!one->kind().is_unused() || unused < kept.count()) continue;
            if (one->kind().kill() != error_code::none) continue;
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
