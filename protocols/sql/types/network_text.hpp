// inet, cidr and bit strings: text in and out; the value is the wire's binary form. Any thread.
#pragma once

#include "protocols/sql/types/type_io.hpp"

namespace sluice::sql {

sql_result<datum> parse_network(std::string_view text, bool is_cidr);
void print_network(std::string_view bytes, bool is_cidr, std::string& out);
sql_result<datum> parse_bits(std::string_view text);
void print_bits(std::string_view bytes, std::string& out);
std::string make_bits(std::string_view zeros_and_ones);  // "101" -> wire form
std::string bits_text(std::string_view bytes);           // and back

}  // namespace sluice::sql
