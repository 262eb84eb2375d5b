// Array and record literals: '{1,NULL,"a b"}', '[0:1]={1,2}', '(1,"a ""b""",)'. Elements go through
// their own type's input and output. Any thread. Source: PostgreSQL 15 manual 8.15, 8.16.
#pragma once

#include "protocols/sql/types/type_io.hpp"

namespace sluice::sql {

// `depth`: how many arrays and records it is inside.
sql_result<datum> parse_array(sql_type element, std::string_view text, io_context const&,
                              std::uint32_t depth);
sql_result<datum> parse_record(type_description const&, std::string_view text, io_context const&,
                               std::uint32_t depth);
// int2vector, oidvector: numbers between spaces.
sql_result<datum> parse_number_vector(type_oid type, std::string_view text);

// A text that would be longer than value_bytes (quotes double in every record) ends soon after
// them: whoever prints checks the length.
void print_array(type_oid type, array_value const&, io_context const&, std::string& out);
void print_record(row_value const&, io_context const&, std::string& out);

// 54000 where the text of an array or record may have been cut.
sql_result<void> check_printed(datum const& value, std::size_t bytes, io_context const&);

datum make_array(type_oid element, std::vector<datum> elements);  // one dimension from 1; none: {}
char delimiter_of(type_oid element) noexcept;

}  // namespace sluice::sql
