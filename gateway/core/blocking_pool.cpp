#include "gateway/core/blocking_pool.hpp"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <vector>

#include "gateway/core/worker_thread.hpp"

namespace sluice {

class blocking_pool::state {
public:
    using job = std::function<void(blocking_token)>;

    explicit state(blocking_pool_options options) : options_(std::move(options)) {
        SLUICE_ASSERT(options_.threads > 0);
        threads_.reserve(options_.threads);
        for (unsigned i = 0; i < options_.threads; ++i)
            threads_.emplace_back(options_.name + '-' + std::to_string(i),
                                  [this](std::stop_token) { work_until_stopped(); });
    }

    bool submit(job& work) {
        {
            std::scoped_lock const lock{mutex_};
            if (stopping_ || queue_.size() >= options_.queued_max) return false;
            queue_.push_back(std::move(work));
        }
        wake_.notify_one();
        return true;
    }

    void stop() {
        {
            std::scoped_lock const lock{mutex_};
            stopping_ = true;
        }
        wake_.notify_all();
        for (auto& thread : threads_) thread.join();
    }

    bool stopping() const {
        std::scoped_lock const lock{mutex_};
        return stopping_;
    }
    std::size_t queued() const {
        std::scoped_lock const lock{mutex_};
        return queue_.size();
    }
    std::size_t running() const {
        std::scoped_lock const lock{mutex_};
        return running_;
    }
    std::string const& name() const noexcept { return options_.name; }

private:
    void work_until_stopped() {
        auto const token = blocking_token::for_this_thread();
        std::unique_lock lock{mutex_};
        for (;;) {
            wake_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
            if (queue_.empty()) return;
            auto work = std::move(queue_.front());
            queue_.pop_front();
            ++running_;
            lock.unlock();
            work(token);
            work = nullptr;  // what it holds goes before it stops counting as running
            lock.lock();
            --running_;
        }
    }

    blocking_pool_options const options_;
    mutable std::mutex mutex_;
    std::condition_variable wake_;
    std::deque<job> queue_;  // at most queued_max
    std::size_t running_ = 0;
    bool stopping_ = false;
    std::vector<worker_thread> threads_;  // last: they use everything above
};

blocking_pool::blocking_pool(blocking_pool_options options)
    : state_(std::make_unique<state>(std::move(options))) {}

blocking_pool::~blocking_pool() { stop(); }

bool blocking_pool::submit(std::function<void(blocking_token)> work) { return state_->submit(work); }

void blocking_pool::stop() { state_->stop(); }

std::size_t blocking_pool::queued() const { return state_->queued(); }

std::size_t blocking_pool::running() const { return state_->running(); }

failure blocking_pool::refusal() const {
    if (state_->stopping()) return {error::closed, "pool '" + state_->name() + "' is stopping"};
    return {error::overloaded, "pool '" + state_->name() + "' has a full queue"};
}

}  // namespace sluice
