#include "protocols/sql/execute/referential_work.hpp"

#include <algorithm>

#include "protocols/sql/types/value_weight.hpp"

namespace sluice::sql {

std::size_t referential_event::weight() const {
    return sizeof(referential_event) + key.size() + grant.name.size() + weight_of(before) +
           weight_of(after);
}

bool referential_work::add(referential_event event, std::size_t most) {
    waiting_bytes_ += event.weight();
    if (waiting_bytes_ + bytes_ > most) return false;
    waiting_.push_back(std::move(event));
    return true;
}

bool referential_work::defer(referential_event event, std::size_t most) {
    bytes_ += event.weight();
    if (bytes_ > most) return false;
    deferred_.push_back(std::move(event));
    return true;
}

std::optional<referential_event> referential_work::next() {
    if (waiting_.empty()) {
        waiting_bytes_ = 0;
        return std::nullopt;
    }
    auto out = std::move(waiting_.front());
    waiting_.pop_front();
    return out;
}

std::optional<std::size_t> referential_work::next_deferred(std::size_t from) const {
    for (auto at = from; at < deferred_.size(); ++at)
        if (!deferred_[at].done) return at;
    return std::nullopt;
}

bool referential_work::waits_for(object_oid table) const {
    return std::any_of(deferred_.begin(), deferred_.end(), [&](referential_event const& each) {
        return !each.done && each.table == table;
    });
}

bool referential_work::is_deferred(constraint const& rule) const {
    if (!rule.deferrable) return false;
    auto const found = modes_.one.find(rule.oid);
    if (found != modes_.one.end()) return found->second;
    return modes_.all.value_or(rule.initially_deferred);
}

void referential_work::set_all(bool deferred) {
    modes_.all = deferred;
    modes_.one.clear();
}

void referential_work::clear() {
    waiting_.clear();
    deferred_.clear();
    bytes_ = waiting_bytes_ = 0;
    modes_ = {};
}

void referential_work::release(std::size_t savepoints) {
    for (auto& each : deferred_)
        if (each.done) each.done = std::min(*each.done, savepoints);
}

void referential_work::roll_back(mark const& to, std::size_t savepoints) {
    waiting_.clear();
    waiting_bytes_ = 0;
    deferred_.resize(std::min(deferred_.size(), to.deferred));
    bytes_ = to.bytes;
    modes_ = to.as_they_were;
    for (auto& each : deferred_)
        if (each.done && *each.done >= savepoints) each.done.reset();
}

}  // namespace sluice::sql
