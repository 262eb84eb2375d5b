#include "gateway/core/task_group.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <cstdio>
#include <cstdlib>
#include <list>
#include <mutex>
#include <utility>
#include <vector>

#include "gateway/core/async.hpp"

namespace sluice {
namespace {

using boost::asio::any_io_executor;

struct child {
    any_io_executor executor;
    boost::asio::cancellation_signal signal;  // only touched on `executor`, like:
    bool told = false;
};

task<void> with_cancellation_as_value(task<void> body) {
    co_await boost::asio::this_coro::throw_if_cancelled(false);
    co_await std::move(body);
}

}  // namespace

void end_process_on_exception(std::exception_ptr escaped) noexcept {
    try {
        std::rethrow_exception(escaped);
    } catch (std::exception const& thrown) {
        std::fprintf(stderr, "sluice: an exception left a task: %s\n", thrown.what());
    } catch (...) {
        std::fprintf(stderr, "sluice: an exception of unknown type left a task\n");
    }
    std::abort();
}

class task_group::state {
public:
    using handle = std::list<std::shared_ptr<child>>::iterator;

    explicit state(task_group_options options) : options_(std::move(options)) {}

    // children_.end() when refused.
    std::pair<handle, bool> admit(any_io_executor const& on) {
        std::scoped_lock const lock{mutex_};
        if (cancelled_ || children_.size() >= options_.children_max) return {children_.end(), false};
        children_.push_front(std::make_shared<child>());
        children_.front()->executor = on;
        return {children_.begin(), true};
    }

    void ended(handle which, std::exception_ptr escaped) {
        if (escaped) options_.on_exception(std::move(escaped));
        std::vector<callback<bool>> waiting;
        {
            std::scoped_lock const lock{mutex_};
            children_.erase(which);
            if (!children_.empty()) return;
            waiting.swap(waiting_);
        }
        for (auto& wake : waiting) wake(true);
    }

    void cancel() {
        std::vector<std::shared_ptr<child>> told;
        {
            std::scoped_lock const lock{mutex_};
            cancelled_ = true;
            told.assign(children_.begin(), children_.end());
        }
        for (auto& each : told) {
            auto const executor = each->executor;
            boost::asio::post(executor, [each = std::move(each)] {
                each->told = true;
                each->signal.emit(boost::asio::cancellation_type::terminal);
            });
        }
    }

    void when_empty(callback<bool> wake) {
        {
            std::scoped_lock const lock{mutex_};
            if (!children_.empty()) {
                waiting_.push_back(std::move(wake));
                return;
            }
        }
        wake(true);
    }

    std::size_t running() const {
        std::scoped_lock const lock{mutex_};
        return children_.size();
    }

private:
    task_group_options const options_;
    mutable std::mutex mutex_;
    std::list<std::shared_ptr<child>> children_;  // each shared with its pending cancellation
    std::vector<callback<bool>> waiting_;
    bool cancelled_ = false;
};

task_group::task_group(any_io_executor executor, task_group_options options)
    : executor_(std::move(executor)), state_(std::make_shared<state>(std::move(options))) {}

task_group::~task_group() { SLUICE_ASSERT(state_->running() == 0); }

bool task_group::spawn(task<void> body) { return spawn(executor_, std::move(body)); }

bool task_group::spawn(any_io_executor on, task<void> body) {
    auto const [which, admitted] = state_->admit(on);
    if (!admitted) return false;
    auto start = [shared = state_, which = which, body = std::move(body)]() mutable {
        auto const self = *which;
        if (self->told) {
            body = {};
            shared->ended(which, nullptr);
            return;
        }
        auto ended = [shared, which, self](std::exception_ptr escaped) {
            shared->ended(which, std::move(escaped));
        };
        boost::asio::co_spawn(self->executor, with_cancellation_as_value(std::move(body)),
                              boost::asio::bind_cancellation_slot(self->signal.slot(), std::move(ended)));
    };
    boost::asio::post(on, std::move(start));
    return true;
}

void task_group::cancel() { state_->cancel(); }

task<void> task_group::drain() {
    auto const shared = state_;
    auto subscribe = [&shared](callback<bool> wake) { shared->when_empty(std::move(wake)); };
    co_await await_callback<bool>(std::move(subscribe));
}

std::size_t task_group::running() const { return state_->running(); }

}  // namespace sluice
