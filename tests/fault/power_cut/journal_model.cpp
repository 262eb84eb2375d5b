#include "tests/fault/power_cut/journal_model.hpp"

namespace sluice::fault {
namespace {

void apply(model_state& state, lsn at, std::vector<effect> const& effects) {
    for (auto const& one : effects) {
        if (one.value) state[one.key] = {*one.value, at};
        else state.erase(one.key);
    }
}

}  // namespace

void journal_model::ordered(lsn at, std::vector<effect> effects) {
    std::lock_guard guard(mutex_);
    auto last = history_.empty() ? base_lsn_ : history_.rbegin()->first;
    if (at <= last && !violation_) {
        violation_ = "lsn " + std::to_string(to_underlying(at)) + " was given after lsn " +
                     std::to_string(to_underlying(last));
    }
    history_[at] = std::move(effects);
}

void journal_model::acknowledged(lsn at) {
    std::lock_guard guard(mutex_);
    ++acknowledgements_;
    if (!history_.contains(at) && !violation_) {
        violation_ = "acknowledged lsn " + std::to_string(to_underlying(at)) + " was never given";
    }
    acknowledged_ = std::max(acknowledged_, at);
}

model_state journal_model::state_at(lsn upto) const {
    std::lock_guard guard(mutex_);
    auto state = base_;
    for (auto const& [at, effects] : history_) {
        if (at > upto) break;
        apply(state, at, effects);
    }
    return state;
}

void journal_model::recovered(lsn upto) {
    std::lock_guard guard(mutex_);
    for (auto const& [at, effects] : history_) {
        if (at > upto) break;
        apply(base_, at, effects);
    }
    history_.clear();
    base_lsn_ = std::max(base_lsn_, upto);
}

lsn journal_model::highest_acknowledged() const {
    std::lock_guard guard(mutex_);
    return acknowledged_;
}

lsn journal_model::highest_ordered() const {
    std::lock_guard guard(mutex_);
    return history_.empty() ? base_lsn_ : history_.rbegin()->first;
}

std::size_t journal_model::acknowledgements() const {
    std::lock_guard guard(mutex_);
    return acknowledgements_;
}

std::optional<std::string> journal_model::violation() const {
    std::lock_guard guard(mutex_);
    return violation_;
}

}  // namespace sluice::fault
