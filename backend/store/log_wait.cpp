// wait_for_more
#include <boost/asio/steady_timer.hpp>

#include "backend/store/engine.hpp"
#include "backend/store/log_verbs.hpp"
#include "gateway/core/async.hpp"

namespace sluice::store {
namespace {

// Shared by the coroutine and the wakers it left in partitions. The timer is touched on the
// coroutine's executor only.
struct log_wait {
    explicit log_wait(boost::asio::any_io_executor const& on) : executor(on), timer(on) {}

    // Any thread, any number of times.
    static void wake(std::shared_ptr<log_wait> const& one, result<log_offset> const& outcome) {
        if (outcome.has_error() && outcome.error().code == error::overloaded)
            one->overloaded.store(true);
        if (one->woken.exchange(true)) return;
        // Behind the coroutine's own turn: it waits by then, or has seen `woken`.
        boost::asio::post(one->executor, [one] { one->timer.cancel(); });
    }

    boost::asio::any_io_executor const executor;
    boost::asio::steady_timer timer;
    std::atomic<bool> woken{false};
    std::atomic<bool> overloaded{false};
};

struct registration {
    log_partition* partition;
    topic_handle topic;          // keeps the partition
    std::uint64_t id;
};

}  // namespace

task<result<void>> wait_for_more(engine& store, std::vector<log_position> known,
                                 std::chrono::milliseconds most) {
    auto const use = store.use();
    bool const told = co_await is_cancelled();
    if (told) co_return error::cancelled;
    auto const executor = co_await boost::asio::this_coro::executor;
    auto const wait = std::make_shared<log_wait>(executor);
    std::vector<registration> registered;
    registered.reserve(known.size());
    for (auto const& position : known) {
        if (wait->woken.load()) break;
        auto* const partition = position.topic->partition(position.partition);
        if (partition == nullptr) {
            wait->woken.store(true);
            break;
        }
        auto waker = [wait](result<log_offset> outcome) { log_wait::wake(wait, outcome); };
        auto const id =
            partition->wait_past(position.end, store.limits().log_waiters, std::move(waker));
        if (id != 0) registered.push_back({partition, position.topic, id});
    }
    bool cancelled = false;
    if (!wait->woken.load() && most > std::chrono::milliseconds::zero()) {
        wait->timer.expires_after(most);
        auto const waited = co_await wait->timer.async_wait(awaiting_tuple);
        cancelled = static_cast<bool>(std::get<0>(waited)) && !wait->woken.load();
    }
    for (auto const& one : registered) one.partition->give_up(one.id, error::cancelled);
    if (wait->overloaded.load()) co_return failure{error::overloaded, "limits.store_log_waiters"};
    if (cancelled) co_return error::cancelled;
    co_return success();
}

}  // namespace sluice::store
