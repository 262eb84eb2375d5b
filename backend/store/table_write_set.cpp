#include "backend/store/table_write_set.hpp"

#include "gateway/core/assert.hpp"

namespace sluice::store {
namespace {

// Of the containers around one key and one version.
constexpr std::size_t key_overhead = 160;
constexpr std::size_t version_overhead = 80;

std::size_t size_of(table_write_set::value const& written) {
    return version_overhead + (written ? written->size() : 0);
}

}  // namespace

table_write_set::entry& table_write_set::write_locked(std::string&& key, value&& written,
                                                      command_number by, bool was_absent) {
    auto const [where, is_new] = entries_.try_emplace(std::move(key));
    auto& held = where->second;
    if (is_new) {
        held.was_absent = was_absent;
        bytes_ += key_overhead + where->first.size();
    } else if (auto& last = held.versions.back();
               last.by == by && last.undo_position >= last_mark_) {
        // Nobody can ask for the version in between.
        bytes_ += size_of(written);
        bytes_ -= size_of(last.written);
        last.written = std::move(written);
        return held;
    }
    bytes_ += size_of(written);
    held.versions.push_back({by, undo_.size(), std::move(written)});
    undo_.push_back({where, nullptr});
    return held;
}

void table_write_set::write(std::string key, value written, command_number by, bool was_absent) {
    std::scoped_lock guard(mutex_);
    write_locked(std::move(key), std::move(written), by, was_absent);
}

void table_write_set::write_record(std::string key, value written, command_number by,
                                   record_change const& wanted) {
    std::scoped_lock guard(mutex_);
    auto& held = write_locked(std::move(key), std::move(written), by, false);
    if (held.expected) return;
    held.expected.emplace();
    held.expected->name = wanted.name;
    held.expected->expected = wanted.expected;
    held.expected->unchanged_since = wanted.unchanged_since;
}

void table_write_set::note(std::function<void()> undo) {
    std::scoped_lock guard(mutex_);
    undo_.push_back({entries_.end(), std::move(undo)});
}

std::optional<table_write_set::own_value> table_write_set::newest(std::string_view key) const {
    std::scoped_lock guard(mutex_);
    auto const found = entries_.find(key);
    if (found == entries_.end()) return std::nullopt;
    auto const& last = found->second.versions.back();
    return own_value{last.written, last.by};
}

table_write_set::version const* table_write_set::newest_before(entry const& held,
                                                               command_number by) {
    for (auto one = held.versions.rbegin(); one != held.versions.rend(); ++one)
        if (one->by < by) return &*one;
    return nullptr;
}

std::optional<table_write_set::own_value> table_write_set::before(std::string_view key,
                                                                  command_number by) const {
    std::scoped_lock guard(mutex_);
    auto const found = entries_.find(key);
    if (found == entries_.end()) return std::nullopt;
    auto const* seen = newest_before(found->second, by);
    if (seen == nullptr) return std::nullopt;
    return own_value{seen->written, seen->by};
}

std::vector<table_write_set::visible_change> table_write_set::page(std::string_view lower,
                                                                   std::string_view upper,
                                                                   command_number by,
                                                                   std::size_t most,
                                                                   direction way) const {
    std::vector<visible_change> found;
    std::scoped_lock guard(mutex_);
    if (entries_.empty() || lower >= upper) return found;
    auto const first = entries_.lower_bound(lower);
    auto const last = entries_.lower_bound(upper);
    auto const take = [&](entries::const_iterator at) {
        if (auto const* seen = newest_before(at->second, by))
            found.push_back({at->first, seen->written});
    };
    if (way == direction::ascending) {
        for (auto at = first; at != last && found.size() < most; ++at) take(at);
    } else {
        for (auto at = last; at != first && found.size() < most;) take(--at);
    }
    return found;
}

table_write_set::mark table_write_set::set_mark() {
    std::scoped_lock guard(mutex_);
    return last_mark_ = undo_.size();
}

void table_write_set::undo_to(mark where) {
    std::scoped_lock guard(mutex_);
    SLUICE_ASSERT(where <= undo_.size());
    while (undo_.size() > where) {
        auto step = std::move(undo_.back());
        undo_.pop_back();
        if (step.undo) {
            step.undo();
            continue;
        }
        auto& held = step.where->second;
        bytes_ -= size_of(held.versions.back().written);
        held.versions.pop_back();
        if (!held.versions.empty()) continue;
        bytes_ -= key_overhead + step.where->first.size();
        entries_.erase(step.where);
    }
    last_mark_ = where;
}

bool table_write_set::empty() const {
    std::scoped_lock guard(mutex_);
    return entries_.empty();
}

std::size_t table_write_set::bytes() const {
    std::scoped_lock guard(mutex_);
    return bytes_;
}

std::string table_write_set::each_final(
    std::string_view from, std::function<bool(final_change const&)> const& each) const {
    std::scoped_lock guard(mutex_);
    for (auto at = entries_.lower_bound(from); at != entries_.end(); ++at) {
        auto const& held = at->second;
        if (!each({at->first, held.versions.back().written, held.was_absent, held.expected}))
            return at->first;
    }
    return {};
}

}  // namespace sluice::store
