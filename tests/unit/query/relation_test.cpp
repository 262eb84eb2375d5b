#include <gtest/gtest.h>

#include <limits>

#include "tests/unit/query/plan_builder.hpp"

namespace sluice::query::test {
namespace {

node_ptr people() {
    return table({int32, text, int32}, {{n(1), s("ann"), n(10)},
                                        {n(2), s("bob"), n(20)},
                                        {n(3), s("cat"), null()},
                                        {n(4), s("dan"), n(10)}});
}
node_ptr towns() {
    return table({int32, text}, {{n(10), s("here")}, {n(30), s("there")}, {null(), s("nowhere")}});
}
scalar_ptr same_town() { return call(builtin::equal, {col(2, int32), col(3, int32)}); }
order ascending(scalar_ptr by) { return {std::move(by), false, false}; }
order descending(scalar_ptr by, bool nulls_first = true) {
    return {std::move(by), true, nulls_first};
}

TEST(relations, a_scan_gives_the_columns_asked_for) {
    auto const source = make_constant_source({int32, text, boolean}, {{n(1), s("x"), b(true)}});
    EXPECT_EQ(ran(make(scan{source, {2, 0}})), (rows{{b(true), n(1)}}));
    EXPECT_EQ(ran(make(scan{source, {}})), (rows{{}}));
    EXPECT_EQ(ran(make(scan{source, {1, 1}})), (rows{{s("x"), s("x")}}));
}

// The source is asked for no column that nobody reads.
TEST(relations, a_projection_reaches_the_source) {
    struct watched : row_source {
        explicit watched(std::vector<std::vector<std::uint32_t>>& to) : asked(to) {}
        std::vector<value_type> types() const override { return {int32, text, int64}; }
        std::uint64_t estimated_rows() const override { return 1; }
        result<std::unique_ptr<row_stream>> open(
            std::vector<std::uint32_t> const& columns) const override {
            asked.push_back(columns);
            return make_constant_source(types(), {{n(1), s("a"), n(7)}})->open(columns);
        }
        std::vector<std::vector<std::uint32_t>>& asked;
    };
    std::vector<std::vector<std::uint32_t>> asked;
    auto const all = read(std::make_shared<watched>(asked));
    EXPECT_EQ(ran(select(all, {col(2, int64)})), (rows{{n(7)}}));
    EXPECT_EQ(ran(grouped(all, {}, {agg(aggregate::count_star, {}, int64)})), (rows{{n(1)}}));
    EXPECT_EQ(asked, (std::vector<std::vector<std::uint32_t>>{{2}, {}}));
}

TEST(relations, constant_rows) {
    EXPECT_EQ(ran(make(constant_rows{{{num(1), str("a")}, {num(2), lit(null(), text)}},
                                      {int32, text}})),
              (rows{{n(1), s("a")}, {n(2), null()}}));
    EXPECT_EQ(ran(make(constant_rows{{}, {int32}})), rows{});
    EXPECT_EQ(ran(make(constant_rows{{{}}, {}})), (rows{{}}));
    constant_rows many{{}, {int64}};
    rows expected;
    for (std::int64_t at = 0; at < 5000; ++at) {
        many.rows.push_back({num(at, int64)});
        expected.push_back({n(at)});
    }
    EXPECT_EQ(ran(make(std::move(many))), expected);
}

TEST(relations, filters_keep_what_is_true) {
    auto const is_ten = call(builtin::equal, {col(2, int32), num(10)});
    EXPECT_EQ(ran(select(where(people(), is_ten), {col(0, int32)})), (rows{{n(1)}, {n(4)}}));
    EXPECT_EQ(ran(where(people(), call(builtin::logical_not, {is_ten}))).size(), 1U);
}

TEST(relations, joins_of_every_kind) {
    auto const ids = [](join_kind what) {
        auto const both = joined(what, people(), towns(), same_town());
        auto const pair = select(both, {col(0, int32), col(4, text)});
        return ran(sorted(pair, {ascending(col(0, int32)), ascending(col(1, text))}));
    };
    EXPECT_EQ(ids(join_kind::inner), (rows{{n(1), s("here")}, {n(4), s("here")}}));
    EXPECT_EQ(ids(join_kind::left),
              (rows{{n(1), s("here")}, {n(2), null()}, {n(3), null()}, {n(4), s("here")}}));
    EXPECT_EQ(ids(join_kind::right), (rows{{n(1), s("here")}, {n(4), s("here")},
                                           {null(), s("nowhere")}, {null(), s("there")}}));
    EXPECT_EQ(ids(join_kind::full),
              (rows{{n(1), s("here")}, {n(2), null()}, {n(3), null()}, {n(4), s("here")},
                    {null(), s("nowhere")}, {null(), s("there")}}));
    EXPECT_EQ(ran(joined(join_kind::cross, people(), towns(), nullptr)).size(), 12U);
    auto const left_ids = [](join_kind what) {
        auto const left = joined(what, people(), towns(), same_town());
        return ran(sorted(select(left, {col(0, int32)}), {ascending(col(0, int32))}));
    };
    EXPECT_EQ(left_ids(join_kind::semi), (rows{{n(1)}, {n(4)}}));
    EXPECT_EQ(left_ids(join_kind::anti), (rows{{n(2)}, {n(3)}}));
}

TEST(relations, an_outer_join_keeps_rows_that_its_condition_refuses) {
    auto const condition = call(builtin::logical_and,
                                {same_town(), call(builtin::equal, {col(0, int32), num(4)})});
    auto const both = joined(join_kind::left, people(), towns(), condition);
    EXPECT_EQ(ran(sorted(select(both, {col(0, int32), col(4, text)}), {ascending(col(0, int32))})),
              (rows{{n(1), null()}, {n(2), null()}, {n(3), null()}, {n(4), s("here")}}));
    auto const unequal = call(builtin::less, {col(0, int32), col(3, int32)});
    EXPECT_EQ(ran(joined(join_kind::full, people(), towns(), unequal)).size(), 9U);
}

TEST(relations, sorting_places_nulls_and_nan_as_asked) {
    auto const nan_value = std::numeric_limits<double>::quiet_NaN();
    auto const numbers = table({float64, int32}, {{f(1), n(1)}, {f(nan_value), n(2)}, {null(), n(3)},
                                                  {f(-0.0), n(5)}, {f(0.0), n(4)},
                                                  {f(-1e300), n(6)}});
    auto const ids = [&](std::vector<order> by) {
        std::vector<std::int64_t> all;
        auto const sorted_rows = run(select(sorted(numbers, std::move(by)), {col(1, int32)}));
        for (auto const& row : *sorted_rows) all.push_back(std::get<std::int64_t>(row[0].held));
        return all;
    };
    auto const by_id = ascending(col(1, int32));
    EXPECT_EQ(ids({ascending(col(0, float64)), by_id}),
              (std::vector<std::int64_t>{6, 4, 5, 1, 2, 3}));
    EXPECT_EQ(ids({descending(col(0, float64)), by_id}),
              (std::vector<std::int64_t>{3, 2, 1, 4, 5, 6}));
    EXPECT_EQ(ids({descending(col(0, float64), false), by_id}),
              (std::vector<std::int64_t>{2, 1, 4, 5, 6, 3}));
}

TEST(relations, limits_after_the_order) {
    auto const by = std::vector<order>{descending(col(0, int32))};
    auto const first = make(limiting{sorted(people(), by), 2, 1});
    EXPECT_EQ(ran(select(first, {col(1, text)})), (rows{{s("cat")}, {s("bob")}}));
    EXPECT_EQ(ran(make(limiting{people(), 0, 0})), rows{});
    EXPECT_EQ(ran(make(limiting{people(), std::nullopt, 3})).size(), 1U);
    EXPECT_EQ(ran(make(limiting{people(), INT64_MAX, INT64_MAX})).size(), 0U);
}

// What a projection above a sort computes keeps the sort's order, also past one batch.
TEST(relations, a_projection_keeps_the_order_below_it) {
    rows many;
    for (std::int64_t at = 0; at < 10000; ++at) many.push_back({n((at * 7919) % 10007)});
    auto const by = std::vector<order>{ascending(col(0, int32))};
    auto const plan = select(sorted(table({int32}, many), by),
                             {call(builtin::multiply, {col(0, int32), num(2)}, int32)});
    auto const answer = ran(plan);
    ASSERT_EQ(answer.size(), many.size());
    for (std::size_t at = 1; at < answer.size(); ++at)
        ASSERT_LT(std::get<std::int64_t>(answer[at - 1][0].held),
                  std::get<std::int64_t>(answer[at][0].held));
}

TEST(relations, distinct_rows_and_distinct_on) {
    auto const pairs = table({int32, text}, {{n(1), s("b")}, {n(1), s("a")}, {null(), s("x")},
                                             {null(), s("x")}, {n(2), s("c")}, {n(1), s("b")}});
    EXPECT_EQ(ran(make(distinction{pairs, {}, {}})).size(), 4U);
    auto const firsts = make(distinction{pairs, {col(0, int32)},
                                         {ascending(col(0, int32)), descending(col(1, text))}});
    EXPECT_EQ(ran(sorted(firsts, {ascending(col(0, int32))})),
              (rows{{n(1), s("b")}, {n(2), s("c")}, {null(), s("x")}}));
    auto const zeros = table({float64}, {{f(0.0)}, {f(-0.0)}, {f(NAN)}, {f(-NAN)}});
    EXPECT_EQ(ran(make(distinction{zeros, {}, {}})).size(), 2U);
}

TEST(relations, set_operations_count_duplicates) {
    auto const left = table({int32}, {{n(1)}, {n(1)}, {n(1)}, {n(2)}, {null()}, {null()}});
    auto const right = table({int32}, {{n(1)}, {n(1)}, {n(3)}, {null()}});
    auto const both = [&](set_kind what) {
        return ran(sorted(make(set_combination{what, left, right}), {ascending(col(0, int32))}));
    };
    EXPECT_EQ(both(set_kind::union_all).size(), 10U);
    EXPECT_EQ(both(set_kind::union_distinct), (rows{{n(1)}, {n(2)}, {n(3)}, {null()}}));
    EXPECT_EQ(both(set_kind::intersect_all), (rows{{n(1)}, {n(1)}, {null()}}));
    EXPECT_EQ(both(set_kind::intersect_distinct), (rows{{n(1)}, {null()}}));
    EXPECT_EQ(both(set_kind::except_all), (rows{{n(1)}, {n(2)}, {null()}}));
    EXPECT_EQ(both(set_kind::except_distinct), (rows{{n(2)}}));
}

TEST(relations, union_all_keeps_the_order_of_its_sides) {
    auto const numbers = [](std::int64_t from) {
        rows all;
        for (std::int64_t at = from; at < from + 3000; ++at) all.push_back({n(at)});
        return table({int64}, all);
    };
    auto const answer = ran(make(set_combination{set_kind::union_all, numbers(0), numbers(3000)}));
    ASSERT_EQ(answer.size(), 6000U);
    for (std::size_t at = 0; at < answer.size(); ++at)
        ASSERT_EQ(answer[at][0], n(static_cast<std::int64_t>(at)));
}

TEST(relations, recursion_with_and_without_duplicates) {
    auto const counted = make(recursive_scan{"r", {int32}});
    auto const next = select(where(counted, call(builtin::less, {col(0, int32), num(5)})),
                             {call(builtin::add, {col(0, int32), num(1)}, int32)});
    auto const one = make(constant_rows{{{num(1)}}, {int32}});
    EXPECT_EQ(ran(make(recursion{"r", one, next, false})),
              (rows{{n(1)}, {n(2)}, {n(3)}, {n(4)}, {n(5)}}));

    // A graph with a cycle ends only because of DISTINCT.
    auto const edges = table({int32, int32}, {{n(1), n(2)}, {n(2), n(3)}, {n(3), n(1)}});
    auto const met = call(builtin::equal, {col(0, int32), col(1, int32)});
    auto const step = select(joined(join_kind::inner, make(recursive_scan{"w", {int32}}), edges,
                                    met),
                             {col(2, int32)});
    auto const reached = make(recursion{"w", one, step, true});
    EXPECT_EQ(ran(sorted(reached, {ascending(col(0, int32))})), (rows{{n(1)}, {n(2)}, {n(3)}}));
}

// Read twice, computed once: both readers see the same volatile values.
TEST(relations, shared_rows_are_computed_once) {
    std::atomic<std::int64_t> calls = 0;
    own_function ticket{"ticket", {}, int64, true, true, {}, {}};
    ticket.call = [&](std::vector<value> const&) -> result<value> { return n(++calls); };
    auto const body = select(people(), {col(0, int32), own(ticket, {})});
    auto const reader = [] { return make(shared_scan{"s", {int32, int64}}); };
    auto const same = call(builtin::logical_and,
                           {call(builtin::equal, {col(0, int32), col(2, int32)}),
                            call(builtin::equal, {col(1, int64), col(3, int64)})});
    auto const main = joined(join_kind::inner, reader(), reader(), same);
    EXPECT_EQ(ran(make(shared_rows{"s", body, main})).size(), 4U);
    EXPECT_EQ(calls, 4);
}

TEST(relations, an_expansion_gives_a_row_per_element) {
    auto const three = lit(list({n(7), null(), n(9)}), list_of(int32));
    EXPECT_EQ(ran(make(expansion{three, true})),
              (rows{{n(7), n(1)}, {null(), n(2)}, {n(9), n(3)}}));
    EXPECT_EQ(ran(make(expansion{lit(null(), list_of(int32)), true})), rows{});
    EXPECT_EQ(ran(make(expansion{lit(list({}), list_of(int32)), false})), rows{});
}

}  // namespace
}  // namespace sluice::query::test
