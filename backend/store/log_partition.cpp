#include "backend/store/log_partition.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace sluice::store {

log_partition::log_partition(partition_state state, std::int32_t leader_epoch)
    : leader_epoch_(leader_epoch),
      start_(state.start),
      assigned_end_(state.end),
      published_end_(state.end),
      newest_(state.newest),
      producers_(std::move(state.producers)),
      last_aborted_(state.last_aborted) {
    for (auto const& [producer, window] : producers_) {
        if (!window.in_transaction()) continue;
        open_.emplace(window.transaction_first(), open_transaction{producer, log_offset{-1}});
        saw_transactions_ = true;
    }
}

log_partition::admitted log_partition::place(batches_shape const& shape) {
    admitted placed;
    placed.base = assigned_end_;
    newest_ = std::max(newest_, shape.last_timestamp);
    placed.newest = newest_;
    assigned_end_ =
        log_offset{to_underlying(assigned_end_) + static_cast<std::int64_t>(shape.offsets)};
    return placed;
}

namespace {

producer_refusal refusal_of(producer_window::verdict what) noexcept {
    switch (what) {
    case producer_window::verdict::append:
    case producer_window::verdict::duplicate: return producer_refusal::none;
    case producer_window::verdict::out_of_order: return producer_refusal::sequence_out_of_order;
    case producer_window::verdict::forgotten: return producer_refusal::duplicate_forgotten;
    case producer_window::verdict::fenced: return producer_refusal::epoch_fenced;
    }
    return producer_refusal::none;
}

}  // namespace

result<log_partition::admitted> log_partition::admit(batches_shape const& shape,
                                                     transaction_ticket const& ticket,
                                                     unix_millis now, producer_count& all,
                                                     std::size_t producers_max,
                                                     producer_window* window) {
    std::scoped_lock guard(mutex_);
    if (closed_) return failure{error::not_found, "the topic was dropped"};
    if (shape.producer < 0) return place(shape);
    auto known = producers_.find(shape.producer);
    if (known == producers_.end()) {
        if (all.load(std::memory_order_relaxed) >= producers_max)
            return failure{error::overloaded, "limits.store_producers"};
        known = producers_.emplace(shape.producer, producer_window{}).first;
        all.fetch_add(1, std::memory_order_relaxed);
    }
    auto const seen =
        known->second.look(shape.producer_epoch, shape.first_sequence, shape.last_sequence);
    if (seen.what != producer_window::verdict::append) {
        admitted not_placed;
        not_placed.base = seen.base;
        not_placed.duplicate = seen.what == producer_window::verdict::duplicate;
        not_placed.refused = refusal_of(seen.what);
        return not_placed;
    }
    bool const is_over = ticket.gate && !ticket.gate->is_open(ticket.number);
    bool const is_outside = !shape.transactional && known->second.in_transaction();
    if (is_over || is_outside) {
        // Nothing is remembered of who never wrote here.
        if (known->second.epoch() < 0) {
            producers_.erase(known);
            all.fetch_sub(1, std::memory_order_relaxed);
        }
        admitted not_placed;
        not_placed.refused = producer_refusal::transaction_state;
        return not_placed;
    }
    auto const placed = place(shape);
    known->second.add(shape.producer_epoch,
                      {shape.first_sequence, shape.last_sequence, placed.base}, now);
    if (shape.transactional && !known->second.in_transaction()) {
        known->second.begin_transaction(placed.base);
        open_.emplace(placed.base, open_transaction{shape.producer, log_offset{-1}});
        saw_transactions_ = true;
    }
    if (window != nullptr) *window = known->second;
    return placed;
}

log_partition::placed_marker log_partition::end_transaction(marker const& of, unix_millis now,
                                                            producer_count& all) {
    std::scoped_lock guard(mutex_);
    auto known = producers_.find(of.producer);
    if (known == producers_.end()) {
        known = producers_.emplace(of.producer, producer_window{}).first;
        all.fetch_add(1, std::memory_order_relaxed);
    }
    placed_marker out;
    out.place = place(of.shape);
    out.first = known->second.transaction_first();
    known->second.end_transaction(of.epoch, of.coordinator_epoch, now);
    out.window = known->second;
    if (auto const open = open_.find(out.first); open != open_.end()) {
        open->second.marker = out.place.base;
        ++ending_;
    }
    if (of.aborts) last_aborted_ = out.place.base;
    out.stable = assigned_end_;
    for (auto const& [first, one] : open_) {
        if (one.marker >= log_offset{0}) continue;
        out.stable = first;
        break;
    }
    return out;
}

