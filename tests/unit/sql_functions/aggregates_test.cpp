// Aggregates and set-returning functions, stepped by hand; the expected texts are PostgreSQL's
// answers to the SQL in each case's name.
#include <gtest/gtest.h>

#include "protocols/sql/functions/function_table.hpp"
#include "protocols/sql/types/type_oids.hpp"

namespace sluice::sql {
namespace {

datum value_of(sql_type type, char const* text) {
    if (text == nullptr) return sql_null{};
    return input_text(type, text, io_context{}).value();
}
std::string text_of(type_oid type, datum const& value) {
    if (is_null(value)) return "NULL";
    std::string out;
    output_text(type, value, io_context{}, out);
    return out;
}

// The pg_proc row of an aggregate by name and first argument type.
object_oid aggregate_named(std::string_view name, type_oid first) {
    for (std::uint32_t oid = 1; oid < 16384; ++oid) {
        auto const* facts = find_function_facts(object_oid{oid});
        if (facts != nullptr && facts->name == name && facts->kind == 'a' &&
            !facts->arguments.empty() && facts->arguments[0] == first)
            return object_oid{oid};
    }
    return {};
}

std::string aggregate(std::string_view name, type_oid declared, type_oid type, type_oid result,
                      std::vector<char const*> const& rows, char const* second = nullptr) {
    evaluation_context context;
    std::vector<sql_type> types{{type, -1}};
    if (second != nullptr) types.push_back({oid::text, -1});
    auto running =
        running_aggregate::start(aggregate_named(name, declared), {result, -1}, types, context);
    if (running.has_error()) return running.error().message;
    for (auto const* row : rows) {
        std::vector<datum> arguments{value_of({type, -1}, row)};
        if (second != nullptr) arguments.push_back(value_of({oid::text, -1}, second));
        auto const stepped = running->step(arguments, context);
        if (stepped.has_error()) return stepped.error().message;
    }
    auto const value = running->finish(context);
    return value.has_error() ? value.error().message : text_of(result, *value);
}
std::string number(std::string_view name, type_oid type, type_oid result,
                   std::vector<char const*> const& rows) {
    return aggregate(name, type, type, result, rows);
}

TEST(Aggregates, Sums) {
    EXPECT_EQ(number("sum", oid::int4, oid::int8, {"2147483647", "1", nullptr}), "2147483648");
    EXPECT_EQ(
        number("sum", oid::int8, oid::numeric, {"9223372036854775807", "9223372036854775807"}),
        "18446744073709551614");
    EXPECT_EQ(number("sum", oid::numeric, oid::numeric, {"1.10", "2.205", "NaN"}), "NaN");
    EXPECT_EQ(number("sum", oid::numeric, oid::numeric, {"1.10", "2.205"}), "3.305");
    EXPECT_EQ(number("sum", oid::int4, oid::int8, {}), "NULL");
    EXPECT_EQ(number("sum", oid::float8, oid::float8, {"1e308", "1e308"}),
              "value out of range: overflow");
    EXPECT_EQ(number("sum", oid::interval, oid::interval, {"1 day", "02:00", "1 mon"}),
              "1 mon 1 day 02:00:00");
}

TEST(Aggregates, AveragesAndSpreads) {
    EXPECT_EQ(number("avg", oid::int4, oid::numeric, {"1", "2", "4"}), "2.3333333333333333");
    EXPECT_EQ(number("avg", oid::numeric, oid::numeric, {"1.5", "2.5"}), "2.0000000000000000");
    EXPECT_EQ(number("avg", oid::float8, oid::float8, {"1", "2"}), "1.5");
    EXPECT_EQ(number("variance", oid::int4, oid::numeric, {"1", "2", "4"}), "2.3333333333333333");
    EXPECT_EQ(number("var_pop", oid::int4, oid::numeric, {"1", "2", "4"}), "1.5555555555555556");
    EXPECT_EQ(number("stddev", oid::int4, oid::numeric, {"1", "2", "4"}), "1.5275252316519467");
    EXPECT_EQ(number("stddev", oid::float8, oid::float8, {"1", "2", "4"}), "1.5275252316519468");
    EXPECT_EQ(number("stddev", oid::numeric, oid::numeric, {"1"}), "NULL");
}

TEST(Aggregates, OthersAndCollections) {
    EXPECT_EQ(number("max", oid::text, oid::text, {"a", "c", "b"}), "c");
    EXPECT_EQ(number("min", oid::numeric, oid::numeric, {"10", "9.5"}), "9.5");
    EXPECT_EQ(number("bool_and", oid::boolean, oid::boolean, {"t", nullptr, "f"}), "f");
    EXPECT_EQ(number("bit_or", oid::int4, oid::int4, {"1", "4"}), "5");
    EXPECT_EQ(
        aggregate("array_agg", oid::anynonarray, oid::int4, oid::int4_array, {"1", nullptr, "3"}),
        "{1,NULL,3}");
    EXPECT_EQ(
        aggregate("array_agg", oid::anyarray, oid::int4_array, oid::int4_array, {"{1,2}", "{3,4}"}),
        "{{1,2},{3,4}}");
    EXPECT_EQ(aggregate("string_agg", oid::text, oid::text, oid::text, {"a", nullptr, "b"}, ", "),
              "a, b");
    EXPECT_EQ(aggregate("json_agg", oid::anyelement, oid::text, oid::json, {"a", nullptr}),
              "[\"a\", null]");
    EXPECT_EQ(aggregate("jsonb_agg", oid::anyelement, oid::numeric, oid::jsonb, {"1.50"}),
              "[1.50]");
}

std::string set(std::uint32_t function, std::vector<std::pair<type_oid, char const*>> const& given,
                type_oid result) {
    evaluation_context context;
    std::vector<datum> arguments;
    std::vector<sql_type> types;
    for (auto const& [type, text] : given) {
        types.push_back({type, -1});
        arguments.push_back(value_of({type, -1}, text));
    }
    auto rows = start_set(object_oid{function}, arguments, types, {result, -1}, context);
    if (rows.has_error()) return rows.error().message;
    std::string out;
    datum value;
    while ((*rows)->next(value)) out += text_of(result, value) + ";";
    if ((*rows)->failed() != nullptr) return (*rows)->failed()->message;
    return out;
}

TEST(Sets, Series) {
    EXPECT_EQ(set(1067, {{oid::int4, "1"}, {oid::int4, "3"}}, oid::int4), "1;2;3;");
    EXPECT_EQ(set(1066, {{oid::int4, "3"}, {oid::int4, "1"}, {oid::int4, "-2"}}, oid::int4),
              "3;1;");
    EXPECT_EQ(set(1066, {{oid::int4, "3"}, {oid::int4, "1"}, {oid::int4, "0"}}, oid::int4),
              "step size cannot equal zero");
    EXPECT_EQ(set(1069, {{oid::int8, "9223372036854775806"}, {oid::int8, "9223372036854775807"}},
                  oid::int8),
              "9223372036854775806;9223372036854775807;");
    EXPECT_EQ(set(1067, {{oid::int4, "1"}, {oid::int4, nullptr}}, oid::int4), "");
    EXPECT_EQ(set(938,
                  {{oid::timestamp, "2024-01-31"},
                   {oid::timestamp, "2024-03-31"},
                   {oid::interval, "1 mon"}},
                  oid::timestamp),
              "2024-01-31 00:00:00;2024-02-29 00:00:00;2024-03-29 00:00:00;");
}

TEST(Sets, OfValues) {
    EXPECT_EQ(set(2331, {{oid::int4_array, "{1,NULL,3}"}}, oid::int4), "1;NULL;3;");
    EXPECT_EQ(set(3219, {{oid::jsonb, "[1,\"a\",{\"b\":2}]"}}, oid::jsonb), "1;\"a\";{\"b\": 2};");
    EXPECT_EQ(set(3465, {{oid::jsonb, "[1,\"a\",null]"}}, oid::text), "1;a;NULL;");
    EXPECT_EQ(set(3208, {{oid::jsonb, "{\"a\":1,\"b\":[2]}"}}, oid::record), "(a,1);(b,[2]);");
    EXPECT_EQ(set(2764, {{oid::text, "foobarbaz"}, {oid::text, "b(..)"}, {oid::text, "g"}},
                  oid::text_array),
              "{ar};{az};");
    EXPECT_EQ(set(2765, {{oid::text, "a b  c"}, {oid::text, "\\s+"}}, oid::text), "a;b;c;");
}

// Every row of pg_proc that is served names a symbol that pg_proc has (the table asserts it), and
// facts and service agree about what a row is.
TEST(FunctionTable, KindsAgree) {
    std::size_t served = 0;
    for (std::uint32_t oid = 1; oid < 16384; ++oid) {
        auto const& each = find_function(object_oid{oid});
        if (!each.served()) continue;
        ++served;
        ASSERT_NE(each.facts, nullptr);
        EXPECT_EQ(each.aggregate != nullptr, each.facts->kind == 'a') << each.facts->name;
        EXPECT_EQ(each.window != nullptr, each.facts->kind == 'w') << each.facts->name;
        if (each.set != nullptr) EXPECT_TRUE(each.facts->returns_set) << each.facts->name;
        if (each.scalar != nullptr) EXPECT_FALSE(each.facts->returns_set) << each.facts->name;
    }
    EXPECT_GT(served, 1000U);
}

}  // namespace
}  // namespace sluice::sql
