// Text forms of the plain types: booleans, integers, floats, bytea, uuid, strings with a length.
// Errors carry PostgreSQL's texts. Pure; any thread.
#pragma once

#include "protocols/sql/types/type_io.hpp"

namespace sluice::sql {

sql_error invalid_text(std::string_view type, std::string_view text);  // 22P02

sql_result<bool> parse_bool(std::string_view);
// bits: 16, 32 or 64.
sql_result<std::int64_t> parse_integer(std::string_view, int bits);
sql_result<std::int64_t> parse_oid(std::string_view, std::string_view type_name);
sql_result<double> parse_float8(std::string_view, std::string_view type_name = "double precision");
sql_result<double> parse_float4(std::string_view);
sql_result<std::string> parse_bytea(std::string_view);
sql_result<std::string> parse_uuid(std::string_view);

void print_float8(double, int extra_digits, std::string& out);
void print_float4(double, int extra_digits, std::string& out);
void print_bytea(std::string_view bytes, bool hex, std::string& out);
void print_uuid(std::string_view bytes, std::string& out);

// varchar(n) and char(n): `limit` characters. Assignment refuses what is not blank.
sql_result<std::string> fit_varchar(std::string text, std::int32_t limit, bool is_explicit);
sql_result<std::string> fit_bpchar(std::string text, std::int32_t limit, bool is_explicit);
std::string fit_name(std::string_view text);         // 63 bytes, whole characters
sql_result<void> check_utf8(std::string_view text);  // 22021

}  // namespace sluice::sql
