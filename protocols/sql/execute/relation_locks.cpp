#include "protocols/sql/execute/relation_locks.hpp"

#include <algorithm>
#include <set>
#include <string_view>

namespace sluice::sql {
namespace {

// Bit n: conflicts with mode n.
constexpr std::uint16_t bit(int mode) { return static_cast<std::uint16_t>(1U << mode); }
constexpr std::uint16_t conflict_bits[9] = {
    0,
    bit(8),
    bit(7) | bit(8),
    bit(5) | bit(6) | bit(7) | bit(8),
    bit(4) | bit(5) | bit(6) | bit(7) | bit(8),
    bit(3) | bit(4) | bit(6) | bit(7) | bit(8),
    bit(3) | bit(4) | bit(5) | bit(6) | bit(7) | bit(8),
    bit(2) | bit(3) | bit(4) | bit(5) | bit(6) | bit(7) | bit(8),
    bit(1) | bit(2) | bit(3) | bit(4) | bit(5) | bit(6) | bit(7) | bit(8)};

}  // namespace

std::string_view name_of(relation_lock_mode mode) noexcept {
    switch (mode) {
        case relation_lock_mode::access_share: return "AccessShareLock";
        case relation_lock_mode::row_share: return "RowShareLock";
        case relation_lock_mode::row_exclusive: return "RowExclusiveLock";
        case relation_lock_mode::share_update_exclusive: return "ShareUpdateExclusiveLock";
        case relation_lock_mode::share: return "ShareLock";
        case relation_lock_mode::share_row_exclusive: return "ShareRowExclusiveLock";
        case relation_lock_mode::exclusive: return "ExclusiveLock";
        case relation_lock_mode::access_exclusive: return "AccessExclusiveLock";
    }
    return "";
}

bool conflicts(relation_lock_mode held, relation_lock_mode wanted) noexcept {
    return (conflict_bits[static_cast<int>(held)] & bit(static_cast<int>(wanted))) != 0;
}

relation_locks::owner relation_locks::new_owner() {
    std::scoped_lock const lock{mutex_};
    return owner{++owners_};
}

bool relation_locks::grantable(entry const& at, owner who, relation_lock_mode mode,
                               bool queued) const {
    bool mine = false;
    for (auto const& [holder, held] : at.held) {
        if (holder == who) mine = true;
        else if (conflicts(held, mode)) return false;
    }
    // Who holds something here already does not queue behind those that wait for it.
    if (queued || mine) return true;
    return std::none_of(at.waiting.begin(), at.waiting.end(),
                        [&](request const& each) { return conflicts(each.mode, mode); });
}

bool relation_locks::closes_circle(owner who, resource what, relation_lock_mode mode) const {
    std::set<owner> seen;
    std::vector<owner> todo;
    auto add_blockers = [&](resource of, owner waiting, relation_lock_mode wanted) {
        auto const at = entries_.find(of);
        if (at == entries_.end()) return;
        for (auto const& [holder, held] : at->second.held)
            if (holder != waiting && conflicts(held, wanted) && seen.insert(holder).second)
                todo.push_back(holder);
    };
    add_blockers(what, who, mode);
    while (!todo.empty()) {
        auto const next = todo.back();
        todo.pop_back();
        if (next == who) return true;
        for (auto const& [of, at] : entries_)
            for (auto const& each : at.waiting)
                if (each.who == next) add_blockers(of, next, each.mode);
    }
    return false;
}

lock_outcome relation_locks::try_lock(owner who, resource what, relation_lock_mode mode) {
    std::scoped_lock const lock{mutex_};
    auto& at = entries_[what];
    for (auto const& [holder, held] : at.held)
        if (holder == who && held >= mode) return lock_outcome::granted;
    if (!grantable(at, who, mode, false)) return lock_outcome::not_available;
    at.held.emplace_back(who, mode);
    return lock_outcome::granted;
}

task<lock_outcome> relation_locks::lock(owner who, resource what, relation_lock_mode mode,
                                        bool wait) {
    auto const now = try_lock(who, what, mode);
    if (now == lock_outcome::granted || !wait) co_return now;
    auto enqueue = [&](callback<lock_outcome> done) {
        auto outcome = lock_outcome::granted;
        {
            std::scoped_lock const lock{mutex_};
            auto& at = entries_[what];
            if (grantable(at, who, mode, false)) {
                at.held.emplace_back(who, mode);
            } else if (closes_circle(who, what, mode)) {
                outcome = lock_outcome::deadlock;
            } else {
                at.waiting.push_back({who, what, mode, std::move(done)});
                return;
            }
        }
        done(outcome);
    };
    auto const outcome = co_await await_callback<lock_outcome>(std::move(enqueue));
    co_return outcome;
}

void relation_locks::grant_waiting(resource what, std::vector<callback<lock_outcome>>& granted) {
    auto const found = entries_.find(what);
    if (found == entries_.end()) return;
    auto& at = found->second;
    for (auto each = at.waiting.begin(); each != at.waiting.end();) {
        if (!grantable(at, each->who, each->mode, true)) break;
        at.held.emplace_back(each->who, each->mode);
        granted.push_back(std::move(each->done));
        each = at.waiting.erase(each);
    }
    if (at.held.empty() && at.waiting.empty()) entries_.erase(found);
}

void relation_locks::release_all(owner who) {
    std::vector<callback<lock_outcome>> granted;
    {
        std::scoped_lock const lock{mutex_};
        std::vector<resource> touched;
        for (auto& [what, at] : entries_) {
            auto const before = at.held.size();
            std::erase_if(at.held, [&](auto const& each) { return each.first == who; });
            if (at.held.size() != before || at.held.empty()) touched.push_back(what);
        }
        for (auto const what : touched) grant_waiting(what, granted);
    }
    for (auto const& done : granted) done(lock_outcome::granted);
}

void relation_locks::cancel_wait(owner who) {
    std::vector<callback<lock_outcome>> granted, cancelled;
    {
        std::scoped_lock const lock{mutex_};
        std::vector<resource> touched;
        for (auto& [what, at] : entries_)
            for (auto each = at.waiting.begin(); each != at.waiting.end();) {
                if (each->who != who) {
                    ++each;
                    continue;
                }
                cancelled.push_back(std::move(each->done));
                each = at.waiting.erase(each);
                touched.push_back(what);
            }
        for (auto const what : touched) grant_waiting(what, granted);
    }
    for (auto const& done : cancelled) done(lock_outcome::cancelled);
    for (auto const& done : granted) done(lock_outcome::granted);
}

bool relation_locks::holds(owner who, resource what, relation_lock_mode mode) const {
    std::scoped_lock const lock{mutex_};
    auto const found = entries_.find(what);
    if (found == entries_.end()) return false;
    for (auto const& [holder, held] : found->second.held)
        if (holder == who && held >= mode) return true;
    return false;
}

}  // namespace sluice::sql
