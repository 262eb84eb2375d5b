// Values as clients send them: a line with the oid of a type, then the value in text, or in binary when
// the line begins with 'b'. What is taken has one text that reads back as itself, in both forms; what is
// refused is refused with a SQLSTATE.
#include <iostream>

#include "protocols/sql/types/type_io.hpp"
#include "tests/fuzz/fuzz_input.hpp"

using namespace sluice;

namespace {

std::string text_of(sql::sql_type type, sql::datum const& value, sql::io_context const& in) {
    std::string out;
    sql::output_text(type.oid, value, in, out);
    return out;
}

void expect_itself(sql::sql_type type, sql::datum const& value, sql::io_context const& in) {
    auto const text = text_of(type, value, in);
    auto const same = [&](sql::sql_result<sql::datum> const& read) {
        bool const right = read.has_value() && text_of(type, *read, in) == text;
        if (!right)
            std::cerr << "type " << static_cast<std::uint32_t>(type.oid) << ", '" << text
                      << "' reads back as "
                      << (read.has_value() ? text_of(type, *read, in) : read.error().message)
                      << '\n';
        return right;
    };
    fuzz::expect(same(sql::input_text(type, text, in)));
    std::string bytes;
    sql::output_binary(type.oid, value, in, bytes);
    fuzz::expect(same(sql::input_binary(type, bytes, in)));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    auto const input = fuzz::text_of(data, size);
    auto const line = input.find('\n');
    if (line == input.npos) return 0;
    bool const is_binary = input.starts_with('b');
    std::uint32_t oid = 0;
    for (auto const c : input.substr(is_binary ? 1 : 0, line - (is_binary ? 1 : 0)))
        if (c >= '0' && c <= '9') oid = oid * 10 + static_cast<std::uint32_t>(c - '0');
    sql::sql_type const type{sql::type_oid{oid}};
    if (!sql::is_served_type(type.oid)) return 0;
    sql::io_context in;
    in.limits.value_bytes = 1 << 20;
    in.limits.array_elements = 10'000;
    in.limits.nesting = 100;
    auto const value = is_binary ? sql::input_binary(type, input.substr(line + 1), in)
                                 : sql::input_text(type, input.substr(line + 1), in);
    if (value.has_value()) expect_itself(type, *value, in);
    else fuzz::expect(std::string_view(value.error().sqlstate).size() == 5);
    return 0;
}
