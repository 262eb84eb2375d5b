// Writes the index's memory to its files in the background, so that replay stays short and segments
// become free. Thread rule: any thread.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>

#include "backend/journal/segment_registry.hpp"
#include "backend/journal/store_context.hpp"
#include "gateway/core/worker_thread.hpp"

namespace sluice::journal {

class flusher {
public:
    flusher(store_context&, segment_registry&);

    // `on_flushed` after each flush: the keeper looks for segments that became free.
    void start(std::function<void()> on_flushed);
    void stop();

    // By the applier: mutation bytes applied since.
    void add_unflushed(std::uint64_t bytes);
    void request();
    // By the applier, while the index's memory is full: asks for a flush, and waits for one while it is
    // twice as full as it may be.
    result<void> relieve();
    // On this thread, after one that is running. The LSN that is durable in the index then.
    result<lsn> flush_now();

    std::uint64_t unflushed_bytes() const noexcept {
        return unflushed_.load(std::memory_order_relaxed);
    }
    std::uint64_t flushes() const noexcept { return flushes_.load(std::memory_order_relaxed); }

private:
    void run(std::stop_token);

    store_context& context_;
    segment_registry& segments_;
    std::function<void()> on_flushed_;
    std::atomic<std::uint64_t> unflushed_{0};
    std::atomic<std::uint64_t> flushes_{0};
    std::mutex flushing_;
    std::mutex mutex_;
    std::condition_variable_any wake_;
    bool requested_ = false;
    worker_thread thread_;
};

}  // namespace sluice::journal
