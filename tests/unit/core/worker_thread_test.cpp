#include "gateway/core/worker_thread.hpp"

#include <gtest/gtest.h>
#include <pthread.h>

#include <array>
#include <atomic>
#include <condition_variable>
#include <mutex>

namespace sluice {
namespace {

TEST(worker_thread, runs_its_body_under_its_name) {
    std::string seen;
    worker_thread worker{"a name that is far too long", [&](std::stop_token) {
                             std::array<char, 32> name{};
                             ::pthread_getname_np(::pthread_self(), name.data(), name.size());
                             seen = name.data();
                         }};
    worker.join();
    EXPECT_EQ(seen, "a name that is ");
    EXPECT_FALSE(worker.running());
}

TEST(worker_thread, destruction_stops_and_joins) {
    std::atomic<bool> ended = false;
    std::mutex mutex;
    std::condition_variable_any wake;
    {
        worker_thread worker{"waits", [&](std::stop_token stop) {
                                 std::unique_lock lock{mutex};
                                 wake.wait(lock, stop, [] { return false; });
                                 ended = true;
                             }};
        EXPECT_TRUE(worker.running());
    }
    EXPECT_TRUE(ended);
}

TEST(worker_thread, an_empty_one_does_nothing) {
    worker_thread none;
    EXPECT_FALSE(none.running());
    none.request_stop();
    none.join();
}

TEST(worker_thread, moving_keeps_the_thread) {
    std::atomic<int> stops = 0;
    auto const body = [&](std::stop_token stop) {
        std::mutex mutex;
        std::condition_variable_any wake;
        std::unique_lock lock{mutex};
        wake.wait(lock, stop, [] { return false; });
        ++stops;
    };
    worker_thread first{"first", body};
    worker_thread second{std::move(first)};
    EXPECT_TRUE(second.running());
    second = worker_thread{"third", body};
    EXPECT_EQ(stops, 1);
    second.request_stop();
    second.join();
    EXPECT_EQ(stops, 2);
}

}  // namespace
}  // namespace sluice
