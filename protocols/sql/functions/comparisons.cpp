// = <> < <= > >= of every ordered type, and PostgreSQL's cross-type forms. Integers and booleans do
// not leave the stack.
#include <string>

#include "protocols/sql/functions/registry.hpp"
#include "protocols/sql/types/datetime.hpp"
#include "protocols/sql/types/type_oids.hpp"

namespace sluice::sql {
namespace {

enum class test : std::uint8_t { equal, not_equal, less, less_equal, greater, greater_equal };

template <test What>
constexpr bool holds(int order) {
    switch (What) {
        case test::equal:
            return order == 0;
        case test::not_equal:
            return order != 0;
        case test::less:
            return order < 0;
        case test::less_equal:
            return order <= 0;
        case test::greater:
            return order > 0;
        case test::greater_equal:
            return order >= 0;
    }
    return false;
}

template <test What>
datum integers(function_frame& f) {
    auto const a = f.integer(0), b = f.integer(1);
    return holds<What>((a > b) - (a < b));
}
template <test What>
datum values(function_frame& f) {
    return holds<What>(compare_values(f.types[0].oid, f[0], f[1], f.context.io.types));
}
template <test What>
datum texts(function_frame& f) {
    return holds<What>(f.text(0).compare(f.text(1)));
}

struct named_test {
    std::string_view suffix;
    scalar_function integers, values, texts;
};
constexpr named_test tests[] = {
    {"eq", integers<test::equal>, values<test::equal>, texts<test::equal>},
    {"ne", integers<test::not_equal>, values<test::not_equal>, texts<test::not_equal>},
    {"lt", integers<test::less>, values<test::less>, texts<test::less>},
    {"le", integers<test::less_equal>, values<test::less_equal>, texts<test::less_equal>},
    {"gt", integers<test::greater>, values<test::greater>, texts<test::greater>},
    {"ge", integers<test::greater_equal>, values<test::greater_equal>, texts<test::greater_equal>},
};

// Moments as timestamps: dates and zone-less ones are read in the session's zone where the other
// side has a zone.
std::int64_t as_moment(function_frame& f, std::size_t i, bool with_zone) {
    auto const type = f.types[i].oid;
    auto const value = f.integer(i);
    std::int64_t local = value;
    if (type == oid::date) {
        if (value == date_infinity) return timestamp_infinity;
        if (value == date_minus_infinity) return timestamp_minus_infinity;
        auto const wide = static_cast<__int128>(value) * day_us;
        if (wide >= end_timestamp) return timestamp_infinity - 1;
        local = static_cast<std::int64_t>(wide);
    }
    if (!with_zone || type == oid::timestamptz || !is_finite_timestamp(local)) return local;
    return utc_of_local(local, zone_of(f.context.io.style));
}
template <test What>
datum moments(function_frame& f) {
    bool const with_zone = f.types[0].oid == oid::timestamptz || f.types[1].oid == oid::timestamptz;
    auto const a = as_moment(f, 0, with_zone), b = as_moment(f, 1, with_zone);
    return holds<What>((a > b) - (a < b));
}
constexpr scalar_function moment_tests[] = {moments<test::equal>,   moments<test::not_equal>,
                                            moments<test::less>,    moments<test::less_equal>,
                                            moments<test::greater>, moments<test::greater_equal>};

datum text_larger(function_frame& f) { return f.text(0) > f.text(1) ? f[0] : f[1]; }
datum text_smaller(function_frame& f) { return f.text(0) < f.text(1) ? f[0] : f[1]; }
datum larger(function_frame& f) {
    return compare_values(f.types[0].oid, f[0], f[1], f.context.io.types) > 0 ? f[0] : f[1];
}
datum smaller(function_frame& f) {
    return compare_values(f.types[0].oid, f[0], f[1], f.context.io.types) < 0 ? f[0] : f[1];
}
datum order_of(function_frame& f) {
    auto const order = compare_values(f.types[0].oid, f[0], f[1], f.context.io.types);
    return std::int64_t{(order > 0) - (order < 0)};
}

}  // namespace

void register_comparisons(function_registry& to) {
    auto const with = [&](std::string_view prefix, std::string_view between,
                          std::string_view suffix, scalar_function call) {
        auto const symbol = std::string(prefix) + std::string(between) + std::string(suffix);
        to.scalars({{symbol, call}});
    };
    for (auto const& each : tests) {
        for (auto const* type : {"int2", "int4", "int8", "int24", "int42", "int28", "int82",
                                 "int48", "int84", "oid", "date_", "time_", "timestamp_"})
            with(type, "", each.suffix, each.integers);
        for (auto const* type :
             {"bool", "float4", "float8", "float48", "float84", "numeric_", "bpchar", "timetz_",
              "interval_", "jsonb_", "array_", "record_", "network_", "bit", "enum_", "oidvector"})
            with(type, "", each.suffix, each.values);
        for (auto const* type : {"name", "bytea", "uuid_", "char"})
            with(type, "", each.suffix, each.texts);
        for (auto const* pair : {"name|text", "text|name"}) {
            std::string const types(pair);
            auto const bar = types.find('|');
            with(types.substr(0, bar), each.suffix, types.substr(bar + 1), each.texts);
        }
        bool const equality = each.suffix == "eq" || each.suffix == "ne";
        with("text", equality ? "" : "_", each.suffix, each.texts);
        if (!equality) with("text_pattern_", "", each.suffix, each.texts);
        if (!equality) with("bpchar_pattern_", "", each.suffix, each.values);
    }
    for (std::size_t i = 0; i < std::size(tests); ++i)
        for (auto const* pair :
             {"date|timestamp", "timestamp|date", "date|timestamptz", "timestamptz|date",
              "timestamp|timestamptz", "timestamptz|timestamp"}) {
            std::string const types(pair);
            auto const bar = types.find('|');
            with(types.substr(0, bar), "_" + std::string(tests[i].suffix) + "_",
                 types.substr(bar + 1), moment_tests[i]);
        }
    to.scalars({
        {"xideq", values<test::equal>}, {"xidneq", values<test::not_equal>},
        {"cideq", values<test::equal>}, {"text_larger", text_larger},
        {"text_smaller", text_smaller}, {"bpchar_larger", larger},
        {"bpchar_smaller", smaller},    {"date_larger", larger},
        {"date_smaller", smaller},      {"time_larger", larger},
        {"time_smaller", smaller},      {"timetz_larger", larger},
        {"timetz_smaller", smaller},    {"timestamp_larger", larger},
        {"timestamp_smaller", smaller}, {"interval_larger", larger},
        {"interval_smaller", smaller},  {"array_larger", larger},
        {"array_smaller", smaller},     {"network_larger", larger},
        {"network_smaller", smaller},   {"enum_larger", larger},
        {"enum_smaller", smaller},      {"btint2cmp", order_of},
        {"btint4cmp", order_of},        {"btint8cmp", order_of},
        {"bttextcmp", order_of},        {"btfloat8cmp", order_of},
        {"numeric_cmp", order_of},      {"date_cmp", order_of},
        {"timestamp_cmp", order_of},    {"uuid_cmp", order_of},
        {"jsonb_cmp", order_of},        {"interval_cmp", order_of},
        {"byteacmp", order_of},         {"btboolcmp", order_of},
        {"btoidcmp", order_of},         {"btnamecmp", order_of},
        {"bpcharcmp", order_of},
    });
    to.scalars({{"booland_statefunc",
                 [](function_frame& f) -> datum { return f.boolean(0) && f.boolean(1); }},
                {"boolor_statefunc",
                 [](function_frame& f) -> datum { return f.boolean(0) || f.boolean(1); }}});
}

}  // namespace sluice::sql
