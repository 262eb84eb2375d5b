#include "gateway/core/timer.hpp"

#include "gateway/core/async.hpp"

namespace sluice {

task<result<void>> wait_until(monotonic_time when) {
    bool const cancelled = co_await is_cancelled();
    if (cancelled) co_return error::cancelled;
    auto const executor = co_await boost::asio::this_coro::executor;
    boost::asio::steady_timer timer{executor, when};
    auto const [code] = co_await timer.async_wait(awaiting_tuple);
    if (code) co_return error::cancelled;
    co_return success();
}

task<result<void>> wait_for(std::chrono::nanoseconds length) {
    return wait_until(system_wall_clock().monotonic() + length);
}

// One timer is kept pending; a later arm() only moves `due`, so that re-arming per request is free.
struct deadline::state : std::enable_shared_from_this<deadline::state> {
    state(boost::asio::any_io_executor const& executor, std::function<void()> expired)
        : timer(executor), on_expiry(std::move(expired)) {}

    void schedule() {
        pending = true;
        timer.expires_at(due);  // a wait before it ends as cancelled
        timer.async_wait([self = shared_from_this()](boost::system::error_code code) {
            if (!code) self->fired();
        });
    }

    void fired() {
        pending = false;
        if (!armed) return;
        if (system_wall_clock().monotonic() < due) return schedule();
        armed = false;
        expired = true;
        auto const keep_alive = shared_from_this();
        on_expiry();
    }

    boost::asio::steady_timer timer;
    std::function<void()> on_expiry;
    monotonic_time due{};
    bool armed = false;
    bool pending = false;
    bool expired = false;
};

deadline::deadline(boost::asio::any_io_executor executor, std::function<void()> on_expiry)
    : state_(std::make_shared<state>(executor, std::move(on_expiry))) {}

deadline::~deadline() {
    state_->armed = false;
    state_->timer.cancel();
}

void deadline::arm(std::chrono::nanoseconds length) {
    state_->due = system_wall_clock().monotonic() +
                  std::chrono::duration_cast<monotonic_time::duration>(length);
    state_->armed = true;
    state_->expired = false;
    if (!state_->pending || state_->due < state_->timer.expiry()) state_->schedule();
}

void deadline::disarm() { state_->armed = false; }

bool deadline::expired() const noexcept { return state_->expired; }

namespace detail {

void bounded_run::start(std::chrono::nanoseconds length, boost::asio::cancellation_slot outer) {
    timer_.expires_after(std::chrono::duration_cast<monotonic_time::duration>(length));
    timer_.async_wait([self = shared_from_this()](boost::system::error_code code) {
        if (code || self->finished_) return;
        self->expired_ = true;
        self->inner_.emit(boost::asio::cancellation_type::terminal);
    });
    if (outer.is_connected()) {
        outer.assign([self = shared_from_this()](boost::asio::cancellation_type type) {
            if (!self->finished_) self->inner_.emit(type);
        });
    }
}

void bounded_run::finish(boost::asio::cancellation_slot outer) {
    finished_ = true;
    timer_.cancel();
    if (outer.is_connected()) outer.clear();
}

}  // namespace detail
}  // namespace sluice
