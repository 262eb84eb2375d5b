// Evaluates typed expressions with PostgreSQL 15's semantics: the one truth for every function,
// used by the native executor and by the read engine's threads. Synchronous; never waits except
// inside the callbacks its context names.
//
// Lifetime: the context and what it points to outlive the call. Thread rule: one context per thread
// at a time; expressions are immutable and shared. Hostile input: expression depth, value bytes and
// array sizes are bounded by io.limits; long loops ask `cancelled`.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "protocols/sql/sql_error.hpp"
#include "protocols/sql/tree.hpp"
#include "protocols/sql/types/type_io.hpp"
#include "protocols/sql/types/value_order.hpp"

namespace sluice::sql {

struct evaluation_context;

// The rows that column references see. Returned values stay valid during the evaluate call.
class column_source {
public:
    virtual ~column_source() = default;
    virtual datum const& value(column_reference const&) const = 0;
    virtual sql_result<datum> whole_row(whole_row_reference const&) const {
        return sql_error("0A000", "whole-row reference is not supported here");
    }
    virtual sql_result<datum> system_column(system_column_reference const&) const {
        return sql_error("0A000", "system column is not supported here");
    }
};

// Runs a subquery expression for the rows of `context`; exists, scalar, array, any and all alike:
// the answer is the expression's value. `left` are the evaluated left operands of any/all.
class subquery_runner {
public:
    virtual ~subquery_runner() = default;
    virtual sql_result<datum> run(subquery_expression const&, std::span<datum const> left,
                                  sql_type result, evaluation_context& context) = 0;
};

class sequence_access {
public:
    virtual ~sequence_access() = default;
    virtual sql_result<std::int64_t> next_value(object_oid sequence) = 0;
    virtual sql_result<std::int64_t> current_value(object_oid sequence) = 0;  // 55000
    virtual sql_result<std::int64_t> last_value() = 0;                        // lastval(), 55000
    virtual sql_result<void> set_value(object_oid sequence, std::int64_t value, bool is_called) = 0;
};

class settings_access {
public:
    virtual ~settings_access() = default;
    virtual std::optional<std::string> value(std::string_view name) = 0;  // null: no such setting
    virtual sql_result<std::string> set(std::string_view name, std::string_view value,
                                        bool is_local) = 0;
};

// Functions whose answer is in the catalog or the server (pg_get_indexdef, pg_table_is_visible,
// has_table_privilege, col_description, pg_relation_size, ...): function_table says which they are.
// Arguments are evaluated and, for strict functions, not null.
class catalog_functions {
public:
    virtual ~catalog_functions() = default;
    virtual sql_result<datum> call(object_oid function, std::string_view name,
                                   std::span<datum const> arguments,
                                   evaluation_context& context) = 0;
    // The rows of a set-returning one (pg_options_to_table, pg_get_keywords, ...), as records.
    virtual sql_result<std::vector<datum>> rows(object_oid function, std::string_view name,
                                                std::span<datum const> arguments,
                                                evaluation_context& context) = 0;
};

struct evaluation_context {
    io_context io;  // style, limits, transaction time, type names
    std::span<datum const> parameters;
    column_source const* columns = nullptr;
    // Microseconds since 2000-01-01 UTC. The transaction's is io.transaction_time.
    std::int64_t statement_time = 0;
    std::function<std::int64_t()> clock;         // clock_timestamp(); empty: statement_time
    std::function<std::uint64_t()> random_bits;  // random(), gen_random_uuid(); empty: refused
    std::string current_user, session_user, database, server_version = "15.0";
    std::vector<std::string> search_path;  // effective, without implicit schemas
    std::int32_t backend_pid = 0;
    subquery_runner* subqueries = nullptr;
    sequence_access* sequences = nullptr;
    settings_access* settings = nullptr;
    catalog_functions* catalog = nullptr;
    std::function<bool()> cancelled;  // true: answer 57014
    // Values of aggregate and window calls of the current group, by node: the executor fills what
    // it computed. Null: such a node is an internal error.
    std::function<datum const*(expression const&)> computed;
    // The checks of a domain (NOT NULL, CHECK): 23502, 23514. Empty: domains without checks only.
    std::function<sql_result<void>(type_oid domain, datum const& value)> domains;
    // Set by CASE for case_argument; not the caller's.
    datum const* case_value = nullptr;
    std::uint32_t depth = 0;
    // What one evaluation may hold at a time (arguments of calls under way, elements of an array
    // that is being made), 53200 past it. held_bytes is not the caller's.
    std::size_t memory_bytes = 256U << 20U;
    std::size_t held_bytes = 0;
};

sql_result<datum> evaluate(expression const&, evaluation_context&);
// WHERE, ON, HAVING, CHECK's operand: true only for true (CHECK callers ask is_null themselves).
sql_result<bool> evaluate_condition(expression const&, evaluation_context&);

// Calls a served scalar function on values: casts at assignment, defaults, index expressions.
sql_result<datum> call_function(object_oid function, std::span<datum const> arguments,
                                std::span<sql_type const> argument_types, sql_type result,
                                evaluation_context&, bool variadic = false);

sql_error not_served(object_oid function);  // 0A000 with its name

// 0A000 naming what is not served, before anything runs; success: evaluate will know every node.
sql_result<void> check_served(expression const&);

// No column, parameter, volatile or stable function, subquery: may be folded at analysis.
bool is_constant(expression const&);

}  // namespace sluice::sql
