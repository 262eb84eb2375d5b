#include "backend/store/frame_pool.hpp"

#include <algorithm>

#include "gateway/core/assert.hpp"

namespace sluice::store {

frame_pool::frame_pool(std::size_t frames_max, std::size_t frames_kept, std::size_t read_bytes_max,
                       store_metrics& metrics)
    : frames_max_(frames_max),
      frames_kept_(frames_kept),
      metrics_(metrics),
      for_reading_(4 * frames_kept, read_bytes_max) {
    SLUICE_ASSERT(frames_max_ > 0);
}

frame_pool::~frame_pool() {
    SLUICE_ASSERT(in_use_ == 0 && waiting_.empty());
}

void frame_pool::count_use(std::size_t in_use) noexcept {
    metrics_.frames_in_use.store(in_use, std::memory_order_relaxed);
    if (in_use > metrics_.frames_in_use_peak.load(std::memory_order_relaxed))
        metrics_.frames_in_use_peak.store(in_use, std::memory_order_relaxed);
}

frame_pool::frame frame_pool::take_locked() {
    if (in_use_ == frames_max_) return nullptr;
    count_use(++in_use_);
    if (idle_.empty()) return std::make_unique<journal::bulk_frame>();
    auto taken = std::move(idle_.back());
    idle_.pop_back();
    return taken;
}

frame_pool::frame frame_pool::try_take() {
    std::scoped_lock guard(mutex_);
    return waiting_.empty() ? take_locked() : nullptr;
}

std::uint64_t frame_pool::take(std::function<void(frame)> done) {
    frame taken;
    {
        std::scoped_lock guard(mutex_);
        if (waiting_.empty()) taken = take_locked();
        if (!taken) {
            waiting_.push_back({++last_wait_, std::move(done)});
            return last_wait_;
        }
    }
    done(std::move(taken));
    return 0;
}

void frame_pool::give_up(std::uint64_t wait) {
    std::function<void(frame)> ended;
    {
        std::scoped_lock guard(mutex_);
        auto const found = std::find_if(waiting_.begin(), waiting_.end(),
                                        [&](waiter const& one) { return one.number == wait; });
        if (found == waiting_.end()) return;
        ended = std::move(found->done);
        waiting_.erase(found);
    }
    ended(nullptr);
}

bool frame_pool::has_waiters() const {
    std::scoped_lock guard(mutex_);
    return !waiting_.empty();
}

void frame_pool::give_back(frame returned) {
    SLUICE_ASSERT(returned != nullptr);
    std::function<void(frame)> next;
    {
        std::scoped_lock guard(mutex_);
        if (waiting_.empty()) {
            count_use(--in_use_);
            if (idle_.size() < frames_kept_) idle_.push_back(std::move(returned));
            return;
        }
        next = std::move(waiting_.front().done);
        waiting_.pop_front();
    }
    next(std::move(returned));
}

}  // namespace sluice::store
