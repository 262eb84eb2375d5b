// Which functions of pg_proc are the engine's built-ins, and which cannot fail, by their C names.
#include <array>
#include <string_view>

#include "protocols/sql/functions/function_table.hpp"
#include "protocols/sql/plan/expression_walk.hpp"
#include "protocols/sql/plan/scalar_maker.hpp"

namespace sluice::sql::engine {
namespace {

struct ending {
    std::string_view text;
    relational::builtin what;
};
constexpr std::array endings{
    ending{"eq", relational::builtin::equal},         ending{"ne", relational::builtin::not_equal},
    ending{"lt", relational::builtin::less},          ending{"le", relational::builtin::less_equal},
    ending{"gt", relational::builtin::greater},       ending{"ge", relational::builtin::greater_equal},
};

// Families of comparisons whose order is the type's only one.
constexpr std::array<std::string_view, 27> families{
    "int2",  "int4",  "int8",   "int24", "int42",  "int28",      "int82",    "int48",    "int84",
    "float4", "float8", "float48", "float84", "bool", "char",     "name",     "text",     "text_",
    "bytea", "oid",   "date_",  "time_", "uuid_",  "bpchar",     "timestamp_", "interval_",
    "numeric_"};

// Other functions that give an answer for every argument.
constexpr std::array<std::string_view, 14> total{
    "textlen", "bpcharlen", "upper", "lower", "int48", "int28",  "i2toi4",
    "i4tod",   "i2tod",     "i8tod", "ftod",  "i4tof", "int4_numeric", "int8_numeric"};

std::string_view source_of(object_oid function) {
    auto const* facts = find_function_facts(function);
    return facts == nullptr ? std::string_view() : facts->source;
}

bool is_total(function_call const& call) {
    if (comparison_of(call.function)) return true;
    auto const source = source_of(call.function);
    for (auto const each : total)
        if (source == each) return true;
    return false;
}

}  // namespace

std::optional<relational::builtin> comparison_of(object_oid function) {
    auto const source = source_of(function);
    for (auto const& each : endings) {
        if (!source.ends_with(each.text)) continue;
        auto const family = source.substr(0, source.size() - each.text.size());
        for (auto const known : families)
            if (family == known) return each.what;
    }
    return std::nullopt;
}

bool cannot_fail(expression const& of) {
    bool total_so_far = true;
    walk(of, [&](expression const& node) {
        if (auto const* call = std::get_if<function_call>(&node.node))
            total_so_far = total_so_far && is_total(*call);
        else if (auto const* any = std::get_if<array_comparison>(&node.node))
            total_so_far = total_so_far && comparison_of(any->function);
        else if (auto const* cast = std::get_if<coercion>(&node.node))
            total_so_far = total_so_far && cast->how == coercion::kind::relabel;
        else
            total_so_far =
                total_so_far &&
                (std::holds_alternative<constant>(node.node) ||
                 std::holds_alternative<parameter>(node.node) ||
                 std::holds_alternative<column_reference>(node.node) ||
                 std::holds_alternative<boolean_operation>(node.node) ||
                 std::holds_alternative<null_test>(node.node) ||
                 std::holds_alternative<boolean_test>(node.node) ||
                 std::holds_alternative<distinct_test>(node.node) ||
                 std::holds_alternative<coalesce>(node.node) ||
                 std::holds_alternative<case_when>(node.node) ||
                 std::holds_alternative<aggregate_call>(node.node) ||
                 std::holds_alternative<window_call>(node.node));
    });
    return total_so_far;
}

namespace {

bool is_volatile_node(expression const& node) {
    if (std::holds_alternative<sequence_default>(node.node)) return true;
    auto const* call = std::get_if<function_call>(&node.node);
    if (auto const* set = std::get_if<set_returning_call>(&node.node)) call = &set->call;
    if (call == nullptr) return false;
    auto const* facts = find_function_facts(call->function);
    return facts == nullptr || facts->volatility == 'v';
}

}  // namespace

bool is_volatile(expression const& of) {
    bool found = false;
    walk_deep(of, 0, [&](expression const& node, std::uint32_t) {
        found = found || is_volatile_node(node);
    });
    return found;
}

bool is_volatile(query const& of) {
    bool found = false;
    walk_query(of, 0, [&](expression const& node, std::uint32_t) {
        found = found || is_volatile_node(node);
    });
    return found;
}

}  // namespace sluice::sql::engine
