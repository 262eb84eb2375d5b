#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "tests/unit/query/plan_builder.hpp"

namespace sluice::query::test {
namespace {

// One row, one column: what the scalar gives.
result<value> evaluate(scalar_ptr what) {
    auto const one_row = make(constant_rows{{{}}, {}});
    auto answer = run(select(one_row, {std::move(what)}));
    if (answer.has_error()) return answer.error();
    return answer->at(0).at(0);
}

value evaluated(scalar_ptr what) { return evaluate(std::move(what)).value(); }

// The same over a column, which nothing folds beforehand.
result<value> evaluate_over(value held, value_type type, scalar_ptr what) {
    auto answer = run(select(table({type}, {{std::move(held)}}), {std::move(what)}));
    if (answer.has_error()) return answer.error();
    return answer->at(0).at(0);
}

auto const nan_value = std::numeric_limits<double>::quiet_NaN();
auto const infinite = std::numeric_limits<double>::infinity();

TEST(builtins, literals_of_every_kind_come_back) {
    EXPECT_EQ(evaluated(num(-32768, int16)), n(-32768));
    EXPECT_EQ(evaluated(num(INT64_MIN, int64)), n(INT64_MIN));
    EXPECT_EQ(evaluated(lit(f(0.1), float64)), f(0.1));
    EXPECT_EQ(evaluated(lit(f(5e-324), float64)), f(5e-324));
    EXPECT_EQ(evaluated(lit(f(0.1f), float32)), f(0.1f));
    EXPECT_EQ(evaluated(lit(f(-infinite), float64)), f(-infinite));
    EXPECT_TRUE(std::isnan(std::get<double>(evaluated(lit(f(nan_value), float64)).held)));
    EXPECT_TRUE(std::signbit(std::get<double>(evaluated(lit(f(-0.0), float64)).held)));
    EXPECT_EQ(evaluated(str("it's \\x41 \"q\" ä")), s("it's \\x41 \"q\" ä"));
    EXPECT_EQ(evaluated(lit(s(std::string("\0'\xff\\", 4)), bytes)), s(std::string("\0'\xff\\", 4)));
    EXPECT_EQ(evaluated(lit(null(), text)), null());
    EXPECT_EQ(evaluated(lit(b(true), boolean)), b(true));
    EXPECT_EQ(evaluated(lit(w(-5), wide)), w(-5));
    EXPECT_EQ(evaluated(lit(w(-5), {kind::decimal, 4, 2})), w(-5));
    EXPECT_EQ(evaluated(lit(w(123456789012345), {kind::decimal, 30, 20})), w(123456789012345));
    EXPECT_EQ(evaluated(lit(list({n(1), null()}), list_of(int32))), list({n(1), null()}));
    EXPECT_EQ(evaluated(lit(list({}), list_of(text))), list({}));
}

TEST(builtins, a_zero_byte_in_text_is_refused) {
    EXPECT_EQ(evaluate(str(std::string("a\0b", 3))).error().code, error::unsupported);
}

TEST(builtins, integer_overflow_is_an_error_with_postgresqls_text) {
    struct pair {
        builtin what;
        value_type type;
        std::int64_t left, right;
        char const* text;
    };
    for (auto const& one : {
             pair{builtin::add, int16, 32767, 1, "smallint out of range"},
             pair{builtin::add, int32, INT32_MAX, 1, "integer out of range"},
             pair{builtin::subtract, int64, INT64_MIN, 1, "bigint out of range"},
             pair{builtin::multiply, int32, 65536, 65536, "integer out of range"},
             pair{builtin::multiply, int64, INT64_MIN, -1, "bigint out of range"},
         }) {
        auto const literal_answer =
            evaluate(call(one.what, {num(one.left, one.type), num(one.right, one.type)}, one.type));
        auto const column_answer =
            evaluate_over(n(one.left), one.type,
                          call(one.what, {col(0, one.type), num(one.right, one.type)}, one.type));
        for (auto const& answer : {literal_answer, column_answer}) {
            ASSERT_TRUE(answer.has_error()) << one.text;
            EXPECT_EQ(answer.error().code, error::out_of_range);
            EXPECT_EQ(answer.error().text, one.text);
        }
    }
    EXPECT_EQ(evaluate(call(builtin::negate, {num(INT32_MIN)}, int32)).error().text,
              "integer out of range");
    EXPECT_EQ(evaluated(call(builtin::add, {num(2), num(3)}, int32)), n(5));
    EXPECT_EQ(evaluated(call(builtin::subtract, {num(2, int16), num(3, int16)}, int16)), n(-1));
    EXPECT_EQ(evaluated(call(builtin::multiply, {num(-4, int64), num(3, int64)}, int64)), n(-12));
    EXPECT_EQ(evaluated(call(builtin::add, {num(2), lit(null(), int32)}, int32)), null());
}

// The engine must not turn `x + 1 = y` into `x = y - 1`, which never overflows.
TEST(builtins, a_comparison_does_not_hide_an_overflow) {
    auto const sum = call(builtin::add, {col(0, int32), num(1)}, int32);
    auto const answer = run(where(table({int32}, {{n(INT32_MAX)}}),
                                  call(builtin::equal, {sum, num(10)})));
    EXPECT_EQ(answer.error().text, "integer out of range");
}

TEST(builtins, float_arithmetic_fails_where_postgresql_does) {
    auto const big = lit(f(1e308), float64), tiny = lit(f(1e-308), float64);
    auto const infinity = lit(f(infinite), float64);
    EXPECT_EQ(evaluate(call(builtin::float_add, {big, big}, float64)).error().text,
              "value out of range: overflow");
    EXPECT_EQ(evaluate(call(builtin::float_multiply, {tiny, tiny}, float64)).error().text,
              "value out of range: underflow");
    EXPECT_EQ(evaluated(call(builtin::float_add, {big, infinity}, float64)), f(infinite));
    EXPECT_TRUE(std::isnan(std::get<double>(evaluated(call(builtin::float_subtract, {infinity, infinity}, float64)).held)));
    EXPECT_EQ(evaluated(call(builtin::float_multiply,
                             {lit(f(1.1f), float32), lit(f(1.1f), float32)}, float32)),
              f(1.1f * 1.1f));
}

TEST(builtins, floats_compare_as_in_postgresql) {
    auto const not_a_number = lit(f(nan_value), float64), one = lit(f(1), float64);
    EXPECT_EQ(evaluated(call(builtin::equal, {not_a_number, not_a_number})), b(true));
    EXPECT_EQ(evaluated(call(builtin::greater, {not_a_number, lit(f(infinite), float64)})),
              b(true));
    EXPECT_EQ(evaluated(call(builtin::less, {not_a_number, one})), b(false));
    EXPECT_EQ(evaluated(call(builtin::equal, {lit(f(-0.0), float64), lit(f(0.0), float64)})),
              b(true));
    EXPECT_TRUE(std::isnan(std::get<double>(evaluated(call(builtin::greatest, {one, not_a_number}, float64)).held)));
    EXPECT_EQ(evaluated(call(builtin::least, {not_a_number, one}, float64)), f(1));
}

TEST(builtins, text_compares_by_bytes) {
    EXPECT_EQ(evaluated(call(builtin::less, {str("Z"), str("a")})), b(true));
    EXPECT_EQ(evaluated(call(builtin::less, {str("z"), str("ä")})), b(true));
    EXPECT_EQ(evaluated(call(builtin::less, {str("a"), str("ab")})), b(true));
    EXPECT_EQ(evaluated(call(builtin::equal, {str("a"), str("a ")})), b(false));
    EXPECT_EQ(evaluated(call(builtin::less, {lit(s("\x01"), bytes), lit(s("\xff"), bytes)})),
              b(true));
    EXPECT_EQ(evaluated(call(builtin::character_length, {str("añ😀")}, int32)), n(3));
    EXPECT_EQ(evaluated(call(builtin::concatenate_text, {str("a"), str(""), str("c")}, text)),
              s("ac"));
    EXPECT_EQ(evaluated(call(builtin::concatenate_text, {str("a"), lit(null(), text)}, text)),
              null());
}

TEST(builtins, logic_knows_three_values) {
    auto const yes = lit(b(true), boolean), no = lit(b(false), boolean);
    auto const unknown = lit(null(), boolean);
    EXPECT_EQ(evaluated(call(builtin::logical_and, {unknown, no})), b(false));
    EXPECT_EQ(evaluated(call(builtin::logical_and, {unknown, yes})), null());
    EXPECT_EQ(evaluated(call(builtin::logical_or, {unknown, yes, no})), b(true));
    EXPECT_EQ(evaluated(call(builtin::logical_or, {unknown, no})), null());
    EXPECT_EQ(evaluated(call(builtin::logical_not, {unknown})), null());
    EXPECT_EQ(evaluated(call(builtin::logical_not, {yes})), b(false));
    EXPECT_EQ(evaluated(call(builtin::is_null, {unknown})), b(true));
    EXPECT_EQ(evaluated(call(builtin::is_not_null, {unknown})), b(false));
    EXPECT_EQ(evaluated(call(builtin::is_distinct, {unknown, unknown})), b(false));
    EXPECT_EQ(evaluated(call(builtin::is_not_distinct, {unknown, yes})), b(false));
    EXPECT_EQ(evaluated(call(builtin::not_equal, {unknown, unknown})), null());
}

TEST(builtins, null_handling_of_the_conditional_ones) {
    auto const nothing = lit(null(), int32);
    EXPECT_EQ(evaluated(call(builtin::coalesce, {nothing, num(2), num(3)}, int32)), n(2));
    EXPECT_EQ(evaluated(call(builtin::greatest, {nothing, num(2), num(3)}, int32)), n(3));
    EXPECT_EQ(evaluated(call(builtin::least, {nothing, nothing}, int32)), null());
    EXPECT_EQ(evaluated(call(builtin::null_if, {num(2), num(2)}, int32)), null());
    EXPECT_EQ(evaluated(call(builtin::null_if, {num(2), nothing}, int32)), n(2));
    EXPECT_EQ(evaluated(when(lit(null(), boolean), num(1), num(2))), n(2));
    EXPECT_EQ(evaluated(when(lit(b(false), boolean), num(1), nullptr)), null());
}

TEST(builtins, any_of_a_written_list) {
    auto const made = [](std::vector<scalar_ptr> all) {
        return call(builtin::list_make, std::move(all), list_of(int32));
    };
    auto const any = [&](scalar_ptr left, std::vector<scalar_ptr> all) {
        return evaluated(call(builtin::list_contains_any, {left, made(std::move(all))}));
    };
    auto const nothing = lit(null(), int32);
    EXPECT_EQ(any(num(2), {num(1), num(2)}), b(true));
    EXPECT_EQ(any(num(2), {num(1), num(3)}), b(false));
    EXPECT_EQ(any(num(2), {num(1), nothing}), null());
    EXPECT_EQ(any(num(1), {num(1), nothing}), b(true));
    EXPECT_EQ(any(nothing, {num(1)}), null());
}

TEST(builtins, conversions_check_their_range) {
    EXPECT_EQ(evaluated(to(int16, num(-32768, int64))), n(-32768));
    EXPECT_EQ(evaluate(to(int16, num(32768, int32))).error().text, "smallint out of range");
    EXPECT_EQ(evaluate(to(int32, num(INT64_MAX, int64))).error().text, "integer out of range");
    EXPECT_EQ(evaluated(to(int64, num(-1, int16))), n(-1));
    EXPECT_EQ(evaluated(to(float64, num(INT64_MAX, int64))), f(9223372036854775808.0));
    EXPECT_EQ(evaluated(to(float32, num(16777217, int32))), f(16777216));
    EXPECT_EQ(evaluated(to(float64, lit(f(0.1f), float32))), f(0.1f));
    EXPECT_EQ(evaluate(to(int32, lit(f(1.5), float64))).error().code, error::unsupported);
}

// A division by zero behind a guard is never evaluated.
TEST(builtins, guards_hold) {
    own_function divide{"divide", {int32, int32}, int32, true, false, {}, {}};
    divide.call = [](std::vector<value> const& with) -> result<value> {
        auto const by = std::get<std::int64_t>(with[1].held);
        if (by == 0) return failure{error::invalid_argument, "division by zero"};
        return n(std::get<std::int64_t>(with[0].held) / by);
    };
    auto const quotient = own(divide, {num(10), col(0, int32)});
    auto const is_set = call(builtin::not_equal, {col(0, int32), num(0)});
    auto const numbers = table({int32}, {{n(0)}, {n(5)}, {n(2)}});
    EXPECT_EQ(ran(select(numbers, {when(is_set, quotient, num(-1))})),
              (rows{{n(-1)}, {n(2)}, {n(5)}}));
    auto const big = call(builtin::greater, {quotient, num(3)});
    EXPECT_EQ(ran(where(numbers, call(builtin::logical_and, {is_set, big}))), (rows{{n(2)}}));
    EXPECT_EQ(run(select(numbers, {quotient})).error().text, "division by zero");
}

}  // namespace
}  // namespace sluice::query::test
