#include "gateway/core/byte_stream.hpp"

#include <gtest/gtest.h>

#include <array>
#include <boost/asio/io_context.hpp>

#include "gateway/core/event.hpp"
#include "gateway/core/random.hpp"
#include "gateway/core/task_group.hpp"
#include "gateway/core/timer.hpp"
#include "tests/support/memory_stream.hpp"
#include "tests/support/run_task.hpp"

namespace sluice {
namespace {

using namespace std::chrono_literals;
using test::memory_stream;
using test::run_task;

task<void> send_and_end(byte_stream& to, std::string bytes) {
    auto const half = bytes.size() / 2;
    auto const all = as_bytes(bytes);
    std::array const pieces{all.first(half), const_byte_span{}, all.subspan(half)};
    EXPECT_TRUE((co_await to.write(pieces)).has_value());
    EXPECT_TRUE((co_await to.shutdown()).has_value());
}

task<void> expect_all(byte_stream& from, std::string const& expected) {
    auto const got = co_await test::read_to_end(from);
    EXPECT_EQ(got.value(), expected);
}

TEST(memory_stream, carries_everything_through_a_small_buffer) {
    std::string bytes(100000, '\0');
    seeded_random random{1};
    random.fill(std::as_writable_bytes(std::span{bytes}));
    boost::asio::io_context context{1};
    auto [left, right] =
        memory_stream::make_pair(context.get_executor(), {.buffer_bytes = 1000, .read_chunk_bytes = 7});
    task_group group{context.get_executor()};
    ASSERT_TRUE(group.spawn(send_and_end(*left, bytes)));
    ASSERT_TRUE(group.spawn(expect_all(*right, bytes)));
    run_task(context, group.drain());
}

task<void> echo(byte_stream& stream) {
    std::array<std::byte, 16> buffer;
    for (;;) {
        auto const got = co_await stream.read_some(buffer);
        if (got.has_error() || *got == 0) break;
        auto const sent = co_await write_all(stream, std::span{buffer}.first(*got));
        if (sent.has_error()) break;
    }
    stream.close();
}

task<void> ask(byte_stream& stream) {
    std::array<std::byte, 4> answer;
    EXPECT_TRUE((co_await write_all(stream, as_bytes("ping"))).has_value());
    EXPECT_TRUE((co_await read_exactly(stream, answer)).has_value());
    EXPECT_EQ(as_chars(answer), "ping");
    EXPECT_TRUE((co_await stream.shutdown()).has_value());
    EXPECT_EQ((co_await read_exactly(stream, answer)).error().code, error::closed);
    EXPECT_EQ((co_await write_all(stream, as_bytes("more"))).error().code, error::closed);
}

TEST(memory_stream, both_directions_and_their_ends) {
    boost::asio::io_context context{1};
    auto [left, right] = memory_stream::make_pair(context.get_executor());
    task_group group{context.get_executor()};
    ASSERT_TRUE(group.spawn(echo(*right)));
    ASSERT_TRUE(group.spawn(ask(*left)));
    run_task(context, group.drain());
    EXPECT_EQ(left->peer(), "memory:right");
}

task<void> expect_read_to_fail(byte_stream& stream, error expected, bool& waiting) {
    std::array<std::byte, 4> buffer;
    waiting = true;
    auto const got = co_await stream.read_some(buffer);
    EXPECT_EQ(got.error().code, expected);
    waiting = false;
}

task<void> turns(int count) {
    for (int i = 0; i < count; ++i)
        co_await boost::asio::post(co_await boost::asio::this_coro::executor,
                                   boost::asio::use_awaitable);
}

TEST(memory_stream, cancel_and_close_end_a_waiting_read) {
    boost::asio::io_context context{1};
    auto [left, right] = memory_stream::make_pair(context.get_executor());
    task_group group{context.get_executor()};
    bool waiting = false;
    ASSERT_TRUE(group.spawn(expect_read_to_fail(*left, error::cancelled, waiting)));
    run_task(context, turns(5));
    EXPECT_TRUE(waiting);
    left->cancel();
    run_task(context, group.drain());
    EXPECT_FALSE(waiting);
    ASSERT_TRUE(group.spawn(expect_read_to_fail(*left, error::closed, waiting)));
    run_task(context, turns(5));
    EXPECT_TRUE(waiting);
    left->close();
    run_task(context, group.drain());
    EXPECT_FALSE(waiting);
}

task<result<std::size_t>> bounded_read(byte_stream& stream, byte_span into) {
    auto body = stream.read_some(into);
    co_return co_await with_deadline(1ms, std::move(body));
}

TEST(memory_stream, a_read_under_a_deadline_ends) {
    boost::asio::io_context context{1};
    auto [left, right] = memory_stream::make_pair(context.get_executor());
    std::array<std::byte, 4> buffer;
    EXPECT_EQ(run_task(context, bounded_read(*left, buffer)).error().code, error::deadline_exceeded);
}

}  // namespace
}  // namespace sluice
