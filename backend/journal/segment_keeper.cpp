#include "backend/journal/segment_keeper.hpp"

#include <algorithm>
#include <chrono>
#include <limits>

namespace sluice::journal {
namespace {

constexpr std::chrono::milliseconds calm_interval{1000};
constexpr std::chrono::milliseconds pressed_interval{10};
// Of the time that a piece of a new segment kept the device.
constexpr int rest_per_piece = 4;
constexpr std::chrono::milliseconds least_rest{5};
constexpr std::uint64_t large_write = 256 * kibibyte;

}  // namespace

segment_keeper::segment_keeper(store_context& context, segment_registry& segments,
                               admission& admission, ordering& ordering, flusher& flusher)
    : context_(context),
      segments_(segments),
      admission_(admission),
      ordering_(ordering),
      flusher_(flusher) {}

void segment_keeper::start(ready_hook on_ready) {
    on_ready_ = std::move(on_ready);
    is_started_ = true;
    thread_ = worker_thread("segments", [this](std::stop_token stop) { run(stop); });
}

void segment_keeper::stop() {
    if (!thread_.running()) return;
    stopping_ = true;
    wake();
    thread_.request_stop();
    thread_.join();
}

void segment_keeper::wake() {
    std::lock_guard lock(mutex_);
    woken_ = true;
    wake_.notify_one();
}

void segment_keeper::run(std::stop_token stop) {
    while (!stop.stop_requested()) {
        pass();
        auto const interval = ordering_.has_waiting() ? pressed_interval : calm_interval;
        std::unique_lock lock(mutex_);
        wake_.wait_for(lock, stop, interval, [&] { return woken_; });
        woken_ = false;
    }
}

void segment_keeper::pass() {
    auto const token = blocking_token::for_this_thread();
    admission_.refresh_pressure();
    ordering_.admit_waiting();
    if (context_.read_only.load(std::memory_order_acquire))
        return on_ready_(context_.read_only_failure());
    // One at a time: whoever waits for one gets it before the next is made.
    auto const kept = context_.options.segments_kept_ready;
    for (std::uint32_t made = 0; made < std::max(kept, 1u); ++made) {
        auto outcome = prepare(kept, token);
        if (segments_.is_short()) flush_for_space();
        on_ready_(segments_.ready_count() > 0 ? result<void>{} : outcome);
        if (outcome.has_error() || segments_.ready_count() >= kept) return;
        if (is_obtaining_.load(std::memory_order_acquire)) return;  // what it takes wakes the keeper
    }
}

// Space is short and the index may be what stands in the way. Without a hint that it is, now and
// then only.
void segment_keeper::flush_for_space() {
    auto const now = context_.clock.monotonic();
    bool const is_due = now - flushed_for_space_ >= calm_interval;
    if (!segments_.is_waiting_for_flush(!is_due)) return;
    flushed_for_space_ = now;
    flusher_.request();
}

result<void> segment_keeper::prepare(std::uint32_t most, blocking_token token) {
    std::lock_guard one_at_a_time(preparing_);
    SLUICE_CHECK(measure_space(token));
    auto const recycled = segments_.recycle(token);
    if (recycled.has_error()) return recycled.error();
    if (segments_.ready_count() >= most) return {};
    SLUICE_TRY(bool const made, prepare_one(token));
    if (made) return {};
    return failure{error::no_space, "no segment is free and the device has no room for another"};
}

result<void> segment_keeper::measure_space(blocking_token token) {
    auto const& options = context_.options;
    SLUICE_TRY(auto const available, context_.device.free_bytes(token));
    auto const usable =
        available > options.index_ballast_bytes ? available - options.index_ballast_bytes : 0;
    std::uint64_t creatable = usable / context_.segment_bytes;
    if (options.capacity_bytes != 0) {
        auto const most = options.capacity_bytes / context_.segment_bytes;
        auto const existing = std::uint64_t{segments_.existing()};
        creatable = std::min(creatable, most > existing ? most - existing : 0);
    }
    auto const largest = std::uint64_t{std::numeric_limits<std::uint32_t>::max() / 2};
    segments_.set_creatable(static_cast<std::uint32_t>(std::min(creatable, largest)));
    return {};
}

result<bool> segment_keeper::prepare_one(blocking_token token) {
    if (auto const reused = segments_.take_free()) {
        auto file = segments_.files().open(*reused, token);
        if (file.has_error()) {
            segments_.give_back_free(*reused);
            return file.error();
        }
        (*file)->forget_kept(token);
        segments_.put_ready({*reused, std::move(*file)}, false);
        return true;
    }
    if (segments_.can_be_made_ready() <= segments_.ready_count()) return false;
    auto const made = segments_.reserve_new();
    auto const path = segment_table::path_of(made);
    auto create = [&]() -> result<std::shared_ptr<flash::file>> {
        auto const resting = is_started_.load(std::memory_order_acquire)
                                 ? flash::resting([this](auto took) { return rest(took); })
                                 : nullptr;
        SLUICE_CHECK(
            context_.device.create_zeroed(path, context_.segment_bytes, resting, token));
        if (!context_.options.bugs.forget_directory_sync) {
            SLUICE_CHECK(context_.device.sync_directory("segments", token));
        }
        return segments_.files().open(made, token);
    };
    auto file = create();
    if (file.has_error()) {
        // Whatever part of it is there must not be taken for a segment; a leftover is removed at
        // the next start.
        segments_.files().forget(made);
        auto const removed = context_.device.remove(path, token);
        if (!removed.has_error() || removed.error().code == error::not_found)
            segments_.drop_reserved(made);
        if (file.error().code == error::no_space) {
            segments_.set_creatable(0);
            return false;
        }
        return file.error();
    }
    segments_.put_ready({made, std::move(*file)}, true);
    return true;
}

// Zeroes are written ahead until a lane waits for the segment; it gets the rest reserved. Not beside
// large writes: those lose less to space that was never written than to a device that does both.
bool segment_keeper::rest(std::chrono::nanoseconds took) {
    auto const length = std::max<std::chrono::nanoseconds>(took * rest_per_piece, least_rest);
    bool beside_large_writes = true;
    while (beside_large_writes) {
        auto const before = segments_.written();
        {
            std::unique_lock lock(mutex_);
            if (wake_.wait_for(lock, length, [&] { return is_in_haste(); })) return false;
        }
        auto const now = segments_.written();
        auto const writes = now.writes - before.writes;
        beside_large_writes = writes > 0 && (now.bytes - before.bytes) / writes >= large_write;
    }
    return true;
}

bool segment_keeper::is_in_haste() const {
    return segments_.is_wanted() || is_obtaining_.load(std::memory_order_acquire) ||
           stopping_.load(std::memory_order_acquire);
}

result<ready_segment> segment_keeper::obtain(blocking_token token) {
    if (auto ready = segments_.take_ready()) return std::move(*ready);
    is_obtaining_ = true;
    auto obtained = obtain_one(token);
    is_obtaining_ = false;
    return obtained;
}

result<ready_segment> segment_keeper::obtain_one(blocking_token token) {
    wake();
    auto prepared = prepare(1, token);
    if (auto ready = segments_.take_ready()) return std::move(*ready);
    if (prepared.has_error() && prepared.error().code != error::no_space) return prepared.error();
    SLUICE_TRY(auto const flushed, flusher_.flush_now());
    static_cast<void>(flushed);
    SLUICE_CHECK(prepare(1, token));
    if (auto ready = segments_.take_ready()) return std::move(*ready);
    return failure{error::no_space, "the bulk lane took the last segment"};
}

}  // namespace sluice::journal
