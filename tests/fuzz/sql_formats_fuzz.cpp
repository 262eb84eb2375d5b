// Templates of to_char, to_date, to_timestamp and to_number: the first line is a text, the rest the
// template. What is read is a value that prints and reads back in its own form; every template prints
// every value or is refused with a SQLSTATE.
#include "protocols/sql/functions/function_table.hpp"
#include "protocols/sql/types/type_io.hpp"
#include "protocols/sql/types/type_oids.hpp"
#include "tests/fuzz/fuzz_input.hpp"

using namespace sluice;

namespace {

constexpr sql::object_oid to_timestamp{1778}, to_date{1780}, to_number{1777};
constexpr std::size_t template_bytes = 512;

sql::evaluation_context context() {
    sql::evaluation_context made;
    made.io.limits.value_bytes = 1 << 20;
    return made;
}

sql::sql_result<sql::datum> call(sql::object_oid function, sql::datum first, sql::type_oid type,
                                 std::string_view format) {
    auto in = context();
    auto const& facts = *sql::find_function_facts(function);
    sql::datum const arguments[] = {std::move(first), std::string(format)};
    sql::sql_type const types[] = {{type}, {sql::oid::text}};
    return sql::call_function(function, arguments, types, sql::sql_type{facts.result}, in);
}

void check_sqlstate(sql::sql_result<sql::datum> const& outcome) {
    if (outcome.has_error())
        fuzz::expect(std::string_view(outcome.error().sqlstate).size() == 5);
}

void check_read(sql::object_oid function, sql::type_oid type, std::string_view text,
                std::string_view format) {
    auto const value = call(function, std::string(text), sql::oid::text, format);
    check_sqlstate(value);
    if (value.has_error() || sql::is_null(*value)) return;
    sql::io_context const in;
    std::string printed, again;
    sql::output_text(type, *value, in, printed);
    auto const back = sql::input_text(sql::sql_type{type}, printed, in);
    fuzz::expect(back.has_value());
    sql::output_text(type, *back, in, again);
    fuzz::expect(again == printed);
}

sql::datum value_of(sql::type_oid type, char const* text) {
    sql::io_context const in;
    return sql::input_text(sql::sql_type{type}, text, in).value();
}

void check_print(std::string_view format) {
    struct printed {
        std::uint32_t function;
        sql::type_oid type;
        char const* texts[3];
    };
    static printed const all[] = {
        {1770, sql::oid::timestamptz,
         {"4713-01-01 00:00:00+00 BC", "2026-02-28 23:59:59.999999+00", "294276-12-31 23:59:59+00"}},
        {2049, sql::oid::timestamp,
         {"4713-01-01 00:00:00 BC", "0001-01-01 00:00:00", "infinity"}},
        {1768, sql::oid::interval,
         {"-178000000 years", "3 days -04:05:06.789", "2 mons 900000:00:00"}},
        {1772, sql::oid::numeric, {"-0.00001", "12345678901234567890.125", "0"}},
        {1773, sql::oid::int4, {"-2147483648", "0", "485"}},
        {1774, sql::oid::int8, {"-9223372036854775808", "0", "9223372036854775807"}},
        {1775, sql::oid::float4, {"-1e38", "1.5", "3e-40"}},
        {1776, sql::oid::float8, {"1e308", "-0.1", "5e-324"}},
    };
    for (auto const& one : all)
        for (auto const* text : one.texts)
            check_sqlstate(
                call(sql::object_oid{one.function}, value_of(one.type, text), one.type, format));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    auto const input = fuzz::text_of(data, size);
    auto const text = input.substr(0, input.find('\n'));
    auto const format = input.substr(std::min(input.size(), text.size() + 1));
    check_read(to_timestamp, sql::oid::timestamptz, text, format);
    check_read(to_date, sql::oid::date, text, format);
    check_read(to_number, sql::oid::numeric, text, format);
    check_print(format.substr(0, template_bytes));
    return 0;
}
