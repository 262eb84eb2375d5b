// What one value, one call and one aggregate may take, with limits small enough to be met: every
// way that makes much out of little ends with 54000 or 53200 before the memory is taken.
#include <gtest/gtest.h>

#include "protocols/sql/functions/function_table.hpp"
#include "protocols/sql/types/array_text.hpp"
#include "protocols/sql/types/json_value.hpp"
#include "protocols/sql/types/type_oids.hpp"
#include "protocols/sql/types/value_weight.hpp"

namespace sluice::sql {
namespace {

constexpr std::size_t most = 10'000;

struct argument {
    type_oid type;
    datum value;
};
argument text(std::string value) { return {oid::text, datum(std::move(value))}; }
argument number(std::int64_t value) { return {oid::int4, datum(value)}; }
argument texts(std::size_t count, std::string const& each) {
    return {oid::text_array, make_array(oid::text, std::vector<datum>(count, datum(each)))};
}

evaluation_context limited() {
    evaluation_context context;
    context.io.limits.value_bytes = most;
    return context;
}

object_oid scalar_named(std::string_view name, std::size_t arguments) {
    for (std::uint32_t each = 1; each < 16384; ++each) {
        auto const& served = find_function(object_oid{each});
        if (served.scalar != nullptr && served.facts->name == name &&
            served.facts->arguments.size() == arguments)
            return object_oid{each};
    }
    ADD_FAILURE() << name;
    return {};
}

std::string state_of(object_oid function, std::vector<argument> const& given, type_oid result) {
    std::vector<datum> values;
    std::vector<sql_type> types;
    for (auto const& each : given) {
        values.push_back(each.value);
        types.push_back({each.type, -1});
    }
    auto context = limited();
    auto const made = call_function(function, values, types, {result, -1}, context);
    return made.has_error() ? made.error().sqlstate : "";
}
std::string state_of(std::string_view name, std::size_t declared,
                     std::vector<argument> const& given, type_oid result = oid::text) {
    return state_of(scalar_named(name, declared), given, result);
}

std::string const half(most / 2, 'x'), more(most / 2 + 1, 'y');

TEST(ValueLimits, JoinedTexts) {
    EXPECT_EQ(state_of("concat", 1, {text(half), text(half)}), "");
    EXPECT_EQ(state_of("concat", 1, {text(half), text(more)}), "54000");
    EXPECT_EQ(state_of("concat_ws", 2, {text(","), text(half), text(more)}), "54000");
    EXPECT_EQ(state_of("concat_ws", 2, {text(half), text("a"), text("b"), text("c"), text("d")}),
              "54000");
    constexpr object_oid text_and_any{2003}, any_and_text{2004};
    EXPECT_EQ(state_of(text_and_any, {text(half), number(1)}, oid::text), "");
    EXPECT_EQ(state_of(text_and_any, {text(half), texts(1, more)}, oid::text), "54000");
    EXPECT_EQ(state_of(any_and_text, {texts(1, more), text(half)}, oid::text), "54000");
    EXPECT_EQ(state_of("byteacat", 2, {{oid::bytea, datum(half)}, {oid::bytea, datum(more)}},
                       oid::bytea),
              "54000");
}

TEST(ValueLimits, TextsMadeOfLittle) {
    EXPECT_EQ(state_of("array_to_string", 2, {texts(100, "a"), text(std::string(200, '-'))}),
              "54000");
    EXPECT_EQ(state_of("encode", 2, {{oid::bytea, datum(more)}, text("hex")}), "54000");
    EXPECT_EQ(state_of("quote_literal", 1, {text(std::string(more.size(), '\''))}), "54000");
    EXPECT_EQ(state_of("regexp_replace", 3,
                       {text(std::string(100, 'a')), text("(a+)"), text([] {
                            std::string all;
                            for (int i = 0; i < 1000; ++i) all += "\\1";
                            return all;
                        }())}),
              "54000");
}

TEST(ValueLimits, ArraysMadeOfLittle) {
    EXPECT_EQ(state_of("array_fill", 2,
                       {text(std::string(100, 'x')),
                        {oid::int4_array, make_array(oid::int4, {datum(std::int64_t{1000})})}},
                       oid::text_array),
              "54000");
    EXPECT_EQ(state_of("array_replace", 3,
                       {texts(100, "a"), text("a"), text(std::string(200, 'b'))}, oid::text_array),
              "54000");
    EXPECT_EQ(state_of("string_to_array", 2, {text(std::string(1000, ',')), text(",")},
                       oid::text_array),
              "54000");
    EXPECT_EQ(state_of("string_to_array", 2, {text("a,b"), text(",")}, oid::text_array), "");
    EXPECT_EQ(state_of("array_append", 2, {texts(1, half), text(more)}, oid::text_array), "54000");
}

// A tree of json takes many times its text.
TEST(ValueLimits, JsonOfManyParts) {
    value_limits limits;
    limits.value_bytes = most;
    std::string few = "[1", many = "[1";
    for (int i = 0; i < 10; ++i) few += ",1";
    for (int i = 0; i < 1000; ++i) many += ",1";
    EXPECT_FALSE(parse_json(few + "]", limits).has_error());
    ASSERT_TRUE(parse_json(many + "]", limits).has_error());
    EXPECT_STREQ(parse_jsonb(many + "]", limits).error().sqlstate, "54000");
}

// Each record doubles the quotes inside: 60 of them would fill any memory.
TEST(ValueLimits, TextOfNestedRecords) {
    datum nested(std::string("\""));
    auto type = oid::text;
    for (int i = 0; i < 60; ++i) {
        auto row = std::make_shared<row_value>();
        row->types.push_back(type);
        row->fields.push_back(std::move(nested));
        nested = std::shared_ptr<row_value const>(std::move(row));
        type = oid::record;
    }
    io_context io;
    io.limits.value_bytes = most;
    std::string out = "before";
    output_text(oid::record, nested, io, out);
    EXPECT_LT(out.size(), 10 * most);
    auto const checked = check_printed(nested, out.size() - 6, io);
    ASSERT_TRUE(checked.has_error());
    EXPECT_STREQ(checked.error().sqlstate, "54000");
    EXPECT_FALSE(check_printed(datum(half + more), most + 1, io).has_error());
}

expression_ptr constant_of(std::string value) {
    auto node = std::make_shared<expression>();
    node->node = constant{datum(std::move(value))};
    node->type = {oid::text, -1};
    return node;
}

// What waits while the rest is made counts, and is given back.
TEST(ValueLimits, AnExpressionHoldsSoMuch) {
    expression array;
    array_constructor made;
    for (int i = 0; i < 4; ++i) made.elements.push_back(constant_of(std::string(1000, 'x')));
    array.node = made;
    array.type = {oid::text_array, -1};
    auto context = limited();
    context.memory_bytes = 5000;
    EXPECT_FALSE(evaluate(array, context).has_error());
    EXPECT_EQ(context.held_bytes, 0U);
    context.memory_bytes = 3000;
    auto const refused = evaluate(array, context);
    ASSERT_TRUE(refused.has_error());
    EXPECT_STREQ(refused.error().sqlstate, "53200");
    EXPECT_EQ(context.held_bytes, 0U);
}

object_oid aggregate_named(std::string_view name, type_oid first) {
    for (std::uint32_t each = 1; each < 16384; ++each) {
        auto const* facts = find_function_facts(object_oid{each});
        if (facts != nullptr && facts->name == name && facts->kind == 'a' &&
            !facts->arguments.empty() && facts->arguments[0] == first)
            return object_oid{each};
    }
    return {};
}

struct collector {
    char const* name;
    type_oid declared, type;
    datum value;
};

// Whoever charges memory_bytes() has to see the content, not only how many values there are.
TEST(ValueLimits, CollectorsWeighWhatTheyKeep) {
    constexpr type_oid any{2276};
    std::string const large(100'000, 'x');
    auto const array = make_array(oid::text, {datum(large)});
    for (auto const& each :
         {collector{"array_agg", oid::anynonarray, oid::text, datum(large)},
          collector{"array_agg", oid::anyarray, oid::text_array, array},
          collector{"string_agg", oid::text, oid::text, datum(large)},
          collector{"json_agg", oid::anyelement, oid::text, datum(large)},
          collector{"jsonb_object_agg", any, oid::text, datum(large)},
          collector{"mode", oid::anyelement, oid::text, datum(large)}}) {
        evaluation_context context;
        std::vector<sql_type> types{{each.type, -1}, {oid::text, -1}};
        auto running = running_aggregate::start(aggregate_named(each.name, each.declared),
                                                {oid::text, -1}, types, context);
        ASSERT_FALSE(running.has_error()) << each.name;
        auto const before = running->memory_bytes();
        for (int i = 0; i < 3; ++i) {
            std::vector<datum> const row{each.value, datum(std::string("k"))};
            ASSERT_FALSE(running->step(row, context).has_error()) << each.name;
        }
        EXPECT_GE(running->memory_bytes() - before, 3 * large.size()) << each.name;
    }
}

TEST(ValueLimits, AnArrayOfAnAggregateIsAValueToo) {
    auto context = limited();
    auto running = running_aggregate::start(aggregate_named("array_agg", oid::anynonarray),
                                            {oid::text_array, -1}, {{oid::text, -1}}, context);
    ASSERT_FALSE(running.has_error());
    std::vector<datum> const row{datum(half)};
    ASSERT_FALSE(running->step(row, context).has_error());
    ASSERT_FALSE(running->step(row, context).has_error());
    auto const refused = running->finish(context);
    ASSERT_TRUE(refused.has_error());
    EXPECT_STREQ(refused.error().sqlstate, "54000");
}

TEST(ValueLimits, RowsThatWaitInASetAreWeighed) {
    evaluation_context context;
    std::vector<datum> const arguments{texts(3, half).value};
    std::vector<sql_type> const types{{oid::text_array, -1}};
    constexpr object_oid unnest{2331};
    auto const rows = start_set(unnest, arguments, types, {oid::text, -1}, context);
    ASSERT_FALSE(rows.has_error());
    EXPECT_GE((*rows)->memory_bytes(), 3 * half.size());
}

}  // namespace
}  // namespace sluice::sql
