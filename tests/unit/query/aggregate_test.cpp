#include <gtest/gtest.h>

#include <cmath>

#include "tests/unit/query/plan_builder.hpp"

namespace sluice::query::test {
namespace {

node_ptr sales() {
    return table({text, int32, int64}, {{s("a"), n(1), n(5)},
                                        {s("a"), n(2), null()},
                                        {s("b"), n(1), n(7)},
                                        {null(), n(1), n(5)},
                                        {s("a"), n(1), n(5)}});
}
std::vector<order> by_columns(std::vector<scalar_ptr> all) {
    std::vector<order> by;
    for (auto& one : all) by.push_back({std::move(one), false, false});
    return by;
}

TEST(aggregates, groups_and_nulls) {
    auto const plan = grouped(sales(), {col(0, text)},
                              {agg(aggregate::count_star, {}, int64),
                               agg(aggregate::count, {col(2, int64)}, int64),
                               agg(aggregate::sum_int64_to_int128, {col(2, int64)}, wide),
                               agg(aggregate::min, {col(1, int32)}, int32),
                               agg(aggregate::max, {col(2, int64)}, int64)});
    EXPECT_EQ(ran(sorted(plan, by_columns({col(0, text)}))),
              (rows{{s("a"), n(3), n(2), w(10), n(1), n(5)},
                    {s("b"), n(1), n(1), w(7), n(1), n(7)},
                    {null(), n(1), n(1), w(5), n(1), n(5)}}));
}

TEST(aggregates, no_rows_are_one_group_without_keys_and_none_with) {
    auto const empty = table({int32}, {});
    auto const calls = std::vector<aggregate_call>{
        agg(aggregate::count_star, {}, int64), agg(aggregate::max, {col(0, int32)}, int32),
        agg(aggregate::sum_int64_to_int128, {col(0, int32)}, wide),
        agg(aggregate::collect, {col(0, int32)}, list_of(int32))};
    EXPECT_EQ(ran(grouped(empty, {}, calls)), (rows{{n(0), null(), null(), null()}}));
    EXPECT_EQ(ran(grouped(empty, {col(0, int32)}, calls)), rows{});
    EXPECT_EQ(ran(grouped(empty, {}, {})), (rows{{}}));
}

TEST(aggregates, sums_go_past_int64) {
    auto const big = table({int64}, {{n(INT64_MAX)}, {n(INT64_MAX)}, {n(2)}});
    EXPECT_EQ(ran(grouped(big, {}, {agg(aggregate::sum_int64_to_int128, {col(0, int64)}, wide)})),
              (rows{{value{int128{0, 1}}}}));
}

TEST(aggregates, decimals) {
    value_type const money{kind::decimal, 10, 2};
    auto const prices = table({money}, {{w(150)}, {w(-25)}, {null()}});
    value_type const total{kind::decimal, 38, 2};
    EXPECT_EQ(ran(grouped(prices, {}, {agg(aggregate::sum_decimal, {col(0, money)}, total),
                                        agg(aggregate::min, {col(0, money)}, money)})),
              (rows{{w(125), w(-25)}}));
}

TEST(aggregates, floats_rank_nan_highest) {
    auto const numbers = table({float64}, {{f(1)}, {f(NAN)}, {f(-INFINITY)}, {null()}});
    auto const answer = ran(grouped(numbers, {}, {agg(aggregate::min, {col(0, float64)}, float64),
                                                   agg(aggregate::max, {col(0, float64)}, float64)}));
    EXPECT_EQ(answer[0][0], f(-INFINITY));
    EXPECT_TRUE(std::isnan(std::get<double>(answer[0][1].held)));
    auto const only_nan = ran(grouped(table({float64}, {{f(NAN)}}), {},
                                       {agg(aggregate::min, {col(0, float64)}, float64)}));
    EXPECT_TRUE(std::isnan(std::get<double>(only_nan[0][0].held)));
}

TEST(aggregates, filters_distinct_and_order) {
    auto filtered = agg(aggregate::count_star, {}, int64);
    filtered.filter = call(builtin::equal, {col(1, int32), num(1)});
    auto distinct = agg(aggregate::count, {col(2, int64)}, int64);
    distinct.distinct = true;
    auto ordered = agg(aggregate::collect, {col(2, int64)}, list_of(int64));
    ordered.order = {{col(2, int64), true, true}};
    auto distinct_list = agg(aggregate::collect, {col(2, int64)}, list_of(int64));
    distinct_list.distinct = true;
    distinct_list.order = {{col(2, int64), false, false}};
    EXPECT_EQ(ran(grouped(sales(), {}, {filtered, distinct, ordered, distinct_list})),
              (rows{{n(4), n(2), list({null(), n(7), n(5), n(5), n(5)}),
                     list({n(5), n(7), null()})}}));
}

// Text compares by bytes in every aggregate; an opaque value is only carried.
TEST(aggregates, text_and_opaque) {
    auto const words = table({text, opaque}, {{s("b"), s("2")}, {s("B"), s("1")}, {s("ä"), s("3")}});
    EXPECT_EQ(ran(grouped(words, {}, {agg(aggregate::min, {col(0, text)}, text),
                                       agg(aggregate::max, {col(0, text)}, text),
                                       agg(aggregate::collect, {col(1, opaque)}, list_of(opaque))})),
              (rows{{s("B"), s("ä"), list({s("2"), s("1"), s("3")})}}));
    auto const refused = grouped(words, {col(1, opaque)}, {});
    EXPECT_EQ(run(refused).error().code, error::unsupported);
}

TEST(aggregates, truth) {
    auto const flags = table({boolean}, {{b(true)}, {null()}, {b(false)}});
    EXPECT_EQ(ran(grouped(flags, {}, {agg(aggregate::bool_and, {col(0, boolean)}, boolean),
                                       agg(aggregate::bool_or, {col(0, boolean)}, boolean),
                                       agg(aggregate::max, {col(0, boolean)}, boolean)})),
              (rows{{b(false), b(true), b(true)}}));
}

TEST(aggregates, grouping_sets) {
    auto const plan = grouped(sales(), {col(0, text), col(1, int32)},
                              {agg(aggregate::count_star, {}, int64)}, {{0, 1}, {0}, {}, {}});
    auto const answer = ran(plan);
    EXPECT_EQ(answer.size(), 4U + 3U + 2U);
    std::size_t totals = 0;
    for (auto const& row : answer) totals += row[2] == n(5) ? 1 : 0;
    EXPECT_EQ(totals, 2U);
}

// SQL: the empty grouping set gives its row even where there is no input.
TEST(aggregates, an_empty_grouping_set_of_no_rows) {
    auto const plan = grouped(table({int32}, {}), {col(0, int32)},
                              {agg(aggregate::count_star, {}, int64)}, {{0}, {}});
    EXPECT_EQ(ran(plan), (rows{{null(), n(0)}}));
}

TEST(aggregates, many_groups) {
    rows many;
    for (std::int64_t at = 0; at < 200000; ++at) many.push_back({n(at % 50000), n(at)});
    auto const plan = grouped(table({int32, int32}, many), {col(0, int32)},
                              {agg(aggregate::collect, {col(1, int32)}, list_of(int32))});
    auto const answer = ran(sorted(plan, by_columns({col(0, int32)})));
    ASSERT_EQ(answer.size(), 50000U);
    EXPECT_EQ(answer[7][1], list({n(7), n(50007), n(100007), n(150007)}));
}

}  // namespace
}  // namespace sluice::query::test
