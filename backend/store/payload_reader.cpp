#include "backend/store/payload_reader.hpp"

#include <deque>
#include <functional>
#include <mutex>

#include "backend/store/frame_pool.hpp"
#include "backend/store/payload_reader_access.hpp"
#include "backend/store/payload_walk.hpp"
#include "gateway/core/async.hpp"
#include "gateway/core/blocking_pool.hpp"

namespace sluice::store {

// What is read before it is asked for. The walk is used by one pool job at a time, which goes on
// while there is room for more pieces; who takes one starts it again.
class payload_reader::implementation {
public:
    implementation(engine& store, std::shared_ptr<opened_payload const> payload, byte_range range)
        : ahead_(std::make_shared<read_ahead>(store, std::move(payload), range)),
          remaining_(range.length) {}
    ~implementation() {
        std::scoped_lock guard(ahead_->mutex);
        ahead_->abandoned = true;
    }

    std::uint64_t remaining() const noexcept { return remaining_; }

    task<result<chunk>> next() {
        if (remaining_ == 0) co_return chunk{};
        auto ready = co_await take();
        if (!ready) co_return ready;
        if (ready->empty()) co_return failure{error::corrupt, "a payload ends before its length"};
        remaining_ -= ready->bytes().size();
        if (remaining_ > 0) read_ahead::start(ahead_);   // refused: read when asked
        co_return ready;
    }

private:
    // Shared by the reader and its job, which may outlive it.
    struct read_ahead {
        read_ahead(engine& store, std::shared_ptr<opened_payload const> payload, byte_range range)
            : store(store), use(store.use()), walk(store, std::move(payload), range) {}

        // Has a job read on, unless one does or enough is there. False: the pool is full.
        static bool start(std::shared_ptr<read_ahead> ahead) {
            {
                std::scoped_lock guard(ahead->mutex);
                if (ahead->is_running || ahead->has_enough()) return true;
                ahead->is_running = true;
            }
            auto job = [ahead](blocking_token token) { ahead->run(token); };
            if (ahead->store.blocking().submit(std::move(job))) return true;
            std::scoped_lock guard(ahead->mutex);
            ahead->is_running = false;
            return false;
        }

        void run(blocking_token token) {
            for (bool goes_on = true; goes_on;) {
                auto read = walk.next(token);
                std::function<void(bool)> wake;
                {
                    std::scoped_lock guard(mutex);
                    is_at_end = walk.remaining() == 0;
                    goes_on = read.has_value();
                    ready.push_back(std::move(read));
                    wake = std::exchange(waiting, nullptr);
                    goes_on = goes_on && !has_enough();
                    is_running = goes_on;
                }
                if (wake) wake(true);
            }
        }

        bool has_enough() const {
            if (is_at_end || abandoned) return true;
            bool const is_scarce = store.frames().for_reading().is_scarce();
            return ready.size() >= (is_scarce ? 1 : store.limits().payload_pieces_ahead);
        }

        engine& store;
        std::shared_ptr<void> use;         // keeps the engine from stopping; goes last
        payload_walk walk;                 // of the job that runs, or of nobody
        std::mutex mutex;
        std::deque<result<chunk>> ready;   // at most limits.payload_pieces_ahead
        bool is_running = false;
        bool is_at_end = false;
        bool abandoned = false;
        std::function<void(bool)> waiting;
    };

    task<result<chunk>> take() {
        if (is_idle()) {
            if (ahead_->walk.remaining() == 0)
                co_return failure{error::corrupt, "a payload ends before its length"};
            if (auto ready = ahead_->walk.next_in_memory(); !ready.empty()) co_return ready;
            if (!read_ahead::start(ahead_))
                co_return failure{error::overloaded, "the blocking pool is full"};
        }
        if (!has_piece()) {
            auto wait = [this](callback<bool> done) {
                {
                    std::scoped_lock guard(ahead_->mutex);
                    if (ahead_->ready.empty()) {
                        ahead_->waiting = std::move(done);
                        return;
                    }
                }
                done(true);
            };
            co_await await_callback<bool>(std::move(wait));
        }
        std::scoped_lock guard(ahead_->mutex);
        auto taken = std::move(ahead_->ready.front());
        ahead_->ready.pop_front();
        co_return taken;
    }

    // The walk is the caller's.
    bool is_idle() {
        std::scoped_lock guard(ahead_->mutex);
        return !ahead_->is_running && ahead_->ready.empty();
    }
    bool has_piece() {
        std::scoped_lock guard(ahead_->mutex);
        return !ahead_->ready.empty();
    }

    std::shared_ptr<read_ahead> ahead_;    // with the job under way
    std::uint64_t remaining_;
};

payload_reader::payload_reader() = default;
payload_reader::payload_reader(std::unique_ptr<implementation> reader)
    : implementation_(std::move(reader)) {}
payload_reader::payload_reader(payload_reader&&) noexcept = default;
payload_reader& payload_reader::operator=(payload_reader&&) noexcept = default;
payload_reader::~payload_reader() = default;

std::uint64_t payload_reader::remaining() const noexcept {
    return implementation_ ? implementation_->remaining() : 0;
}

task<result<chunk>> payload_reader::next() {
    if (!implementation_) co_return chunk{};
    co_return co_await implementation_->next();
}

payload_reader make_payload_reader(engine& store, std::shared_ptr<opened_payload const> payload,
                                   byte_range range) {
    return payload_reader(
        std::make_unique<payload_reader::implementation>(store, std::move(payload), range));
}

}  // namespace sluice::store
