// Structured concurrency: every concurrent task belongs to a group, and a group ends after its tasks.
//
//     task_group children{executor, {.children_max = options.streams_max}};
//     if (!children.spawn(serve(stream))) ...       // full or already cancelled: the task never starts
//     ...
//     children.cancel();                            // optional: ask the children to end early
//     co_await children.drain();                    // always, before the group goes away
//
// Cancelling is a value, not an exception: a wait that a cancelled task is in ends with error::cancelled
// (operation_aborted from raw Asio calls), later waits of core answer error::cancelled at once, and
// everything else (drain, await_callback) keeps working so that the task can clean up.
// An exception that leaves a child is handed to `on_exception`; the default ends the process.
//
// Thread rule: spawn, cancel and running may be called from any thread; a child's executor must run
// one handler at a time (one thread, or a strand). Lifetime: the destructor asserts that nothing runs.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <cstddef>
#include <exception>
#include <functional>
#include <memory>

#include "gateway/core/task.hpp"

namespace sluice {

// Prints what escaped and ends the process: it would have been lost otherwise.
[[noreturn]] void end_process_on_exception(std::exception_ptr escaped) noexcept;

struct task_group_options {
    std::size_t children_max = 1024;  // running at once; spawn refuses more
    // Runs on the child's executor; must not throw.
    std::function<void(std::exception_ptr)> on_exception = end_process_on_exception;
};

class task_group {
public:
    explicit task_group(boost::asio::any_io_executor executor, task_group_options options = {});
    task_group(task_group const&) = delete;
    task_group& operator=(task_group const&) = delete;
    ~task_group();

    // False, and the task is destroyed unstarted, when the group is full or cancelled. The task starts
    // from the executor's loop, not inside the call.
    [[nodiscard]] bool spawn(task<void> child);
    [[nodiscard]] bool spawn(boost::asio::any_io_executor on, task<void> child);

    // Asks all children to end and refuses new ones.
    void cancel();
    // Returns after the last child ended. Several may wait. Does not cancel by itself.
    task<void> drain();

    std::size_t running() const;

private:
    class state;
    boost::asio::any_io_executor executor_;
    std::shared_ptr<state> state_;  // shared with the children's completions
};

}  // namespace sluice
