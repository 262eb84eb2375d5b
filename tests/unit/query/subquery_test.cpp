#include <gtest/gtest.h>

#include "tests/unit/query/plan_builder.hpp"

namespace sluice::query::test {
namespace {

using form = subquery_scalar::form;

node_ptr outer() { return table({int32}, {{n(1)}, {n(2)}, {n(3)}, {null()}}); }
node_ptr inner() { return table({int32, int32}, {{n(1), n(10)}, {n(1), n(11)}, {n(2), n(20)}}); }
// inner's rows whose first column is the outer row's
node_ptr matching(std::uint32_t levels_up = 1) {
    return where(inner(), call(builtin::equal, {col(0, int32), col(0, int32, levels_up)}));
}

TEST(subqueries, exists_correlated_and_not) {
    EXPECT_EQ(ran(where(outer(), sub(form::exists, matching(), boolean))),
              (rows{{n(1)}, {n(2)}}));
    auto const absent = call(builtin::logical_not, {sub(form::exists, matching(), boolean)});
    EXPECT_EQ(ran(where(outer(), absent)).size(), 2U);
    EXPECT_EQ(ran(where(outer(), sub(form::exists, table({int32}, {}), boolean))).size(), 0U);
}

TEST(subqueries, single_values) {
    auto const count = grouped(matching(), {}, {agg(aggregate::count_star, {}, int64)});
    EXPECT_EQ(ran(select(outer(), {col(0, int32), sub(form::single, count, int64)})),
              (rows{{n(1), n(2)}, {n(2), n(1)}, {n(3), n(0)}, {null(), n(0)}}));
    auto const none = select(where(inner(), lit(b(false), boolean)), {col(1, int32)});
    EXPECT_EQ(ran(select(outer(), {sub(form::single, none, int32)})),
              (rows{{null()}, {null()}, {null()}, {null()}}));
}

TEST(subqueries, more_than_one_row_is_an_error) {
    auto const several = select(inner(), {col(1, int32)});
    EXPECT_EQ(run(select(outer(), {sub(form::single, several, int32)})).error().code,
              error::precondition_failed);
    auto const correlated = select(matching(), {col(1, int32)});
    EXPECT_EQ(run(select(outer(), {sub(form::single, correlated, int32)})).error().code,
              error::precondition_failed);
    auto const limited = make(limiting{several, 1, 0});
    EXPECT_EQ(ran(select(outer(), {sub(form::single, limited, int32)})).size(), 4U);
}

TEST(subqueries, in_and_not_in_know_nulls) {
    auto const in = [](form what, node_ptr body) {
        return ran(select(outer(), {sub(what, body, boolean, {col(0, int32)})}));
    };
    auto const some = table({int32}, {{n(1)}, {n(2)}});
    auto const with_null = table({int32}, {{n(1)}, {null()}});
    auto const none = table({int32}, {});
    EXPECT_EQ(in(form::any_equal, some), (rows{{b(true)}, {b(true)}, {b(false)}, {null()}}));
    EXPECT_EQ(in(form::any_equal, with_null), (rows{{b(true)}, {null()}, {null()}, {null()}}));
    EXPECT_EQ(in(form::any_equal, none), (rows{{b(false)}, {b(false)}, {b(false)}, {b(false)}}));
    EXPECT_EQ(in(form::all_not_equal, with_null),
              (rows{{b(false)}, {null()}, {null()}, {null()}}));
    EXPECT_EQ(in(form::all_not_equal, none), (rows{{b(true)}, {b(true)}, {b(true)}, {b(true)}}));
}

TEST(subqueries, correlated_in) {
    auto const body = select(matching(), {col(1, int32)});
    EXPECT_EQ(ran(where(outer(), sub(form::any_equal, body, boolean, {num(20)}))),
              (rows{{n(2)}}));
}

TEST(subqueries, two_levels) {
    // For each outer row: does an inner row exist for which an outer row of the same number exists?
    auto const innermost = where(outer(), call(builtin::logical_and,
                                               {call(builtin::equal, {col(0, int32), col(0, int32, 1)}),
                                                call(builtin::equal, {col(0, int32), col(0, int32, 2)})}));
    auto const middle = where(inner(), sub(form::exists, innermost, boolean));
    EXPECT_EQ(ran(where(outer(), sub(form::exists, middle, boolean))), (rows{{n(1)}, {n(2)}}));
}

// An aggregate over only the outer row's column belongs to the subquery it stands in.
TEST(subqueries, an_aggregate_of_an_outer_column) {
    auto const sum = grouped(inner(), {}, {agg(aggregate::sum_int64_to_int128,
                                               {col(0, int32, 1)}, wide)});
    EXPECT_EQ(ran(select(outer(), {sub(form::single, sum, wide)})),
              (rows{{w(3)}, {w(6)}, {w(9)}, {null()}}));
}

TEST(subqueries, lateral_joins) {
    auto const first = make(limiting{
        make(sorting{select(matching(), {col(1, int32)}), {{col(0, int32), true, false}}}), 1, 0});
    auto const ids = [&](join_kind what) {
        auto const always = what == join_kind::cross ? nullptr : lit(b(true), boolean);
        auto const both = joined(what, outer(), first, always, true);
        return ran(sorted(both, {{col(0, int32), false, false}}));
    };
    EXPECT_EQ(ids(join_kind::cross), (rows{{n(1), n(11)}, {n(2), n(20)}}));
    EXPECT_EQ(ids(join_kind::left),
              (rows{{n(1), n(11)}, {n(2), n(20)}, {n(3), null()}, {null(), null()}}));
}

TEST(subqueries, a_lateral_expansion) {
    auto const source = table({int32, list_of(int32)},
                              {{n(1), list({n(4), n(5)})}, {n(2), list({})}, {n(3), null()}});
    auto const elements = make(expansion{col(1, list_of(int32), 1), true});
    auto const both = joined(join_kind::left, source, elements, lit(b(true), boolean), true);
    auto const picked = select(both, {col(0, int32), col(2, int32), col(3, int64)});
    EXPECT_EQ(ran(sorted(picked, {{col(0, int32), false, false}, {col(2, int64), false, false}})),
              (rows{{n(1), n(4), n(1)}, {n(1), n(5), n(2)}, {n(2), null(), null()},
                    {n(3), null(), null()}}));
}

TEST(subqueries, lateral_rows) {
    auto const body = make(constant_rows{{{col(0, int32, 1)}, {num(7)}}, {int32}});
    auto const both = joined(join_kind::cross, table({int32}, {{n(1)}, {n(2)}}), body, nullptr, true);
    EXPECT_EQ(ran(sorted(both, {{col(0, int32), false, false}, {col(1, int32), false, false}})),
              (rows{{n(1), n(1)}, {n(1), n(7)}, {n(2), n(2)}, {n(2), n(7)}}));
}

TEST(subqueries, a_volatile_function_in_a_correlated_one_is_refused) {
    own_function random{"random", {}, int32, true, true, {}, {}};
    random.call = [](std::vector<value> const&) -> result<value> { return n(1); };
    auto const once = select(make(limiting{inner(), 1, 0}), {own(random, {})});
    EXPECT_EQ(ran(select(outer(), {sub(form::single, once, int32)})).size(), 4U);
    auto const each = select(make(limiting{matching(), 1, 0}), {own(random, {})});
    EXPECT_EQ(run(select(outer(), {sub(form::single, each, int32)})).error().code,
              error::unsupported);
}

}  // namespace
}  // namespace sluice::query::test
