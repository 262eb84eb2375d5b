// The syntax tree: what a statement says, before any name is looked up. It follows PostgreSQL's
// grammar, but is ours: libpg_query's nodes never leave protocols/sql/parse.
//
// Immutable, shared by shared_ptr (a view keeps its query, a prepared statement its text's tree).
// `position` is the 1-based character in the statement's text (0: none). Depth is bounded by
// parse_limits, so recursive walks and destructors are safe.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace sluice::sql {
struct utility_statement;
}

namespace sluice::sql::syntax {

struct expr;
using expr_ptr = std::shared_ptr<expr const>;
struct select;
using select_ptr = std::shared_ptr<select const>;
struct statement;
using statement_ptr = std::shared_ptr<statement const>;

// a, a.b, a.b.c as written (already folded to lower case where not quoted)
using qualified_name = std::vector<std::string>;

struct type_name {
    qualified_name names;
    std::vector<expr_ptr> modifiers;
    std::vector<std::int32_t> array_bounds;  // -1: []
    bool set_of = false;
    bool percent_type = false;          // names%TYPE
    std::int32_t interval_fields = -1;  // only for interval: mask of fields, in `modifiers` too
    std::int32_t position = 0;
};

// ---- expressions ------------------------------------------------------------------------------
struct column_ref {
    qualified_name names;
    bool star = false;  // names.*, or * alone
};
struct parameter_ref {
    std::uint32_t number = 0;
};
struct literal {
    enum class kind : std::uint8_t { null, integer, floating, string, bits, boolean };
    kind what = kind::null;
    std::int32_t integer = 0;  // integer, boolean
    std::string text;          // floating (digits), string, bits ("b01", "xff")
};
// A_Expr in all its forms. `name` is the operator, possibly qualified.
struct operation {
    enum class kind : std::uint8_t {
        plain,
        any,           // left op ANY (right)
        all,           // left op ALL (right)
        distinct,      // IS DISTINCT FROM
        not_distinct,  // IS NOT DISTINCT FROM
        null_if,
        in,  // right: list; name is = or <>
        like,
        ilike,
        similar,
        between,
        not_between,
        between_symmetric,
        not_between_symmetric
    };
    kind what = kind::plain;
    qualified_name name;
    expr_ptr left;  // null: prefix operator
    expr_ptr right;
    std::vector<expr_ptr> list;  // in, between
};
struct boolean_expr {
    enum class kind : std::uint8_t { all, any, negation };
    kind what{};
    std::vector<expr_ptr> operands;
};
struct null_test {
    expr_ptr operand;
    bool is_null = true;
};
struct boolean_test {
    enum class kind : std::uint8_t {
        is_true,
        is_not_true,
        is_false,
        is_not_false,
        is_unknown,
        is_not_unknown
    };
    kind what{};
    expr_ptr operand;
};
struct sort_by {
    expr_ptr value;
    enum class direction : std::uint8_t { standard, ascending, descending, by_operator };
    direction how = direction::standard;
    enum class nulls : std::uint8_t { standard, first, last };
    nulls where = nulls::standard;
    qualified_name using_operator;
    std::int32_t position = 0;
};
struct window_spec {
    std::string name;  // WINDOW name AS, or OVER name
    std::string base;  // (base ...)
    std::vector<expr_ptr> partition;
    std::vector<sort_by> order;
    std::int32_t frame_options = 0;  // frame_* bits below
    expr_ptr start_offset, end_offset;
    std::int32_t position = 0;
};
inline constexpr std::int32_t frame_nondefault = 0x1, frame_range = 0x2, frame_rows = 0x4,
                              frame_groups = 0x8, frame_between = 0x10,
                              frame_start_unbounded_preceding = 0x20,
                              frame_end_unbounded_preceding = 0x40,
                              frame_start_unbounded_following = 0x80,
                              frame_end_unbounded_following = 0x100,
                              frame_start_current_row = 0x200, frame_end_current_row = 0x400,
                              frame_start_offset_preceding = 0x800,
                              frame_end_offset_preceding = 0x1000,
                              frame_start_offset_following = 0x2000,
                              frame_end_offset_following = 0x4000,
                              frame_exclude_current_row = 0x8000, frame_exclude_group = 0x10000,
                              frame_exclude_ties = 0x20000;

struct call {
    qualified_name name;
    std::vector<expr_ptr> arguments;
    std::vector<sort_by> order;
    expr_ptr filter;
    std::shared_ptr<window_spec const> over;
    bool within_group = false;
    bool star = false;
    bool distinct = false;
    bool variadic = false;
    bool sql_syntax = false;  // EXTRACT(...), x AT TIME ZONE y, ...
};
struct named_argument {
    std::string name;
    expr_ptr value;
};
struct case_expr {
    expr_ptr argument;
    std::vector<std::pair<expr_ptr, expr_ptr>> branches;
    std::vector<std::int32_t> branch_positions;
    expr_ptr otherwise;
};
struct coalesce_expr {
    std::vector<expr_ptr> operands;
};
struct extremum_expr {
    bool greatest = true;
    std::vector<expr_ptr> operands;
};
// CURRENT_DATE, ...: PostgreSQL's SQLValueFunction names in lower case.
struct session_value_expr {
    std::string what;
    std::int32_t modifier = -1;
};
struct array_expr {
    std::vector<expr_ptr> elements;
};
struct row_expr {
    std::vector<expr_ptr> fields;
    bool explicit_row = false;
};
struct sublink {
    enum class kind : std::uint8_t { exists, all, any, expression, array };
    kind what{};
    expr_ptr test;
    qualified_name operator_name;  // empty: IN
    select_ptr query;
};
struct cast {
    expr_ptr operand;
    type_name type;
};
struct collate {
    expr_ptr operand;
    qualified_name collation;
};
struct indirection {
    struct item {
        enum class kind : std::uint8_t { field, star, subscript, slice };
        kind what{};
        std::string field;
        expr_ptr lower, upper;  // subscript: upper
    };
    expr_ptr base;
    std::vector<item> items;
};
struct default_expr {};
struct grouping_expr {
    std::vector<expr_ptr> arguments;
};
// CURRENT OF cursor
struct current_of {
    std::string cursor;
};

struct expr {
    std::variant<column_ref, parameter_ref, literal, operation, boolean_expr, null_test,
                 boolean_test, call, named_argument, case_expr, coalesce_expr, extremum_expr,
                 session_value_expr, array_expr, row_expr, sublink, cast, collate, indirection,
                 default_expr, grouping_expr, current_of>
        node;
    std::int32_t position = 0;
};

// ---- FROM -------------------------------------------------------------------------------------
struct table_alias {
    std::string name;
    std::vector<std::string> columns;
    bool given() const noexcept { return !name.empty(); }
};
struct table_ref {
    std::string catalog, schema, name;
    bool only = false;
    table_alias alias;
    std::int32_t position = 0;
};
struct column_definition_item {
    std::string name;
    type_name type;
};
struct from_node;
using from_ptr = std::shared_ptr<from_node const>;
struct from_subquery {
    select_ptr query;
    bool lateral = false;
    table_alias alias;
};
struct from_function {
    struct call_item {
        expr_ptr call;
        std::vector<column_definition_item> columns;  // AS (a int, b text)
    };
    std::vector<call_item> calls;
    bool lateral = false, ordinality = false, rows_from = false;
    table_alias alias;
    std::vector<column_definition_item> columns;
};
struct from_join {
    enum class kind : std::uint8_t { inner, left, right, full, cross };
    kind what{};
    bool natural = false;
    from_ptr left, right;
    std::vector<std::string> using_columns;
    std::string using_alias;
    expr_ptr condition;
    table_alias alias;
};
struct from_node {
    std::variant<table_ref, from_subquery, from_function, from_join> node;
    std::int32_t position = 0;
};

// ---- SELECT and data statements ---------------------------------------------------------------
struct target_item {
    std::string name;                     // AS name; the column in INSERT and UPDATE SET
    std::vector<indirection::item> path;  // col[1], col.field in INSERT and UPDATE SET
    expr_ptr value;
    // UPDATE SET (a, b) = source: 1-based place and count; value is the whole source
    std::int32_t multi_column = 0, multi_columns = 0;
    std::int32_t position = 0;
};
struct common_table_expr {
    std::string name;
    std::vector<std::string> columns;
    enum class materialize : std::uint8_t { standard, always, never };
    materialize how = materialize::standard;
    statement_ptr body;
    bool search_or_cycle = false;
    std::int32_t position = 0;
};
struct with_clause {
    std::vector<common_table_expr> tables;
    bool recursive = false;
    std::int32_t position = 0;
};
struct grouping_item {
    enum class kind : std::uint8_t { expression, empty, rollup, cube, sets };
    kind what = kind::expression;
    expr_ptr value;
    std::vector<grouping_item> items;
    std::int32_t position = 0;
};
struct locking_clause {
    std::vector<table_ref> tables;
    enum class strength : std::uint8_t { key_share, share, no_key_update, update };
    strength how{};
    enum class wait : std::uint8_t { wait, skip_locked, nowait };
    wait on_locked = wait::wait;
};
enum class set_op : std::uint8_t { none, union_, intersect, except };
struct select {
    std::shared_ptr<with_clause const> with;
    bool distinct = false;
    std::vector<expr_ptr> distinct_on;
    std::vector<target_item> targets;
    std::vector<from_ptr> from;
    expr_ptr where;
    std::vector<grouping_item> group_by;
    bool group_distinct = false;
    expr_ptr having;
    std::vector<window_spec> windows;
    std::vector<std::vector<expr_ptr>> values;
    std::vector<sort_by> order;
    expr_ptr offset, limit;
    bool with_ties = false;
    std::vector<locking_clause> locking;
    set_op op = set_op::none;
    bool all = false;
    select_ptr left, right;
    std::optional<table_ref> into;
    std::int32_t position = 0;
};
struct conflict_clause {
    bool do_update = false;
    struct element {
        std::string column;
        expr_ptr value;
        qualified_name collation, operator_class;
    };
    std::vector<element> elements;
    expr_ptr index_where;
    std::string constraint;
    std::vector<target_item> assignments;
    expr_ptr where;
    std::int32_t position = 0, infer_position = 0;
};
struct insert {
    std::shared_ptr<with_clause const> with;
    table_ref table;
    std::vector<target_item> columns;
    select_ptr source;  // null: DEFAULT VALUES
    std::optional<conflict_clause> conflict;
    std::vector<target_item> returning;
    enum class overriding : std::uint8_t { none, user_value, system_value };
    overriding override_identity = overriding::none;
};
struct update {
    std::shared_ptr<with_clause const> with;
    table_ref table;
    std::vector<target_item> assignments;
    std::vector<from_ptr> from;
    expr_ptr where;
    std::vector<target_item> returning;
};
struct erase {
    std::shared_ptr<with_clause const> with;
    table_ref table;
    std::vector<from_ptr> using_items;
    expr_ptr where;
    std::vector<target_item> returning;
};

struct statement {
    std::variant<select_ptr, insert, update, erase, std::shared_ptr<utility_statement const>> body;
    std::string text;         // its own text, without what surrounds it
    std::int32_t offset = 0;  // characters before it in the query string
};

}  // namespace sluice::sql::syntax
