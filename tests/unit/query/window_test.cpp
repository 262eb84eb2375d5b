#include <gtest/gtest.h>

#include "tests/unit/query/plan_builder.hpp"

namespace sluice::query::test {
namespace {

node_ptr readings() {
    return table({text, int32}, {{s("a"), n(1)}, {s("a"), n(3)}, {s("a"), n(3)}, {s("a"), null()},
                                 {s("b"), n(5)}});
}

window_call over(window_function what, std::vector<scalar_ptr> arguments, value_type type) {
    window_call made;
    made.what = what;
    made.arguments = std::move(arguments);
    made.partition = {col(0, text)};
    made.ordering = {{col(1, int32), false, false}};
    made.type = type;
    return made;
}

// The window's column, in the order of the readings.
std::vector<value> column(window_call made) {
    auto const plan = make(windowing{readings(), {std::move(made)}});
    auto answer = run(sorted(plan, {{col(0, text), false, false}, {col(1, int32), false, false}}));
    if (answer.has_error()) throw failure_exception{answer.error()};
    std::vector<value> all;
    for (auto& row : *answer) all.push_back(row[2]);
    return all;
}

using values = std::vector<value>;

TEST(windows, rankings) {
    EXPECT_EQ(column(over(window_function::row_number, {}, int64)),
              (values{n(1), n(2), n(3), n(4), n(1)}));
    EXPECT_EQ(column(over(window_function::rank, {}, int64)),
              (values{n(1), n(2), n(2), n(4), n(1)}));
    EXPECT_EQ(column(over(window_function::dense_rank, {}, int64)),
              (values{n(1), n(2), n(2), n(3), n(1)}));
    EXPECT_EQ(column(over(window_function::ntile, {num(2)}, int64)),
              (values{n(1), n(1), n(2), n(2), n(1)}));
    EXPECT_EQ(column(over(window_function::percent_rank, {}, float64)),
              (values{f(0), f(1.0 / 3), f(1.0 / 3), f(1), f(0)}));
    EXPECT_EQ(column(over(window_function::cume_dist, {}, float64)),
              (values{f(0.25), f(0.75), f(0.75), f(1), f(1)}));
}

TEST(windows, neighbours) {
    EXPECT_EQ(column(over(window_function::lag, {col(1, int32)}, int32)),
              (values{null(), n(1), n(3), n(3), null()}));
    EXPECT_EQ(column(over(window_function::lead, {col(1, int32), num(2), num(-1)}, int32)),
              (values{n(3), null(), n(-1), n(-1), n(-1)}));
    EXPECT_EQ(column(over(window_function::first_value, {col(1, int32)}, int32)),
              (values{n(1), n(1), n(1), n(1), n(5)}));
    EXPECT_EQ(column(over(window_function::last_value, {col(1, int32)}, int32)),
              (values{n(1), n(3), n(3), null(), n(5)}));
    EXPECT_EQ(column(over(window_function::nth_value, {col(1, int32), num(2)}, int32)),
              (values{null(), n(3), n(3), n(3), null()}));
}

TEST(windows, frames_of_aggregates) {
    auto sum = over(window_function::aggregate, {col(1, int32)}, wide);
    sum.over = aggregate::sum_int64_to_int128;
    EXPECT_EQ(column(sum), (values{w(1), w(7), w(7), w(7), w(5)}));
    sum.frame = "ROWS BETWEEN 1 PRECEDING AND CURRENT ROW";
    EXPECT_EQ(column(sum), (values{w(1), w(4), w(6), w(3), w(5)}));
    sum.frame = "ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING";
    EXPECT_EQ(column(sum), (values{w(7), w(7), w(7), w(7), w(5)}));
    sum.frame = "GROUPS BETWEEN 1 PRECEDING AND CURRENT ROW EXCLUDE CURRENT ROW";
    EXPECT_EQ(column(sum), (values{null(), w(4), w(4), w(6), null()}));
    sum.frame = "RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW EXCLUDE TIES";
    EXPECT_EQ(column(sum), (values{w(1), w(4), w(4), w(7), w(5)}));
    sum.frame = "ROWS BETWEEN 1 FOLLOWING AND 2 FOLLOWING";
    EXPECT_EQ(column(sum), (values{w(6), w(3), null(), null(), null()}));
    auto counted = over(window_function::aggregate, {}, int64);
    counted.over = aggregate::count_star;
    counted.filter = call(builtin::equal, {col(1, int32), num(3)});
    EXPECT_EQ(column(counted), (values{n(0), n(2), n(2), n(2), n(0)}));
}

TEST(windows, frames_out_of_the_closed_set_are_refused) {
    auto sum = over(window_function::aggregate, {col(1, int32)}, wide);
    sum.over = aggregate::sum_int64_to_int128;
    for (auto const* frame :
         {"RANGE BETWEEN 1 PRECEDING AND CURRENT ROW", "ROWS BETWEEN x PRECEDING AND CURRENT ROW",
          "ROWS BETWEEN -1 PRECEDING AND CURRENT ROW", "ROWS 1 PRECEDING",
          "ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) FROM x --"}) {
        sum.frame = frame;
        EXPECT_THROW(column(sum), failure_exception) << frame;
    }
    EXPECT_THROW(column(over(window_function::ntile, {num(0)}, int64)), failure_exception);
    EXPECT_THROW(column(over(window_function::nth_value, {col(1, int32), col(1, int32)}, int32)),
                 failure_exception);
}

TEST(windows, without_partition_and_order) {
    window_call counted;
    counted.what = window_function::aggregate;
    counted.over = aggregate::count_star;
    counted.type = int64;
    EXPECT_EQ(column(counted), (values{n(5), n(5), n(5), n(5), n(5)}));
}

}  // namespace
}  // namespace sluice::query::test
