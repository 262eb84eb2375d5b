#include "backend/store/frame_pool.hpp"

#include "gateway/core/assert.hpp"

namespace sluice::store {

frame_pool::frame_pool(std::size_t frames_max, std::size_t frames_kept, store_metrics& metrics)
    : frames_max_(frames_max),
      frames_kept_(frames_kept),
      metrics_(metrics),
      for_reading_(2 * frames_kept) {  // a reader holds one and reads another
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

void frame_pool::take(std::function<void(frame)> done) {
    frame taken;
    {
        std::scoped_lock guard(mutex_);
        if (waiting_.empty()) taken = take_locked();
        if (!taken) {
            waiting_.push_back(std::move(done));
            return;
        }
    }
    done(std::move(taken));
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
        next = std::move(waiting_.front());
        waiting_.pop_front();
    }
    next(std::move(returned));
}

}  // namespace sluice::store
