#include "backend/journal/publisher.hpp"

#include "gateway/core/assert.hpp"

namespace sluice::journal {

std::uint64_t snapshot_ages::enter(lsn at, monotonic_time when) {
    std::lock_guard lock(mutex_);
    SLUICE_ASSERT(at >= newest_);
    newest_ = at;
    alive_.emplace(++last_number_, entry{at, when});
    return last_number_;
}

void snapshot_ages::leave(std::uint64_t number) noexcept {
    std::lock_guard lock(mutex_);
    alive_.erase(number);
}

lsn snapshot_ages::oldest() const {
    std::lock_guard lock(mutex_);
    return alive_.empty() ? newest_ : alive_.begin()->second.at;
}

snapshot_ages::view snapshot_ages::look(monotonic_time limit) const {
    std::lock_guard lock(mutex_);
    view seen;
    seen.alive = alive_.size();
    seen.oldest = newest_;
    if (alive_.empty()) return seen;
    seen.oldest = alive_.begin()->second.at;
    seen.oldest_time = alive_.begin()->second.when;
    for (auto const& [number, one] : alive_) {
        if (one.when >= limit) break;
        ++seen.older_than_limit;
    }
    return seen;
}

void publisher::publish(std::shared_ptr<kv::snapshot const> index, lsn at) {
    auto const when = clock_.monotonic();
    auto const number = ages_->enter(at, when);
    // Leaves the ages only after the index snapshot is given back: until then its segments stay.
    auto leave = [ages = ages_, number](published_snapshot const* dying) {
        delete dying;
        ages->leave(number);
    };
    std::shared_ptr<published_snapshot const> fresh(
        new published_snapshot{std::move(index), at, when}, std::move(leave));
    {
        std::lock_guard lock(mutex_);
        current_.swap(fresh);
    }
    // `fresh` is the old one now; it dies here, outside the lock, unless a reader holds it.
}

std::shared_ptr<published_snapshot const> publisher::current() const {
    std::lock_guard lock(mutex_);
    return current_;
}

}  // namespace sluice::journal
