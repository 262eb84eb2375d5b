#include "backend/store/lock_table.hpp"

#include <algorithm>
#include <functional>

#include "gateway/core/assert.hpp"

namespace sluice::store {
namespace {

constexpr std::size_t names_looked_at = 64;

}  // namespace

lock_set::lock_set(lock_table& table)
    : table_(table), owner_(table.next_owner_.fetch_add(1, std::memory_order_relaxed)) {}

lock_set::~lock_set() {
    if (waiting_) table_.give_up(owner_, error::cancelled);
    release();
}

void lock_set::release() {
    table_.release(*this);
}

lock_table::lock_table(lock_table_options const& options, store_metrics* metrics)
    : options_(options), metrics_(metrics), shards_(std::make_unique<shard[]>(options.shards)) {
    SLUICE_ASSERT(options_.shards > 0);
}

lock_table::~lock_table() {
    SLUICE_ASSERT(held() == 0 && waiting() == 0);
}

std::size_t lock_table::held() const {
    return held_.load(std::memory_order_relaxed);
}

std::size_t lock_table::waiting() const {
    std::scoped_lock guard(waits_mutex_);
    return waits_.size();
}

lock_table::shard& lock_table::shard_of(std::string_view name) const noexcept {
    return shards_[std::hash<std::string_view>{}(name) % options_.shards];
}

bool lock_table::compatible(entry const& lock, std::uint64_t owner, lock_mode mode) noexcept {
    return std::ranges::none_of(lock.holders, [&](holder const& other) {
        return other.owner != owner &&
               (mode == lock_mode::exclusive || other.mode == lock_mode::exclusive);
    });
}

// Enters the owner; false when it had the lock before (then it is in the set's names already).
bool lock_table::grant(entry& lock, lock_set& set, std::string const& name, lock_mode mode) {
    for (auto& mine : lock.holders) {
        if (mine.owner != set.owner_) continue;
        if (mode == lock_mode::exclusive) mine.mode = mode;
        return false;
    }
    lock.holders.push_back({set.owner_, mode});
    set.names_.push_back(name);
    return true;
}

lock_table::attempt lock_table::try_in(shard& where, lock_set& set, std::string const& name,
                                       lock_mode mode, bool ignore_queue) {
    auto found = where.entries.find(name);
    if (found == where.entries.end()) {
        if (held_.load(std::memory_order_relaxed) >= options_.locks_max) return attempt::full;
        found = where.entries.try_emplace(name).first;
    }
    auto& lock = found->second;
    bool const has_it = std::ranges::any_of(
        lock.holders, [&](holder const& mine) { return mine.owner == set.owner_; });
    bool const queue_first = !lock.waiters.empty() && !has_it && !ignore_queue;
    if (queue_first || !compatible(lock, set.owner_, mode)) return attempt::must_wait;
    if (grant(lock, set, name, mode)) held_.fetch_add(1, std::memory_order_relaxed);
    return attempt::granted;
}

lock_table::attempt lock_table::try_acquire(lock_set& set, lock_name const& name, lock_mode mode) {
    auto& where = shard_of(name.bytes);
    std::scoped_lock guard(where.mutex);
    return try_in(where, set, name.bytes, mode, false);
}

void lock_table::acquire(lock_set& set, lock_name name, lock_mode mode, wait_done done) {
    switch (try_acquire(set, name, mode)) {
    case attempt::granted: return done(success());
    case attempt::full: return done(failure{error::overloaded, "limits.store_locks"});
    case attempt::must_wait: break;
    }
    completions ready;
    {
        std::scoped_lock guard(waits_mutex_);
        auto& where = shard_of(name.bytes);
        std::unique_lock shard_guard(where.mutex);
        auto again = try_in(where, set, name.bytes, mode, false);
        if (again == attempt::granted) {
            ready.push_back({std::move(done), success()});
        } else if (again == attempt::full || waits_.size() >= options_.waiters_max) {
            ready.push_back(
                {std::move(done),
                 failure{error::overloaded,
                         again == attempt::full ? "limits.store_locks" : "limits.store_lock_waiters"}});
        } else {
            SLUICE_ASSERT(!waits_.contains(set.owner_));
            auto& lock = where.entries.at(name.bytes);
            bool const upgrade = std::ranges::any_of(
                lock.holders, [&](holder const& mine) { return mine.owner == set.owner_; });
            waiter request{&set, mode, std::move(done)};
            if (upgrade) lock.waiters.push_front(std::move(request));
            else lock.waiters.push_back(std::move(request));
            waits_.emplace(set.owner_, std::move(name.bytes));
            set.waiting_ = true;
            if (metrics_) metrics_->lock_waits.fetch_add(1, std::memory_order_relaxed);
            shard_guard.unlock();
            if (may_block_others(set)) break_deadlocks(set.owner_, ready);
        }
    }
    run(ready);
}

void lock_table::give_up(std::uint64_t owner, error why) {
    completions ready;
    {
        std::scoped_lock guard(waits_mutex_);
        end_wait(owner, why, ready);
    }
    run(ready);
}

// waits_mutex_ is held.
void lock_table::end_wait(std::uint64_t owner, error why, completions& ready) {
    auto waits = waits_.find(owner);
    if (waits == waits_.end()) return;
    auto name = std::move(waits->second);
    waits_.erase(waits);
    auto& where = shard_of(name);
    std::scoped_lock guard(where.mutex);
    auto& queue = where.entries.at(name).waiters;
    auto mine =
        std::ranges::find_if(queue, [&](waiter const& one) { return one.set->owner_ == owner; });
    SLUICE_ASSERT(mine != queue.end());
    mine->set->waiting_ = false;
    ready.push_back({std::move(mine->done),
                     failure{why, why == error::conflict ? "deadlock" : "waited for a lock"}});
    queue.erase(mine);
    grant_waiters(where, name, ready);   // those behind it may go now
    if (metrics_ && why == error::deadline_exceeded)
        metrics_->lock_timeouts.fetch_add(1, std::memory_order_relaxed);
}

// waits_mutex_ and the shard's are held. Grants from the front for as long as it goes; drops an
// unused entry.
void lock_table::grant_waiters(shard& where, std::string const& name, completions& ready) {
    auto found = where.entries.find(name);
    if (found == where.entries.end()) return;
    auto& lock = found->second;
    while (!lock.waiters.empty()) {
        auto& first = lock.waiters.front();
        if (!compatible(lock, first.set->owner_, first.mode)) return;
        if (grant(lock, *first.set, name, first.mode))
            held_.fetch_add(1, std::memory_order_relaxed);
        waits_.erase(first.set->owner_);
        first.set->waiting_ = false;
        ready.push_back({std::move(first.done), success()});
        lock.waiters.pop_front();
    }
    if (lock.holders.empty()) where.entries.erase(found);
}

void lock_table::release(lock_set& set) {
    completions ready;
    for (auto const& name : set.names_) {
        auto& where = shard_of(name);
        auto const drop = [&](entry& lock) {
            std::erase_if(lock.holders, [&](holder const& one) { return one.owner == set.owner_; });
            held_.fetch_sub(1, std::memory_order_relaxed);
        };
        {
            std::scoped_lock guard(where.mutex);
            auto found = where.entries.find(name);
            SLUICE_ASSERT(found != where.entries.end());
            if (found->second.waiters.empty()) {
                drop(found->second);
                if (found->second.holders.empty()) where.entries.erase(found);
                continue;
            }
        }
        std::scoped_lock guard(waits_mutex_);
        std::scoped_lock shard_guard(where.mutex);
        drop(where.entries.at(name));
        grant_waiters(where, name, ready);
    }
    set.names_.clear();
    run(ready);
}

// waits_mutex_ is held. A new wait can close more than one cycle; each costs its youngest member
// the wait.
void lock_table::break_deadlocks(std::uint64_t owner, completions& ready) {
    while (waits_.contains(owner)) {
        auto cycle = find_cycle(owner);
        if (cycle.empty()) return;
        if (metrics_) metrics_->lock_deadlocks.fetch_add(1, std::memory_order_relaxed);
        end_wait(*std::ranges::max_element(cycle), error::conflict, ready);
    }
}

// Depth first from `start` along "waits for"; the path back to `start`, or nothing.
std::vector<std::uint64_t> lock_table::find_cycle(std::uint64_t start) const {
    struct step {
        std::uint64_t owner;
        std::vector<std::uint64_t> blockers;
        std::size_t at = 0;
    };
    std::vector<step> path{{start, blockers_of(start)}};
    std::unordered_map<std::uint64_t, bool> seen{{start, true}};
    while (!path.empty()) {
        auto& last = path.back();
        if (last.at == last.blockers.size()) {
            path.pop_back();
            continue;
        }
        auto const blocker = last.blockers[last.at++];
        if (blocker == start) {
            std::vector<std::uint64_t> cycle;
            for (auto const& one : path) cycle.push_back(one.owner);
            return cycle;
        }
        if (seen.emplace(blocker, true).second && waits_.contains(blocker))
            path.push_back({blocker, blockers_of(blocker)});
    }
    return {};
}

// waits_mutex_ is held: who must let go, or go first, before `owner` can have what it waits for.
std::vector<std::uint64_t> lock_table::blockers_of(std::uint64_t owner) const {
    auto const& name = waits_.at(owner);
    auto& where = shard_of(name);
    std::scoped_lock guard(where.mutex);
    auto const& lock = where.entries.at(name);
    auto const self = std::ranges::find_if(
        lock.waiters, [&](waiter const& one) { return one.set->owner_ == owner; });
    SLUICE_ASSERT(self != lock.waiters.end());
    std::vector<std::uint64_t> blockers;
    auto const clash = [&](lock_mode other) {
        return self->mode == lock_mode::exclusive || other == lock_mode::exclusive;
    };
    // Holders first: a cycle through them alone must not cost anybody of the queue the wait.
    for (auto const& other : lock.holders)
        if (other.owner != owner && clash(other.mode)) blockers.push_back(other.owner);
    // The next exclusive wait ahead stands for all that is ahead of it: it waits for them itself.
    for (auto ahead = self; ahead != lock.waiters.begin();) {
        --ahead;
        if (clash(ahead->mode)) blockers.push_back(ahead->set->owner_);
        if (ahead->mode == lock_mode::exclusive) break;
    }
    return blockers;
}

// waits_mutex_ is held. False: no cycle can go through this owner. Crowds that wait for one lock and
// hold nothing that others want are spared the search, which is as long as their queue.
bool lock_table::may_block_others(lock_set const& set) const {
    if (set.names_.size() > names_looked_at) return true;
    return std::ranges::any_of(set.names_, [&](std::string const& name) {
        auto& where = shard_of(name);
        std::scoped_lock guard(where.mutex);
        return !where.entries.at(name).waiters.empty();
    });
}

void lock_table::run(completions& ready) {
    for (auto& one : ready) one.done(std::move(one.outcome));
}

}  // namespace sluice::store
