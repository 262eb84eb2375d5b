// Waits on a pool thread for a task that runs on an executor: how synchronous evaluation reaches
// verbs that are tasks. Only with a blocking_token, and never for the executor of the calling
// thread. `body` may refer to what the caller keeps alive.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/co_spawn.hpp>
#include <exception>
#include <future>
#include <optional>
#include <utility>

#include "gateway/core/blocking_token.hpp"
#include "gateway/core/task.hpp"

namespace sluice {

template <class T>
T block_on(boost::asio::any_io_executor const& executor, task<T> body, blocking_token) {
    std::promise<T> promise;
    auto future = promise.get_future();
    auto keep = [](task<T> inner, std::promise<T>& into) -> task<void> {
        into.set_value(co_await std::move(inner));
    };
    auto completion = [&promise](std::exception_ptr escaped) {
        if (escaped) promise.set_exception(escaped);
    };
    boost::asio::co_spawn(executor, keep(std::move(body), promise), std::move(completion));
    return future.get();
}

}  // namespace sluice
