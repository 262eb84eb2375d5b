#include "protocols/s3/model/lifecycle_walk.hpp"

namespace sluice::s3 {

void lifecycle_walk::take(store::object_stat next, unix_millis now, std::vector<removal>& due) {
    // A listing may begin a key anew: its newest version starts it in any case.
    bool const goes_on = held_ && held_->key == next.key && !next.is_latest;
    unix_millis since{};
    std::uint32_t newer = 0;
    if (goes_on) {
        since = held_->last_modified;
        newer = newer_noncurrent_ + (held_->is_latest || held_->is_delete_marker ? 0 : 1);
    }
    if (held_) judge(held_->is_latest && !goes_on, now, due);
    held_ = std::move(next);
    noncurrent_since_ = since;
    newer_noncurrent_ = newer;
}

void lifecycle_walk::end(unix_millis now, std::vector<removal>& due) {
    if (held_) judge(held_->is_latest, now, due);
    held_.reset();
}

void lifecycle_walk::judge(bool is_only, unix_millis now, std::vector<removal>& due) {
    object_facts facts;
    facts.key = held_->key;
    facts.size = held_->size;
    facts.tags = &held_->attributes.tags;
    facts.modified = held_->last_modified;
    facts.is_latest = held_->is_latest;
    facts.is_delete_marker = held_->is_delete_marker;
    facts.is_only_version = is_only;
    facts.noncurrent_since = noncurrent_since_;
    facts.newer_noncurrent = newer_noncurrent_;
    auto const verdict = decide(rules_, facts, now, day_);
    if (verdict != lifecycle_verdict::keep) due.push_back({std::move(*held_), verdict});
}

}  // namespace sluice::s3
