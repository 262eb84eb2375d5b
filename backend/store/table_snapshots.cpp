#include "backend/store/table_snapshots.hpp"

#include <vector>

namespace sluice::store {

held_snapshot::held_snapshot(table_snapshots& all,
                             std::shared_ptr<journal::published_snapshot const> snapshot)
    : all_(all), at_(snapshot->at), snapshot_(std::move(snapshot)) {
    std::scoped_lock guard(all_.mutex_);
    place_ = all_.held_.insert(all_.held_.end(), this);
}

held_snapshot::~held_snapshot() {
    std::scoped_lock guard(all_.mutex_);
    all_.held_.erase(place_);
}

result<std::shared_ptr<journal::published_snapshot const>> held_snapshot::get() const {
    std::scoped_lock guard(mutex_);
    if (!snapshot_)
        return failure{error::conflict, "the snapshot is older than the maximum snapshot age"};
    return snapshot_;
}

std::shared_ptr<held_snapshot> table_snapshots::take(
    std::shared_ptr<held_snapshot> const& before) {
    auto newest = journal_.published();
    if (before) {
        std::scoped_lock guard(before->mutex_);
        if (before->snapshot_ == newest) return before;
    }
    return std::make_shared<held_snapshot>(*this, std::move(newest));
}

std::size_t table_snapshots::expire() {
    std::vector<std::shared_ptr<journal::published_snapshot const>> dying;   // outside the locks
    std::scoped_lock guard(mutex_);
    for (auto* one : held_) {
        std::scoped_lock one_guard(one->mutex_);
        if (!one->snapshot_) continue;
        if (!journal_.is_over_age(*one->snapshot_)) break;
        dying.push_back(std::move(one->snapshot_));
    }
    return dying.size();
}

}  // namespace sluice::store
