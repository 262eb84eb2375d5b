// Runs a task to its end on an io_context of its own and returns what it returned (or throws what it
// threw): how tests call coroutines. The calling thread is the I/O thread meanwhile.
#pragma once

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <exception>
#include <optional>
#include <stdexcept>
#include <type_traits>
#include <utility>

#include "gateway/core/task.hpp"

namespace sluice::test {

namespace detail {

template <class T>
task<void> keep_outcome(task<T> body, std::optional<T>& outcome) {
    outcome.emplace(co_await std::move(body));
}

inline void run_to_end(boost::asio::io_context& context, task<void> body) {
    bool ended = false;
    std::exception_ptr thrown;
    auto completion = [&](std::exception_ptr escaped) {
        thrown = escaped;
        ended = true;
    };
    boost::asio::co_spawn(context, std::move(body), std::move(completion));
    context.restart();
    while (!ended && context.run_one() > 0) continue;
    if (thrown) std::rethrow_exception(thrown);
    if (!ended) throw std::logic_error("the task still waits although nothing is left to run");
}

}  // namespace detail

// Other work of `context` runs meanwhile and is left where it stands when the task ends.
template <class T>
T run_task(boost::asio::io_context& context, task<T> body) {
    if constexpr (std::is_void_v<T>) {
        detail::run_to_end(context, std::move(body));
    } else {
        std::optional<T> outcome;
        detail::run_to_end(context, detail::keep_outcome<T>(std::move(body), outcome));
        return std::move(*outcome);
    }
}

template <class T>
T run_task(task<T> body) {
    boost::asio::io_context context{1};
    return run_task(context, std::move(body));
}

}  // namespace sluice::test
