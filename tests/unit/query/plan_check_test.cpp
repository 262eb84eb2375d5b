#include "backend/query/plan_check.hpp"

#include <gtest/gtest.h>

#include "backend/query/plan_printer.hpp"
#include "tests/unit/query/plan_builder.hpp"

namespace sluice::query::test {
namespace {

error refusal(node_ptr const& plan, plan_limits const& limits = {}) {
    auto const checked = check_plan(*plan, limits);
    return checked.has_error() ? checked.error().code : error::already_exists;
}
node_ptr one_row() { return make(constant_rows{{{}}, {}}); }

TEST(plan_check, refuses_columns_that_are_not_there) {
    auto const numbers = table({int32}, {});
    EXPECT_EQ(refusal(select(numbers, {col(1, int32)})), error::invalid_argument);
    EXPECT_EQ(refusal(select(numbers, {col(0, text)})), error::invalid_argument);
    EXPECT_EQ(refusal(select(numbers, {col(0, int32, 1)})), error::invalid_argument);
    auto wrong = std::make_shared<node>(*select(numbers, {col(0, int32)}));
    wrong->columns = {text};
    EXPECT_EQ(refusal(wrong), error::invalid_argument);
}

TEST(plan_check, refuses_kinds_that_an_operation_is_not_proven_for) {
    auto const mixed = call(builtin::equal, {num(1, int32), num(1, int64)});
    EXPECT_EQ(refusal(select(one_row(), {mixed})), error::invalid_argument);
    auto const opaque_value = lit(s("x"), opaque);
    EXPECT_EQ(refusal(select(one_row(), {call(builtin::equal, {opaque_value, opaque_value})})),
              error::unsupported);
    EXPECT_EQ(refusal(make(distinction{select(one_row(), {opaque_value}), {}, {}})),
              error::unsupported);
    EXPECT_EQ(refusal(sorted(one_row(), {{opaque_value, false, false}})), error::unsupported);
    EXPECT_EQ(refusal(select(one_row(), {call(builtin::add, {str("a"), str("b")}, text)})),
              error::invalid_argument);
    EXPECT_EQ(refusal(select(one_row(), {lit(s("1"), int32)})), error::invalid_argument);
    EXPECT_EQ(refusal(select(one_row(), {call(builtin::equal, {})})), error::invalid_argument);
}

TEST(plan_check, bounds_depth_and_size) {
    auto deep = num(1);
    for (int at = 0; at < 300; ++at) deep = call(builtin::negate, {deep}, int32);
    EXPECT_EQ(refusal(select(one_row(), {deep})), error::too_large);
    auto nested = one_row();
    for (int at = 0; at < 300; ++at) nested = where(nested, lit(b(true), boolean));
    EXPECT_EQ(refusal(nested), error::too_large);
    plan_limits small;
    small.parts_max = 5;
    EXPECT_EQ(refusal(select(one_row(), {num(1), num(2), num(3), num(4)}), small),
              error::too_large);
}

// The deepest plans that the check lets through do run.
TEST(plan_check, what_it_lets_through_runs) {
    auto nested = one_row();
    for (int at = 0; at < 190; ++at) nested = where(nested, lit(b(true), boolean));
    auto const answer = run(nested);
    ASSERT_TRUE(answer.has_value()) << answer.error().describe();
    auto deep = col(0, int32);
    for (int at = 0; at < 190; ++at) deep = call(builtin::negate, {deep}, int32);
    EXPECT_EQ(ran(select(table({int32}, {{n(1)}}), {deep})), (rows{{n(1)}}));
}

TEST(plan_check, unknown_names_and_missing_parts) {
    EXPECT_EQ(refusal(make(recursive_scan{"nobody", {int32}})), error::invalid_argument);
    auto missing = std::make_shared<node>();
    missing->what = filter{nullptr, nullptr};
    EXPECT_EQ(refusal(missing), error::invalid_argument);
    missing->what = scan{};
    EXPECT_EQ(refusal(missing), error::invalid_argument);
}

TEST(plan_printer, names_everything_by_number) {
    auto const numbers = table({int32, text}, {});
    auto const plan = where(numbers, call(builtin::equal, {col(1, text), str("it's")}));
    auto const printed = print_plan(*plan).value();
    EXPECT_EQ(printed.text,
              "SELECT t0.c0 AS c0, t0.c1 AS c1 FROM sluice_scan(0) AS t0 "
              "WHERE (t0.c1 = CAST('it''s' AS VARCHAR))");
    EXPECT_EQ(printed.sources.size(), 1U);
}

}  // namespace
}  // namespace sluice::query::test
