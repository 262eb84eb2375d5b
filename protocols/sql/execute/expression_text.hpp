// SQL text of a syntax expression that the catalog keeps (defaults, checks, index expressions): it
// parses back to the same tree. Every operation is in parentheses, as PostgreSQL's own printing.
// 0A000 for what a kept expression cannot hold (subqueries, window calls). Pure.
#pragma once

#include <string>

#include "protocols/sql/parse/syntax.hpp"
#include "protocols/sql/sql_error.hpp"

namespace sluice::sql {

sql_result<std::string> text_of_expression(syntax::expr const& expression);

}  // namespace sluice::sql