// With the lock held. The first transaction that readers may see a record of before they may see
// its marker; never before the start, as Kafka has it.
log_offset log_partition::stable() const {
    if (open_.empty() || open_.begin()->first >= published_end_) return published_end_;
    return std::max(open_.begin()->first, start_);
}

namespace {

active_producer shown(std::int64_t producer, producer_window const& window) {
    active_producer out;
    out.producer = producer;
    out.epoch = window.epoch();
    out.last_sequence = window.last_sequence();
    out.last_used = window.last_used();
    out.coordinator_epoch = window.coordinator_epoch();
    out.transaction_first = window.transaction_first();
    return out;
}

}  // namespace

std::vector<active_producer> log_partition::active_producers() const {
    std::scoped_lock guard(mutex_);
    std::vector<active_producer> all;
    all.reserve(producers_.size());
    for (auto const& [producer, window] : producers_) all.push_back(shown(producer, window));
    return all;
}

std::optional<active_producer> log_partition::find_producer(std::int64_t producer) const {
    std::scoped_lock guard(mutex_);
    auto const known = producers_.find(producer);
    if (known == producers_.end()) return std::nullopt;
    return shown(producer, known->second);
}

bool log_partition::forget(std::int64_t producer, unix_millis before, producer_count& all) {
    std::scoped_lock guard(mutex_);
    auto const known = producers_.find(producer);
    if (known == producers_.end() || known->second.in_transaction()) return false;
    if (known->second.last_used() >= before) return false;
    producers_.erase(known);
    all.fetch_sub(1, std::memory_order_relaxed);
    return true;
}

void log_partition::close() {
    std::scoped_lock guard(mutex_);
    closed_ = true;
}

std::vector<std::int64_t> log_partition::idle_producers(unix_millis before,
                                                        std::size_t most) const {
    std::vector<std::int64_t> idle;
    std::scoped_lock guard(mutex_);
    for (auto const& [producer, window] : producers_) {
        if (idle.size() == most) break;
        if (window.last_used() < before && !window.in_transaction()) idle.push_back(producer);
    }
    return idle;
}

std::size_t log_partition::producers() const {
    std::scoped_lock guard(mutex_);
    return producers_.size();
}

void log_partition::publish_start(log_offset start) {
    std::scoped_lock guard(mutex_);
    start_ = std::max(start_, start);
}

void log_partition::publish(log_offset end) {
    std::vector<waker> ready;
    {
        std::scoped_lock guard(mutex_);
        if (end > published_end_) published_end_ = end;
        end = published_end_;
        for (auto at = open_.begin(); ending_ > 0 && at != open_.end();) {
            bool const over = at->second.marker >= log_offset{0} && at->second.marker < end;
            if (over) --ending_;
            at = over ? open_.erase(at) : std::next(at);
        }
        for (auto at = waiters_.begin(); at != waiters_.end();) {
            if (at->second.known < end) {
                ready.push_back(std::move(at->second.wake));
                at = waiters_.erase(at);
            } else {
                ++at;
            }
        }
    }
    for (auto& wake : ready) wake(end);
}

std::uint64_t log_partition::wait_past(log_offset known, std::size_t waiters_max, waker wake) {
    result<log_offset> now = log_offset{};
    {
        std::scoped_lock guard(mutex_);
        if (closed_) {
            now = failure{error::not_found, "the topic was dropped"};
        } else if (published_end_ > known) {
            now = published_end_;
        } else if (waiters_.size() >= waiters_max) {
            now = failure{error::overloaded, "limits.store_log_waiters"};
        } else {
            waiters_.emplace(next_wait_, waiter{known, std::move(wake)});
            return next_wait_++;
        }
    }
    wake(std::move(now));
    return 0;
}

void log_partition::give_up(std::uint64_t wait, error why) {
    waker wake;
    {
        std::scoped_lock guard(mutex_);
        auto found = waiters_.find(wait);
        if (found == waiters_.end()) return;
        wake = std::move(found->second.wake);
        waiters_.erase(found);
    }
    wake(why);
}

void log_partition::give_up_all(error why) {
    std::map<std::uint64_t, waiter> all;
    {
        std::scoped_lock guard(mutex_);
        all.swap(waiters_);
    }
    for (auto& [wait, one] : all) one.wake(why);
}

}  // namespace sluice::store
