// Syntax tree to typed tree by PostgreSQL's rules: names resolved in one catalog snapshot,
// operators, functions and casts chosen, parameters typed, result columns named. No data is read
// and nothing is evaluated but literals (through `input`).
//
// Errors are PostgreSQL's SQLSTATE, text, hint and position. What PostgreSQL has and the typed tree
// has not is refused 0A000 by name. Pure functions, any thread; the snapshot outlives the call.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "protocols/sql/catalog/catalog.hpp"
#include "protocols/sql/parse/syntax.hpp"
#include "protocols/sql/sql_error.hpp"
#include "protocols/sql/statements.hpp"
#include "protocols/sql/tree.hpp"

namespace sluice::sql {

// A literal's text to its type's datum, as the type's input function does (22P02, 22003, ...). Not
// asked for the reg* types, enums and domains: the catalog answers those.
using literal_input = std::function<sql_result<datum>(sql_type, std::string_view)>;

struct analysis_settings {
    search_path path;
    std::string user = "postgres";
    // Without it a literal that is not its type's own form stays a coercion through_text.
    literal_input input;
    std::size_t depth = 1'000;  // of nested queries and expressions; 54001 past it
    std::size_t views = 100;    // of views expanded inside views
};

// `parameters`: given oids, 0 or missing = infer. The result lists all parameters; 42P18 for one
// whose type cannot be told.
sql_result<statement_ptr> analyze(syntax::statement_ptr const& statement,
                                  catalog_snapshot const& catalog,
                                  analysis_settings const& settings,
                                  std::vector<type_oid> const& parameters = {});

// What an expression may refer to and hold, by where it stands; names the place in errors.
enum class expression_place : std::uint8_t {
    column_default,    // no columns
    check_constraint,  // columns of `table`
    generated_column,
    index_expression,
    index_predicate,
    partition_key,
    execute_argument,  // no columns
    copy_where,        // columns of `table`
    alter_using        // ALTER COLUMN TYPE ... USING
};

// An expression over one table's row (relation 0, columns by position among all of the table's
// columns, dropped ones counted), coerced to `wanted` by assignment where its oid is not 0.
// `column` names the target in errors.
sql_result<expression_ptr> analyze_expression(syntax::expr_ptr const& expression,
                                              relation const* table, expression_place place,
                                              sql_type wanted, std::string_view column,
                                              catalog_snapshot const& catalog,
                                              analysis_settings const& settings);

// A written type (typmod applied); 42704 when there is none.
sql_result<sql_type> resolve_type(syntax::type_name const& name, catalog_snapshot const& catalog,
                                  analysis_settings const& settings);

// A written table name; 42P01, 3F000 as PostgreSQL words them.
sql_result<relation_ptr> resolve_relation(syntax::table_ref const& name,
                                          catalog_snapshot const& catalog,
                                          analysis_settings const& settings);

// For coercing stored values and results outside a statement (cursors, COPY, ALTER TYPE): the
// coercion of `operand` to `target` in that context, or null where PostgreSQL has none.
enum class coercion_context : std::uint8_t { implicit, assignment, explicit_cast };
sql_result<expression_ptr> coerce(expression_ptr operand, sql_type target, coercion_context context,
                                  catalog_snapshot const& catalog,
                                  analysis_settings const& settings);

}  // namespace sluice::sql
