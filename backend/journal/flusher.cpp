#include "backend/journal/flusher.hpp"

namespace sluice::journal {

flusher::flusher(store_context& context, segment_registry& segments)
    : context_(context),
      segments_(segments) {}

void flusher::start(std::function<void()> on_flushed) {
    on_flushed_ = std::move(on_flushed);
    thread_ = worker_thread("index-flush", [this](std::stop_token stop) { run(stop); });
}

void flusher::stop() {
    if (!thread_.running()) return;
    thread_.request_stop();
    thread_.join();
}

void flusher::add_unflushed(std::uint64_t bytes) {
    auto const before = unflushed_.fetch_add(bytes, std::memory_order_relaxed);
    auto const limit = context_.options.unflushed_bytes;
    if (before < limit && before + bytes >= limit) request();
}

void flusher::request() {
    std::lock_guard lock(mutex_);
    requested_ = true;
    wake_.notify_one();
}

result<void> flusher::relieve() {
    if (context_.index.memory_fill() < 2) {
        request();
        return {};
    }
    SLUICE_CHECK(flush_now());
    return {};
}

result<lsn> flusher::flush_now() {
    std::lock_guard one_at_a_time(flushing_);
    auto const covered = unflushed_.load(std::memory_order_relaxed);
    auto flushed = context_.index.flush();
    if (flushed.has_error()) {
        context_.become_read_only(flushed.error());
        return flushed.error();
    }
    unflushed_.fetch_sub(covered, std::memory_order_relaxed);
    flushes_.fetch_add(1, std::memory_order_relaxed);
    segments_.set_flushed(*flushed);
    return *flushed;
}

void flusher::run(std::stop_token stop) {
    for (;;) {
        {
            std::unique_lock lock(mutex_);
            if (!wake_.wait(lock, stop, [&] { return requested_; })) return;
            requested_ = false;
        }
        // A failure made the store read-only; there is nobody else to tell.
        if (flush_now().has_value() && on_flushed_) on_flushed_();
    }
}

}  // namespace sluice::journal
