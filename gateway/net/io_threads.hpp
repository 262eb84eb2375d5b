// The threads that serve connections: one io_context each, never shared, so that a connection lives and
// dies on one and needs no locks.
//
// Thread rule: any thread, except the destructor. Lifetime: outlives everything that runs on its executors;
// the destructor drops what is still pending and joins.
#pragma once

#include <atomic>
#include <boost/asio/any_io_executor.hpp>
#include <cstddef>
#include <memory>
#include <vector>

namespace sluice::gateway {

class io_threads {
public:
    // 0: one per core.
    explicit io_threads(std::size_t count);
    io_threads(io_threads const&) = delete;
    io_threads& operator=(io_threads const&) = delete;
    ~io_threads();

    std::size_t size() const noexcept { return loops_.size(); }
    boost::asio::any_io_executor executor(std::size_t index);
    // Round robin.
    boost::asio::any_io_executor next();

private:
    struct loop;
    std::vector<std::unique_ptr<loop>> loops_;
    std::atomic<std::size_t> turn_ = 0;
};

}  // namespace sluice::gateway
