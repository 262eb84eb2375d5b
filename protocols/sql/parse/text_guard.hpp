// What must hold of a query string before PostgreSQL's grammar sees it: size, valid UTF-8 without
// NUL, bounded nesting and number of tokens. A rough lexer (quotes, dollar quotes, comments) that
// never rejects what the grammar could serve within the limits. Pure functions, any thread.
#pragma once

#include <string_view>

#include "protocols/sql/parse/parser.hpp"

namespace sluice::sql {

sql_result<void> guard_text(std::string_view text, parse_limits const& limits);

// The byte after the first AS outside parentheses (the query of CREATE VIEW); npos: none.
std::size_t find_top_level_as(std::string_view text);
// Where a trailing WITH [LOCAL | CASCADED] CHECK OPTION begins; text.size(): none.
std::size_t find_check_option(std::string_view text);

// Characters in front of a byte.
std::int32_t characters_before(std::string_view text, std::size_t byte) noexcept;

}  // namespace sluice::sql
