#include "gateway/core/worker_thread.hpp"

#include <pthread.h>

#include <utility>

#include "gateway/core/assert.hpp"

namespace sluice {
namespace {

constexpr std::size_t name_length_max = 15;  // the kernel's limit without the terminating zero

void run_named(std::stop_token stop, std::string const& name, worker_thread::body const& run) noexcept {
    // A thread without its name still works, so a refusal is not an error.
    static_cast<void>(::pthread_setname_np(::pthread_self(), name.c_str()));
    run(std::move(stop));
}

}  // namespace

worker_thread::worker_thread(std::string name, body run) {
    SLUICE_ASSERT(run);
    if (name.size() > name_length_max) name.resize(name_length_max);
    thread_ = std::jthread(run_named, std::move(name), std::move(run));
}

void worker_thread::join() {
    if (thread_.joinable()) thread_.join();
}

}  // namespace sluice
