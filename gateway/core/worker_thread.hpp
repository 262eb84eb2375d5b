// A named thread that is always joined: the only way this server makes threads. The body gets a
// stop_token and returns soon after it is asked to stop; it waits on condition_variable_any with that
// token, or on whatever `on_stop` of its owner wakes. An exception that leaves the body ends the process.
//
// Thread rule: an object belongs to one owner; request_stop() may be called from any thread.
// Lifetime: the destructor asks the body to stop and waits for it. Do not destroy from the body.
#pragma once

#include <functional>
#include <stop_token>
#include <string>
#include <thread>

namespace sluice {

class worker_thread {
public:
    using body = std::function<void(std::stop_token)>;

    worker_thread() noexcept = default;  // no thread
    // `name` is shown by top and debuggers, cut to 15 characters.
    worker_thread(std::string name, body run);
    ~worker_thread() = default;  // std::jthread stops and joins
    worker_thread(worker_thread&&) noexcept = default;
    worker_thread& operator=(worker_thread&&) noexcept = default;  // stops and joins the old thread

    bool running() const noexcept { return thread_.joinable(); }
    void request_stop() noexcept { thread_.request_stop(); }
    // Waits for the body to return; call once at most, not from the body.
    void join();

private:
    std::jthread thread_;
};

}  // namespace sluice
