#include "backend/journal/publisher.hpp"

#include "gateway/core/assert.hpp"

namespace sluice::journal {

std::uint64_t snapshot_ages::enter(lsn at, monotonic_time when) {
    std::lock_guard lock(mutex_);
    SLUICE_ASSERT(at >= newest_);
    newest_ = at;
    entries_.push_back({at, when, true});
    return first_number_ + entries_.size() - 1;
}

void snapshot_ages::leave(std::uint64_t number) noexcept {
    std::lock_guard lock(mutex_);
    entries_[number - first_number_].alive = false;
    while (!entries_.empty() && !entries_.front().alive) {
        entries_.pop_front();
        ++first_number_;
    }
}

lsn snapshot_ages::oldest() const {
    std::lock_guard lock(mutex_);
    return entries_.empty() ? newest_ : entries_.front().at;
}

snapshot_ages::view snapshot_ages::look(monotonic_time limit) const {
    std::lock_guard lock(mutex_);
    view seen;
    seen.oldest = newest_;
    for (auto const& entry : entries_) {
        if (!entry.alive) continue;
        if (seen.alive++ == 0) {
            seen.oldest = entry.at;
            seen.oldest_time = entry.when;
        }
        if (entry.when < limit) ++seen.older_than_limit;
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
