#include "gateway/net/io_threads.hpp"

#include <algorithm>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <string>
#include <thread>

#include "gateway/core/worker_thread.hpp"

namespace sluice::gateway {

struct io_threads::loop {
    explicit loop(std::size_t index)
        : thread("io-" + std::to_string(index), [this](std::stop_token) { context.run(); }) {}
    ~loop() {
        work.reset();
        context.stop();
        thread.join();
    }

    boost::asio::io_context context{1};
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work{context.get_executor()};
    worker_thread thread;
};

io_threads::io_threads(std::size_t count) {
    if (count == 0) count = std::max(1u, std::thread::hardware_concurrency());
    for (std::size_t i = 0; i < count; ++i) loops_.push_back(std::make_unique<loop>(i));
}

io_threads::~io_threads() = default;

boost::asio::any_io_executor io_threads::executor(std::size_t index) {
    return loops_[index]->context.get_executor();
}

boost::asio::any_io_executor io_threads::next() {
    return executor(turn_.fetch_add(1, std::memory_order_relaxed) % loops_.size());
}

}  // namespace sluice::gateway
