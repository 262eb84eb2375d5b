// Runs a task to its end on an io_context of its own and returns what it returned (or throws what it
// threw): how tests call coroutines. The calling thread is the I/O thread meanwhile.
#pragma once

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <cstddef>
#include <deque>
#include <exception>
#include <memory>
#include <mutex>
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

namespace detail {

// A thread that just posted the last resumption may still be inside Asio's post(): the context is shut
// down at once, which destroys what is left in it, and freed some contexts later.
class parked_context : public boost::asio::io_context {
public:
    parked_context() : boost::asio::io_context(1) {}
    using boost::asio::io_context::shutdown;
};

inline void park(std::unique_ptr<parked_context> context) {
    static constexpr std::size_t parked_max = 32;
    static std::mutex mutex;
    static std::deque<std::unique_ptr<parked_context>> parked;
    context->shutdown();
    std::scoped_lock const lock{mutex};
    parked.push_back(std::move(context));
    if (parked.size() > parked_max) parked.pop_front();
}

struct park_when_done {
    void operator()(parked_context* context) const { park(std::unique_ptr<parked_context>{context}); }
};

}  // namespace detail

template <class T>
T run_task(task<T> body) {
    std::unique_ptr<detail::parked_context, detail::park_when_done> const context{new detail::parked_context};
    return run_task<T>(*context, std::move(body));
}

}  // namespace sluice::test
