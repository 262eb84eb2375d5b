#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <future>

#include "tests/support/fake_clock.hpp"
#include "tests/support/temporary_folder.hpp"
#include "tests/unit/query/plan_builder.hpp"

namespace sluice::query::test {
namespace {

auto const here = blocking_token::for_this_thread();

// Numbers from 0, as many as asked for; may call back before each batch, or fail.
struct counter : row_source {
    explicit counter(std::int64_t rows) : count(rows) {}
    struct reading : row_stream {
        reading(counter const& source, std::size_t columns) : of(source), width(columns) {}
        result<std::size_t> next(row_sink& to, std::size_t most) override {
            if (of.before_batch) {
                auto const ready = of.before_batch(at);
                if (ready.has_error()) return ready.error();
            }
            std::size_t row = 0;
            for (; row < std::min<std::size_t>(most, 1000) && at < of.count; ++at, ++row)
                if (width == 1) to.put(0, row, store::column_view{at});
            return row;
        }
        counter const& of;
        std::size_t const width;
        std::int64_t at = 0;
    };
    std::vector<value_type> types() const override { return {int64}; }
    std::uint64_t estimated_rows() const override { return static_cast<std::uint64_t>(count); }
    result<std::unique_ptr<row_stream>> open(std::vector<std::uint32_t> const& columns) const override {
        if (columns.size() > 1) return error::invalid_argument;
        return std::make_unique<reading>(*this, columns.size());
    }
    std::int64_t const count;
    std::function<result<void>(std::int64_t)> before_batch;
};

std::unique_ptr<result_stream> start(read_engine& engine, node_ptr plan) {
    query_request request;
    request.plan = std::move(plan);
    return engine.start(std::move(request)).value();
}

node_ptr numbers(std::int64_t count) { return read(std::make_shared<counter>(count)); }
// More work than any test waits for.
node_ptr endless() {
    auto const many = numbers(1'000'000);
    auto const pairs = joined(join_kind::cross, many, many, nullptr);
    auto const none = call(builtin::less, {call(builtin::add, {col(0, int64), col(1, int64)}, int64),
                                           num(0, int64)});
    return where(pairs, none);
}

std::size_t thread_count() {
    std::size_t count = 0;
    for ([[maybe_unused]] auto const& one : std::filesystem::directory_iterator{"/proc/self/task"})
        ++count;
    return count;
}

TEST(engine, starts_no_threads) {
    auto const before = thread_count();
    auto const engine = small_engine();
    auto const total = grouped(numbers(300'000), {col(0, int64)}, {});
    EXPECT_EQ(ran(*engine, total).size(), 300'000U);
    EXPECT_EQ(thread_count(), before);
}

TEST(engine, pages_are_bounded_and_nothing_is_read_ahead) {
    auto const source = std::make_shared<counter>(1'000'000);
    std::atomic<std::int64_t> reached = 0;
    source->before_batch = [&](std::int64_t at) -> result<void> {
        reached = at;
        return success();
    };
    auto const engine = small_engine();
    auto const stream = start(*engine, read(source));
    auto const first = stream->next(here).value();
    EXPECT_FALSE(first.last);
    EXPECT_GE(first.rows.size(), 1000U);
    EXPECT_LE(first.rows.size(), 4096U);
    // The engine keeps a buffer of about a megabyte, not the table.
    EXPECT_LT(reached, 300'000);
}

TEST(engine, a_failing_source_ends_the_query_with_its_failure) {
    auto const source = std::make_shared<counter>(1'000'000);
    source->before_batch = [](std::int64_t at) -> result<void> {
        if (at < 5000) return success();
        return failure{error::corrupt, "page 7 is torn"};
    };
    auto const engine = small_engine();
    for (auto const& plan : {read(source), grouped(read(source), {}, {agg(aggregate::count_star, {}, int64)})}) {
        auto const answer = run(*engine, plan);
        ASSERT_TRUE(answer.has_error());
        EXPECT_EQ(answer.error().code, error::corrupt);
        EXPECT_EQ(answer.error().text, "page 7 is torn");
    }
    EXPECT_EQ(ran(*engine, numbers(10)).size(), 10U);
}

TEST(engine, a_failing_function_ends_the_query_with_its_failure) {
    own_function fail{"fail", {int64}, int64, true, false, {}, {}};
    fail.call = [](std::vector<value> const& with) -> result<value> {
        if (with[0] == n(4321)) return failure{error::precondition_failed, "\x02odd 'text' {0} %s"};
        return with[0];
    };
    auto const engine = small_engine();
    auto const answer = run(*engine, select(numbers(10'000), {own(fail, {col(0, int64)})}));
    ASSERT_TRUE(answer.has_error());
    EXPECT_EQ(answer.error().code, error::precondition_failed);
    EXPECT_EQ(answer.error().text, "\x02odd 'text' {0} %s");
}

TEST(engine, a_fold_sees_the_elements_of_a_list_in_order) {
    own_function digits{"digits", {list_of(int64)}, text, true, false, {}, {}};
    digits.fold = [](value_cursor& each) -> result<value> {
        std::string out;
        for (value one; each.next(one);) {
            auto const* number = std::get_if<std::int64_t>(&one.held);
            out += number == nullptr ? "-" : std::to_string(*number);
        }
        return s(out);
    };
    auto const finished = [&](node_ptr from) {
        auto const all = grouped(std::move(from), {},
                                 {agg(aggregate::collect, {col(0, int64)}, list_of(int64))});
        return ran(select(all, {own(digits, {col(0, list_of(int64))})}));
    };
    EXPECT_EQ(finished(table({int64}, {{n(1)}, {null()}, {n(3)}, {n(2)}})), (rows{{s("1-32")}}));
    EXPECT_EQ(finished(table({int64}, {})), (rows{{s("")}}));
}

TEST(engine, a_function_that_gives_another_kind_is_found_out) {
    own_function liar{"liar", {}, int32, true, true, {}, {}};
    liar.call = [](std::vector<value> const&) -> result<value> { return s("text"); };
    EXPECT_EQ(run(select(numbers(1), {own(liar, {})})).error().code, error::corrupt);
    liar.call = [](std::vector<value> const&) -> result<value> { return n(INT64_MAX); };
    EXPECT_EQ(run(select(numbers(1), {own(liar, {})})).error().code, error::corrupt);
}

TEST(engine, volatile_functions_run_once_per_row) {
    std::atomic<int> calls = 0;
    own_function ticket{"ticket", {}, int64, true, true, {}, {}};
    ticket.call = [&](std::vector<value> const&) -> result<value> { return n(++calls); };
    auto const pair = select(numbers(3000), {own(ticket, {}), own(ticket, {})});
    auto const answer = ran(pair);
    EXPECT_EQ(calls, 6000);
    EXPECT_NE(answer[0][0], answer[0][1]);
    calls = 0;
    auto const even = call(builtin::greater, {col(0, int64), num(0, int64)});
    auto const plan = where(select(numbers(3000), {own(ticket, {})}), even);
    EXPECT_EQ(ran(plan).size(), 3000U);
    EXPECT_EQ(calls, 3000);
}

TEST(engine, nulls_reach_only_functions_that_want_them) {
    own_function is_null{"is_null", {int64}, boolean, false, false, {}, {}};
    is_null.call = [](std::vector<value> const& with) -> result<value> { return b(with[0] == null()); };
    auto const input = table({int64}, {{n(1)}, {null()}});
    EXPECT_EQ(ran(select(input, {own(is_null, {col(0, int64)})})), (rows{{b(false)}, {b(true)}}));
    is_null.nulls_to_null = true;
    EXPECT_EQ(ran(select(input, {own(is_null, {col(0, int64)})})), (rows{{b(false)}, {null()}}));
}

TEST(engine, cancel_ends_what_runs) {
    auto const engine = small_engine();
    auto const stream = start(*engine, endless());
    std::promise<void> entered;
    auto runner = std::async(std::launch::async, [&] {
        entered.set_value();
        return stream->next(here);
    });
    entered.get_future().wait();
    stream->cancel();
    auto const answer = runner.get();
    ASSERT_TRUE(answer.has_error());
    EXPECT_EQ(answer.error().code, error::cancelled);
    EXPECT_EQ(stream->next(here).error().code, error::cancelled);
    EXPECT_EQ(ran(*engine, numbers(10)).size(), 10U);
}

TEST(engine, cancel_between_pages) {
    auto const engine = small_engine();
    auto const stream = start(*engine, numbers(100'000));
    ASSERT_TRUE(stream->next(here).has_value());
    stream->cancel();
    EXPECT_EQ(stream->next(here).error().code, error::cancelled);
}

TEST(engine, the_deadline_ends_what_runs) {
    sluice::test::fake_clock clock;
    auto const engine = make_engine({}, clock).value();
    auto const source = std::make_shared<counter>(1'000'000);
    source->before_batch = [&](std::int64_t) -> result<void> {
        clock.advance(std::chrono::milliseconds{10});
        return success();
    };
    query_request request;
    request.plan = grouped(read(source), {}, {agg(aggregate::count_star, {}, int64)});
    request.deadline = clock.monotonic() + std::chrono::milliseconds{105};
    auto const stream = engine->start(std::move(request)).value();
    EXPECT_EQ(stream->next(here).error().code, error::deadline_exceeded);
}

TEST(engine, the_memory_limit_is_the_querys_own) {
    engine_options options;
    options.interactive.query_memory_bytes = 24U << 20;
    auto const engine = small_engine(options);
    auto const collected =
        grouped(numbers(5'000'000), {}, {agg(aggregate::collect, {col(0, int64)}, list_of(int64))});
    EXPECT_EQ(run(*engine, collected).error().code, error::too_large);
    auto const wide_groups = grouped(numbers(3'000'000), {col(0, int64)}, {});
    EXPECT_EQ(run(*engine, wide_groups).error().code, error::too_large);
    EXPECT_EQ(ran(*engine, numbers(10)).size(), 10U);
    query_request greedy;
    greedy.plan = numbers(1);
    greedy.memory_bytes = 1ULL << 40;
    EXPECT_EQ(engine->start(std::move(greedy)).error().code, error::too_large);
}

TEST(engine, spills_into_its_folder_within_its_bound) {
    test_support::temporary_folder const folder;
    engine_options options;
    options.interactive.query_memory_bytes = 16U << 20;
    options.interactive.spill_bytes_max = 1ULL << 30;
    options.spill_folder = folder / "spill";
    std::filesystem::create_directories(options.spill_folder);
    std::ofstream{options.spill_folder + "/left_behind"} << "x";
    auto const engine = small_engine(options);
    EXPECT_TRUE(std::filesystem::is_empty(options.spill_folder));
    auto const by_descending = std::vector<order>{{col(0, int64), true, true}};
    auto const answer = run(*engine, sorted(numbers(2'000'000), by_descending));
    ASSERT_TRUE(answer.has_value()) << answer.error().describe();
    ASSERT_EQ(answer->size(), 2'000'000U);
    for (std::size_t at = 0; at < answer->size(); at += 1000)
        ASSERT_EQ((*answer)[at][0], n(1'999'999 - static_cast<std::int64_t>(at)));
    // Numbers that no compression makes small.
    own_function scatter{"scatter", {int64}, int64, true, false, {}, {}};
    scatter.call = [](std::vector<value> const& with) -> result<value> {
        auto const number = static_cast<std::uint64_t>(std::get<std::int64_t>(with[0].held));
        return n(static_cast<std::int64_t>(number * 0x9E3779B97F4A7C15U));
    };
    auto const scattered = select(numbers(2'000'000), {own(scatter, {col(0, int64)})});
    options.interactive.spill_bytes_max = 1U << 20;
    auto const refused = run(*small_engine(options), sorted(scattered, by_descending));
    ASSERT_TRUE(refused.has_error());
    EXPECT_EQ(refused.error().code, error::too_large);
}

TEST(engine, turns_are_bounded) {
    engine_options options;
    options.interactive.running_max = 1;
    options.interactive.waiting_max = 1;
    auto const engine = small_engine(options);
    auto const first = start(*engine, numbers(100'000));
    ASSERT_TRUE(first->next(here).has_value());
    // Whoever comes when another waits already is turned away, and here tries again.
    auto waiting = std::async(std::launch::async, [&] {
        for (;;) {
            auto answer = run(*engine, numbers(10));
            if (answer.has_value() || answer.error().code != error::overloaded) return answer;
        }
    });
    // Until the second waits, the third would wait itself and end by its own deadline.
    for (;;) {
        query_request request;
        request.plan = numbers(10);
        request.deadline = system_wall_clock().monotonic() + std::chrono::milliseconds{1};
        auto const third = engine->start(std::move(request)).value();
        auto const answer = third->next(here);
        ASSERT_TRUE(answer.has_error());
        if (answer.error().code == error::overloaded) break;
        ASSERT_EQ(answer.error().code, error::deadline_exceeded);
    }
    while (!first->next(here).value().last) {}
    EXPECT_EQ(waiting.get()->size(), 10U);
}

TEST(engine, many_at_once) {
    auto const engine = small_engine();
    std::vector<std::future<result<rows>>> running;
    for (int at = 0; at < 8; ++at)
        running.push_back(std::async(std::launch::async, [&] {
            auto const keys = call(builtin::less, {col(0, int64), num(7000, int64)});
            return run(*engine, grouped(where(numbers(50'000), keys), {},
                                        {agg(aggregate::sum_int64_to_int128, {col(0, int64)}, wide)}));
        }));
    for (auto& one : running) EXPECT_EQ(*one.get(), (rows{{w(6999LL * 7000 / 2)}}));
}

TEST(engine, an_abandoned_stream_gives_its_turn_back) {
    engine_options options;
    options.interactive.running_max = 1;
    auto const engine = small_engine(options);
    for (int at = 0; at < 5; ++at) {
        auto const stream = start(*engine, numbers(100'000));
        ASSERT_TRUE(stream->next(here).has_value());
    }
    EXPECT_EQ(ran(*engine, numbers(10)).size(), 10U);
}

TEST(engine, text_that_is_not_utf8_is_not_let_in) {
    EXPECT_EQ(run(table({text}, {{s("\xff\xfe")}})).error().code, error::corrupt);
}

}  // namespace
}  // namespace sluice::query::test
