// The io_uring method: one ring; any thread submits, one thread reaps. A thread that finds nobody
// submitting submits all that waits, so that a burst costs one system call; the others only queue.
// The ring's submission side belongs to whoever set submitting_, its completion side to the reaper.
#include <liburing.h>

#include <cerrno>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include "backend/flash/posix_device.hpp"
#include "gateway/core/assert.hpp"
#include "gateway/core/worker_thread.hpp"

namespace sluice::flash {
namespace {

struct ring_write {
    file_handle_ptr handle;
    std::uint64_t offset = 0;
    const_byte_span rest;  // what is not written yet
    write_completion completion;
};
using ring_write_ptr = std::unique_ptr<ring_write>;

class write_ring {
public:
    write_ring(io_uring ring, std::uint32_t depth, std::uint32_t limit)
        : ring_(ring), depth_(depth), limit_(limit),
          reaper_("flash-reaper", [this](std::stop_token) { reap(); }) {}
    write_ring(write_ring const&) = delete;
    write_ring& operator=(write_ring const&) = delete;

    ~write_ring() {
        {
            std::unique_lock lock(mutex_);
            changed_.wait(lock, [this] {
                return queue_.empty() && in_ring_ == 0 && !submitting_ && completing_ == 0;
            });
        }
        auto* entry = io_uring_get_sqe(&ring_);
        SLUICE_ASSERT(entry != nullptr);
        io_uring_prep_nop(entry);
        io_uring_sqe_set_data(entry, nullptr);  // tells the reaper to leave
        submit_prepared();
        reaper_.join();
        io_uring_queue_exit(&ring_);
    }

    void add(ring_write_ptr write) {
        std::unique_lock lock(mutex_);
        if (queue_.size() >= limit_) {
            lock.unlock();
            write->completion(failure{error::overloaded, "too many writes wait for the device"});
            return;
        }
        queue_.push_back(std::move(write));
        submit_waiting(lock);
    }

private:
    void submit_waiting(std::unique_lock<std::mutex>& lock) {
        if (submitting_) return;
        submitting_ = true;
        while (!queue_.empty() && in_ring_ < depth_) {
            while (!queue_.empty() && in_ring_ < depth_) {
                prepare(queue_.front().release());
                queue_.pop_front();
                ++in_ring_;
            }
            lock.unlock();
            submit_prepared();
            lock.lock();
        }
        submitting_ = false;
        changed_.notify_all();
    }

    // The kernel owns `write` until its completion is reaped.
    void prepare(ring_write* write) {
        auto* entry = io_uring_get_sqe(&ring_);
        SLUICE_ASSERT(entry != nullptr);
        io_uring_prep_write(entry, write->handle->descriptor(), write->rest.data(),
                            static_cast<unsigned>(write->rest.size()), write->offset);
        entry->rw_flags = RWF_DSYNC;
        io_uring_sqe_set_data(entry, write);
    }

    void submit_prepared() {
        while (io_uring_sq_ready(&ring_) > 0) {
            int submitted = io_uring_submit(&ring_);
            if (submitted >= 0) continue;
            // Anything else would be a ring we set up wrongly: nothing in flight could be trusted.
            SLUICE_ASSERT(submitted == -EINTR || submitted == -EAGAIN || submitted == -EBUSY);
            std::this_thread::yield();
        }
    }

    void reap() {
        for (;;) {
            io_uring_cqe* event = nullptr;
            int waited = io_uring_wait_cqe(&ring_, &event);
            if (waited == -EINTR || waited == -EAGAIN) continue;
            SLUICE_ASSERT(waited == 0);
            auto* raw = static_cast<ring_write*>(io_uring_cqe_get_data(event));
            int outcome = event->res;
            io_uring_cqe_seen(&ring_, event);
            if (raw == nullptr) return;
            finish(raw, outcome);
        }
    }

    void finish(ring_write* raw, int outcome) {
        std::unique_lock lock(mutex_);
        ring_write_ptr write(raw);
        --in_ring_;
        bool again = outcome == -EINTR || outcome == -EAGAIN;
        bool is_short = outcome > 0 && static_cast<std::size_t>(outcome) < write->rest.size();
        if (is_short) {
            write->rest = write->rest.subspan(static_cast<std::size_t>(outcome));
            write->offset += static_cast<std::uint64_t>(outcome);
        }
        if (again || is_short) {
            queue_.push_front(std::move(write));
            submit_waiting(lock);
            return;
        }
        ++completing_;
        submit_waiting(lock);
        lock.unlock();
        if (outcome > 0) {
            write->completion(success());
        } else {
            int error_number = outcome == 0 ? EIO : -outcome;
            write->completion(
                transfer_failure("write", *write->handle, write->offset, error_number));
        }
        write.reset();
        lock.lock();
        --completing_;
        changed_.notify_all();
    }

    io_uring ring_;
    std::uint32_t const depth_;
    std::size_t const limit_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<ring_write_ptr> queue_;
    std::uint32_t in_ring_ = 0;
    std::uint32_t completing_ = 0;
    bool submitting_ = false;
    worker_thread reaper_;
};

class ring_file final : public posix_file {
public:
    ring_file(write_ring& ring, file_handle_ptr handle) noexcept
        : posix_file(std::move(handle)), ring_(ring) {}

    void write_durable(std::uint64_t offset, const_byte_span bytes,
                       write_completion completion) override {
        SLUICE_ASSERT(is_aligned(offset, bytes));
        ring_.add(std::make_unique<ring_write>(
            ring_write{handle(), offset, bytes, std::move(completion)}));
    }

private:
    write_ring& ring_;
};

class io_uring_device final : public posix_device {
public:
    io_uring_device(file_handle_ptr folder, device_options const& options, io_uring ring,
                    std::uint32_t depth)
        : posix_device(std::move(folder), options.direct_io),
          ring_(ring, depth, options.queued_writes) {}

    std::string_view method_name() const noexcept override { return "io_uring"; }

private:
    std::unique_ptr<file> wrap(file_handle_ptr handle) override {
        return std::make_unique<ring_file>(ring_, std::move(handle));
    }

    write_ring ring_;
};

}  // namespace

result<std::unique_ptr<device>> make_io_uring_device(file_handle_ptr folder,
                                                     device_options const& options) {
    auto depth = std::clamp(options.queue_depth, 1u, 4096u);
    io_uring ring{};
    int made = io_uring_queue_init(depth, &ring, 0);
    if (made < 0) {
        return failure{error::unsupported,
                       "io_uring: " + system_failure("set up", "ring", -made).text};
    }
    return std::unique_ptr<device>(
        std::make_unique<io_uring_device>(std::move(folder), options, ring, depth));
}

}  // namespace sluice::flash
