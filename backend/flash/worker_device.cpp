// The worker method: a bounded queue and a few threads that do synced writes. Works on every
// kernel.
#include <condition_variable>
#include <deque>
#include <mutex>

#include "backend/flash/posix_device.hpp"
#include "gateway/core/assert.hpp"
#include "gateway/core/worker_thread.hpp"

namespace sluice::flash {
namespace {

struct queued_write {
    file_handle_ptr handle;
    std::uint64_t offset = 0;
    const_byte_span bytes;
    write_completion completion;
};

// The queue and its threads. The destructor lets all queued writes finish.
class write_pool {
public:
    write_pool(std::uint32_t threads, std::uint32_t limit) : limit_(limit) {
        for (std::uint32_t i = 0; i < std::max(threads, 1u); ++i) {
            threads_.emplace_back("flash-" + std::to_string(i),
                                  [this](std::stop_token) { work(); });
        }
    }
    ~write_pool() {
        {
            std::lock_guard guard(mutex_);
            stopping_ = true;
        }
        changed_.notify_all();
        for (auto& thread : threads_) thread.join();
    }

    void add(queued_write write) {
        {
            std::lock_guard guard(mutex_);
            if (queue_.size() < limit_) {
                queue_.push_back(std::move(write));
                write.completion = nullptr;
            }
        }
        if (!write.completion) return changed_.notify_one();
        write.completion(failure{error::overloaded, "too many writes wait for the device"});
    }

private:
    void work() {
        std::unique_lock lock(mutex_);
        for (;;) {
            changed_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
            if (queue_.empty()) return;
            auto write = std::move(queue_.front());
            queue_.pop_front();
            lock.unlock();
            write.completion(write_synced(*write.handle, write.offset, write.bytes));
            write = {};
            lock.lock();
        }
    }

    std::size_t const limit_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<queued_write> queue_;
    bool stopping_ = false;
    std::vector<worker_thread> threads_;
};

class worker_file final : public posix_file {
public:
    worker_file(write_pool& pool, file_handle_ptr handle) noexcept
        : posix_file(std::move(handle)), pool_(pool) {}

    void write_durable(std::uint64_t offset, const_byte_span bytes,
                       write_completion completion) override {
        SLUICE_ASSERT(is_aligned(offset, bytes));
        pool_.add({handle(), offset, bytes, std::move(completion)});
    }

private:
    write_pool& pool_;
};

class worker_device final : public posix_device {
public:
    worker_device(file_handle_ptr folder, device_options const& options)
        : posix_device(std::move(folder), options.direct_io),
          pool_(options.worker_threads, options.queued_writes) {}

    std::string_view method_name() const noexcept override { return "worker"; }

private:
    std::unique_ptr<file> wrap(file_handle_ptr handle) override {
        return std::make_unique<worker_file>(pool_, std::move(handle));
    }

    write_pool pool_;
};

}  // namespace

result<std::unique_ptr<device>> make_worker_device(file_handle_ptr folder,
                                                   device_options const& options) {
    return std::unique_ptr<device>(std::make_unique<worker_device>(std::move(folder), options));
}

}  // namespace sluice::flash
