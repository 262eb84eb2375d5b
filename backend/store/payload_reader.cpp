#include "backend/store/payload_reader.hpp"

#include <functional>
#include <mutex>
#include <optional>

#include "backend/store/payload_reader_access.hpp"
#include "backend/store/payload_walk.hpp"
#include "gateway/core/async.hpp"
#include "gateway/core/blocking_pool.hpp"

namespace sluice::store {

// The walk is used by one pool job at a time: either the job of read-ahead, or the one that next()
// waits for.
class payload_reader::implementation {
public:
    implementation(engine& store, std::shared_ptr<opened_payload const> payload, byte_range range)
        : store_(store), ahead_(std::make_shared<read_ahead>(store, std::move(payload), range)),
          remaining_(range.length) {}

    std::uint64_t remaining() const noexcept { return remaining_; }

    task<result<chunk>> next() {
        if (remaining_ == 0) co_return chunk{};
        auto ready = co_await take();
        if (!ready) co_return ready;
        if (ready->empty()) co_return failure{error::corrupt, "a payload ends before its length"};
        remaining_ -= ready->bytes().size();
        if (remaining_ > 0 && !under_way_) under_way_ = start(ahead_);   // refused: read when asked
        co_return ready;
    }

private:
    // Shared by the reader and its job, which may outlive it.
    struct read_ahead {
        read_ahead(engine& store, std::shared_ptr<opened_payload const> payload, byte_range range)
            : use(store.use()), walk(store, std::move(payload), range) {}
        std::shared_ptr<void> use;         // keeps the engine from stopping; goes last
        payload_walk walk;
        std::mutex mutex;
        std::optional<result<chunk>> value;
        std::function<void(bool)> waiting;
    };

    bool start(std::shared_ptr<read_ahead> ahead) {
        auto job = [ahead](blocking_token token) {
            auto read = ahead->walk.next(token);
            std::function<void(bool)> wake;
            {
                std::scoped_lock guard(ahead->mutex);
                ahead->value.emplace(std::move(read));
                wake = std::exchange(ahead->waiting, nullptr);
            }
            if (wake) wake(true);
        };
        return store_.blocking().submit(std::move(job));
    }

    task<result<chunk>> take() {
        if (!under_way_) {
            if (auto ready = ahead_->walk.next_in_memory(); !ready.empty()) co_return ready;
            if (!start(ahead_)) co_return failure{error::overloaded, "the blocking pool is full"};
            under_way_ = true;
        }
        if (!has_value()) {
            auto wait = [this](callback<bool> done) {
                {
                    std::scoped_lock guard(ahead_->mutex);
                    if (!ahead_->value) {
                        ahead_->waiting = std::move(done);
                        return;
                    }
                }
                done(true);
            };
            co_await await_callback<bool>(std::move(wait));
        }
        under_way_ = false;
        std::scoped_lock guard(ahead_->mutex);
        auto taken = std::move(*ahead_->value);
        ahead_->value.reset();
        co_return taken;
    }

    bool has_value() {
        std::scoped_lock guard(ahead_->mutex);
        return ahead_->value.has_value();
    }

    engine& store_;
    std::shared_ptr<read_ahead> ahead_;    // with the job under way
    std::uint64_t remaining_;
    bool under_way_ = false;
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
