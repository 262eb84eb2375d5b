// SQL text of a syntax expression that the catalog keeps (defaults, checks, index expressions): it
// parses back to the same tree. Every operation is in parentheses, as PostgreSQL's own printing.
// 0A000 for what a kept expression cannot hold (subqueries, window calls). Pure.
#pragma once

#include <string>

#include "protocols/sql/catalog/catalog.hpp"
#include "protocols/sql/parse/syntax.hpp"
#include "protocols/sql/sql_error.hpp"

namespace sluice::sql {

sql_result<std::string> text_of_expression(syntax::expr const& expression);
// The same of a column's default: a bare string is shown with the column's type, without its length.
sql_result<std::string> text_of_default(syntax::expr const& expression, sql_type column,
                                        catalog_snapshot const& catalog);

}  // namespace sluice::sql
