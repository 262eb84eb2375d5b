// Keeps segments ready for the lanes in the background: recycles what nobody needs, zero-fills new
// files, makes their names durable, and watches the space and the index's write pressure. Thread
// rule: any thread; prepare() blocks and is used by the keeper's own thread, the writer in need,
// and start-up.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>

#include "backend/journal/flusher.hpp"
#include "backend/journal/ordering.hpp"
#include "backend/journal/segment_registry.hpp"
#include "gateway/core/worker_thread.hpp"

namespace sluice::journal {

class segment_keeper {
public:
    segment_keeper(store_context&, segment_registry&, admission&, ordering&, flusher&);

    // Told after segments became ready, and with a failure when none can be. Set before start().
    using ready_hook = std::function<void(result<void> const&)>;
    void start(ready_hook);
    void stop();
    void wake();

    // Blocks until a segment is there: flushes and recycles if it must. no_space, io_failed.
    result<ready_segment> obtain(blocking_token);
    // Space first, then one more segment, unless `most` are ready.
    result<void> prepare(std::uint32_t most, blocking_token);

private:
    void run(std::stop_token);
    void pass();
    void flush_for_space();
    result<void> measure_space(blocking_token);
    result<bool> prepare_one(blocking_token);
    result<ready_segment> obtain_one(blocking_token);
    bool rest(std::chrono::nanoseconds took);
    bool is_in_haste() const;

    store_context& context_;
    segment_registry& segments_;
    admission& admission_;
    ordering& ordering_;
    flusher& flusher_;
    ready_hook on_ready_;
    std::mutex preparing_;
    std::mutex mutex_;
    std::condition_variable_any wake_;
    bool woken_ = false;
    std::atomic<bool> is_started_{false};   // before: nobody is served, what is made is made whole
    std::atomic<bool> is_obtaining_{false};   // the writer, which is one thread, waits in obtain()
    std::atomic<bool> stopping_{false};
    monotonic_time flushed_for_space_{};  // keeper's thread
    worker_thread thread_;
};

}  // namespace sluice::journal
