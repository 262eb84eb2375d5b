// Wakes tasks that wait on the same executor: the condition variable of coroutines. There is no memory:
// a notification wakes those who wait now, so wait in a loop around the condition.
//
// Thread rule: everything on the executor's thread (or strand); others post to it first.
// Lifetime: outlives its waiters; drain the group that holds them first.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <vector>

#include "gateway/core/clock.hpp"
#include "gateway/core/result.hpp"
#include "gateway/core/task.hpp"

namespace sluice {

class event {
public:
    explicit event(boost::asio::any_io_executor executor);
    event(event const&) = delete;
    event& operator=(event const&) = delete;
    ~event();

    void notify_all();
    // Until the next notify_all: success; cancelled when the task is.
    task<result<void>> wait();
    // The same with an end: deadline_exceeded at `deadline`.
    task<result<void>> wait_until(monotonic_time deadline);

private:
    boost::asio::any_io_executor executor_;
    std::vector<boost::asio::steady_timer*> waiting_;  // in the frames of those who wait
};

}  // namespace sluice
