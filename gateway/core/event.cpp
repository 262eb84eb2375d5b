#include "gateway/core/event.hpp"

#include <algorithm>
#include <utility>

#include "gateway/core/async.hpp"

namespace sluice {
namespace {

// In the list as long as the waiting task's frame lives, however it ends.
class listed {
public:
    listed(std::vector<boost::asio::steady_timer*>& list, boost::asio::steady_timer& timer)
        : list_(list), timer_(timer) {
        list_.push_back(&timer_);
    }
    listed(listed const&) = delete;
    listed& operator=(listed const&) = delete;
    ~listed() { std::erase(list_, &timer_); }

private:
    std::vector<boost::asio::steady_timer*>& list_;
    boost::asio::steady_timer& timer_;
};

}  // namespace

event::event(boost::asio::any_io_executor executor) : executor_(std::move(executor)) {}

event::~event() { SLUICE_ASSERT(waiting_.empty()); }

void event::notify_all() {
    for (auto* timer : waiting_) timer->cancel();
}

task<result<void>> event::wait() { return wait_until(monotonic_time::max()); }

task<result<void>> event::wait_until(monotonic_time deadline) {
    bool const cancelled = co_await is_cancelled();
    if (cancelled) co_return error::cancelled;
    boost::asio::steady_timer timer{executor_, deadline};
    listed const entry{waiting_, timer};
    auto const [code] = co_await timer.async_wait(awaiting_tuple);
    bool const cancelled_now = co_await is_cancelled();
    if (cancelled_now) co_return error::cancelled;
    if (!code) co_return error::deadline_exceeded;
    co_return success();
}

}  // namespace sluice
