// Text to syntax tree, by PostgreSQL 15's own grammar (libpg_query). Pure functions, any thread.
//
// Errors are PostgreSQL's: 42601 with its text and character position; 54001 for an expression or
// query nested deeper than `depth`; 54000 for a text, statement or list past its limit; 0A000 for
// grammar that is understood and not represented, by name. The guards run before the grammar: a
// text that could exhaust a stack (parentheses, brackets, prefix operators) never reaches it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "protocols/sql/parse/syntax.hpp"
#include "protocols/sql/sql_error.hpp"
#include "protocols/sql/statement_text.hpp"

namespace sluice::sql {

struct parse_limits {
    std::size_t text_bytes = 16u << 20;
    std::size_t statements = 10'000;  // in one query string
    std::size_t nesting = 3'000;      // of parentheses and brackets in the text
    std::size_t tokens = 2'000'000;
    std::size_t depth = 600;              // of the syntax tree
    std::size_t list_elements = 200'000;  // of one list: IN, VALUES, target list
    std::size_t parameters = 65'535;      // $n
};

// The statements of a query string, each with its own text and the characters before it. The whole
// string is parsed: an error anywhere is the error of all. Empty statements are left out.
sql_result<std::vector<statement_text>> split_statements(std::string_view text,
                                                         parse_limits const& limits = {});

// Exactly one statement; positions count within its own text.
// 42601 "cannot insert multiple commands into a prepared statement" for more; none: nullptr.
sql_result<syntax::statement_ptr> parse_statement(statement_text const& text,
                                                  parse_limits const& limits = {});

// An expression alone (defaults, checks and index expressions kept as text in the catalog).
sql_result<syntax::expr_ptr> parse_expression(std::string_view text,
                                              parse_limits const& limits = {});

// A type as written in ::regtype or to_regtype(): "character varying(10)[]".
sql_result<syntax::type_name> parse_type_name(std::string_view text);

}  // namespace sluice::sql
