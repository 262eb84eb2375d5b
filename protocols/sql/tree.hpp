// The typed tree: what analysis makes of a statement. Names are resolved to catalog oids, operators
// and functions to pg_proc oids, every expression has PostgreSQL's type. Policy, audit, lineage,
// the native executor and the translation into backend/query's relational plan read this tree and
// nothing else.
//
// Immutable after analysis; shared by prepared statements (shared_ptr). It names objects by oid and
// the catalog version it was made for: a changed version means analysing again.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "protocols/sql/types/datum.hpp"

namespace sluice::sql {

// A row of pg_class, pg_proc, pg_operator, ...: PostgreSQL's own number for built-in ones, ours
// from 16384 on.
enum class object_oid : std::uint32_t {};

struct sql_type {
    type_oid oid{};
    std::int32_t modifier = -1;  // typmod: varchar(n), numeric(p,s), timestamp(p)
    bool operator==(sql_type const&) const = default;
};

// ---- expressions
// ----------------------------------------------------------------------------------------
struct expression;
using expression_ptr = std::shared_ptr<expression const>;
struct query;
using query_ptr = std::shared_ptr<query const>;

struct constant {
    datum value;
};
// $n; its type is the node's.
struct parameter {
    std::uint32_t number = 0;
};  // 1-based
// Column `column` (0-based) of entry `relation` in the range table of the query `levels_up` levels
// outside.
struct column_reference {
    std::uint32_t levels_up = 0, relation = 0, column = 0;
};
// The whole row of an entry as one composite value; null when an outer join made the row up.
struct whole_row_reference {
    std::uint32_t levels_up = 0, relation = 0;
};
// tableoid, ctid, xmin, xmax, cmin, cmax of a table's row; `attribute` is PostgreSQL's negative
// number.
struct system_column_reference {
    std::uint32_t levels_up = 0, relation = 0;
    std::int16_t attribute = 0;
};
// A function, operator or cast function by pg_proc oid, after implicit casts were put in.
struct function_call {
    object_oid function{};
    object_oid operator_oid{};  // 0: written as a function
    std::vector<expression_ptr> arguments;
    bool variadic = false;  // last argument is VARIADIC array
};
// A cast without a function: binary coercible, or through text input/output.
struct coercion {
    // array_elements: `element` applied to each, which it reads as case_argument.
    // to_domain: the value already has the base type; the domain's checks apply.
    enum class kind : std::uint8_t { relabel, through_text, array_elements, length, to_domain };
    kind how{};
    expression_ptr operand;
    bool is_explicit = false;
    expression_ptr element;
};
struct boolean_operation {
    enum class kind : std::uint8_t { all, any, negation };  // AND, OR, NOT
    kind what{};
    std::vector<expression_ptr> operands;
};
struct null_test {
    expression_ptr operand;
    bool is_null = true;
};
struct boolean_test {  // IS [NOT] TRUE / FALSE / UNKNOWN
    enum class kind : std::uint8_t {
        is_true,
        is_not_true,
        is_false,
        is_not_false,
        is_unknown,
        is_not_unknown
    };
    expression_ptr operand;
    kind what{};
};
struct distinct_test {
    object_oid equality{};
    expression_ptr left, right;
};  // IS DISTINCT FROM
struct null_if {
    object_oid equality{};
    expression_ptr left, right;
};
struct coalesce {
    std::vector<expression_ptr> operands;
};
struct extremum {
    bool greatest = true;
    std::vector<expression_ptr> operands;
};
struct case_when {
    // `CASE x WHEN y` has become x = y; x is evaluated once: `argument`, referred to by
    // case_argument.
    expression_ptr argument;
    std::vector<std::pair<expression_ptr, expression_ptr>> branches;
    expression_ptr otherwise;  // null: NULL
};
struct case_argument {};
// ROW(a, b) < ROW(c, d): the first pair that differs decides. = and <> have become AND and OR.
struct row_comparison {
    enum class kind : std::uint8_t { less, less_equal, greater_equal, greater };
    kind what{};
    std::vector<object_oid> functions;  // less-than or so of each pair
    std::vector<expression_ptr> left, right;
};
// x op ANY/ALL (array)
struct array_comparison {
    object_oid function{};
    object_oid operator_oid{};
    bool any = true;
    expression_ptr left, array;
};
struct array_constructor {
    std::vector<expression_ptr> elements;
    bool nested = false;
};
struct array_subscript {
    struct bounds {
        expression_ptr lower, upper;
        bool slice = false;
    };  // not a slice: only upper
    expression_ptr array;
    std::vector<bounds> subscripts;
};
struct row_constructor {
    std::vector<expression_ptr> fields;
};
struct field_selection {
    expression_ptr row;
    std::uint32_t field = 0;
};
struct subquery_expression {
    enum class kind : std::uint8_t {
        exists,
        scalar,
        array,
        any,
        all
    };  // any/all: left op ANY (query); IN is any with =
    kind what{};
    query_ptr subquery;
    std::vector<expression_ptr> left;
    std::vector<object_oid> functions;  // comparison per left column
};
struct aggregate_call {
    object_oid function{};
    std::vector<expression_ptr> arguments;
    bool star = false, distinct = false;
    std::vector<struct sort_key> order;
    expression_ptr filter;
};
struct window_call {
    object_oid function{};
    std::vector<expression_ptr> arguments;
    bool star = false, is_aggregate = false;
    std::uint32_t window = 0;  // index into query::windows
    expression_ptr filter;
};
// CURRENT_DATE, CURRENT_USER, ... ; `what` is PostgreSQL's SQLValueFunction name in lower case.
struct session_value {
    std::string what;
};
// GROUPING(a, b): bits of which of these the row's grouping set does not have.
struct grouping_call {
    std::vector<expression_ptr> arguments;
};
struct sequence_default {
    object_oid sequence{};
};  // nextval for a serial or identity column
// Row-lifted in a target list: generate_series, unnest, ...
struct set_returning_call {
    function_call call;
};

struct expression {
    std::variant<constant, parameter, column_reference, whole_row_reference,
                 system_column_reference, row_comparison, grouping_call, function_call, coercion,
                 boolean_operation, null_test, boolean_test, distinct_test, null_if, coalesce,
                 extremum, case_when, case_argument, array_comparison, array_constructor,
                 array_subscript, row_constructor, field_selection, subquery_expression,
                 aggregate_call, window_call, session_value, sequence_default, set_returning_call>
        node;
    sql_type type;
    std::int32_t position = 0;  // in the statement's text, 1-based
};

struct sort_key {
    expression_ptr value;
    bool descending = false;
    bool nulls_first = false;
    object_oid less_operator{};
};

// ---- queries
// --------------------------------------------------------------------------------------------
struct result_column {
    std::string name;  // by PostgreSQL's rules (FigureColname)
    sql_type type;
    object_oid source_table{};  // 0: computed
    std::int16_t source_attribute = 0;
};

struct range_entry {
    struct table {
        object_oid relation{};
        bool only = false;
    };  // table, view (already expanded: subquery), topic, bucket, catalog
    struct subquery {
        query_ptr body;
        bool lateral = false;
    };
    struct function {
        std::vector<expression_ptr> calls;
        std::vector<std::uint32_t> widths;  // columns of each call; the ordinality is one more
        bool with_ordinality = false;
        bool lateral = false;
    };
    struct values {
        std::vector<std::vector<expression_ptr>> rows;
        bool lateral = false;
    };
    struct common_table {
        std::uint32_t levels_up = 0, index = 0;
    };  // query::common_tables of that level
    std::variant<table, subquery, function, values, common_table> source;
    std::string alias;
    // Of a table: column i is attribute i + 1 (a dropped one has no name).
    std::vector<result_column> columns;
    std::vector<bool> read;  // which columns the statement reads (privileges, projection, audit)
};

struct join_node;
struct from_item {
    // A range table entry, or a join of two items.
    std::variant<std::uint32_t, std::shared_ptr<join_node const>> node;
};
struct join_node {
    enum class kind : std::uint8_t { inner, left, right, full, cross };
    kind what{};
    from_item left, right;
    expression_ptr condition;  // USING and NATURAL are written out
};

struct window_definition {
    std::vector<expression_ptr> partition;
    std::vector<sort_key> order;
    struct bound {
        enum class kind : std::uint8_t {
            unbounded_preceding,
            preceding,
            current_row,
            following,
            unbounded_following
        };
        kind what{};
        expression_ptr offset;
    };
    enum class unit : std::uint8_t { rows, range, groups };
    unit frame_unit = unit::range;
    bound start, end;
    enum class exclusion : std::uint8_t { none, current_row, group, ties };
    exclusion exclude = exclusion::none;
};

struct common_table {
    std::string name;
    query_ptr body;
    bool recursive = false;
    std::vector<result_column> columns;
};

struct target {
    expression_ptr value;
    result_column column;
    bool hidden = false;
};  // hidden: only for ORDER BY / GROUP BY

enum class set_operation : std::uint8_t {
    none,
    union_all,
    union_distinct,
    intersect_all,
    intersect_distinct,
    except_all,
    except_distinct
};
enum class row_lock : std::uint8_t { none, key_share, share, no_key_update, update };

struct query {
    std::vector<common_table> common_tables;
    std::vector<range_entry> range_table;
    std::vector<from_item> from;  // comma list
    expression_ptr where;
    std::vector<target> targets;
    std::vector<std::vector<expression_ptr>>
        grouping_sets;  // one set: plain GROUP BY; none and has_aggregates: one group
    bool has_aggregates = false, has_windows = false, has_set_returning = false;
    expression_ptr having;
    std::vector<window_definition> windows;
    bool distinct = false;
    std::vector<expression_ptr> distinct_on;
    std::vector<sort_key> order;  // over targets' expressions
    expression_ptr limit, offset;
    bool with_ties = false;
    // Set operation: two queries, order and limit apply to the result; columns are `targets` as
    // column references to relation 0, which stands for the combined rows and has no entry. Each
    // side is one query level deeper than this one; their types are already the result's.
    set_operation combine = set_operation::none;
    query_ptr left, right;
    row_lock lock = row_lock::none;
    std::vector<std::uint32_t> locked_relations;  // range table entries that `lock` is for
    enum class lock_wait : std::uint8_t { wait, nowait, skip_locked } on_locked = lock_wait::wait;
};

// ---- statements
// -----------------------------------------------------------------------------------------
struct insert_statement {
    // WITH of the INSERT itself. `source` is one query level deeper than the statement; `defaults`,
    // `on_conflict` and `returning` are at the statement's own level.
    std::vector<common_table> common_tables;
    object_oid table{};
    std::vector<std::int16_t>
        columns;       // attribute numbers that `source` fills, in its column order
    query_ptr source;  // VALUES is a query over range_entry::values; null: DEFAULT VALUES
    std::vector<expression_ptr>
        defaults;  // per table column, for those not in `columns`; null: NULL
    struct conflict {
        bool do_update = false;
        object_oid index{};  // arbiter; 0: any
        std::vector<std::pair<std::int16_t, expression_ptr>>
            assignments;  // relation 0 = the row there, 1 = EXCLUDED
        expression_ptr where;
    };
    std::optional<conflict> on_conflict;
    std::vector<target> returning;  // relation 0 = the new row
    enum class overriding : std::uint8_t {
        none,
        user_value,
        system_value
    } override_identity = overriding::none;
};
struct update_statement {
    query source;  // range_table[0] is the table updated; FROM items follow; WHERE
    object_oid table{};
    std::vector<std::pair<std::int16_t, expression_ptr>> assignments;
    // Generated columns, over relation 0 as it is after the assignments.
    std::vector<std::pair<std::int16_t, expression_ptr>> generated;
    std::vector<target> returning;
};
struct delete_statement {
    query source;  // range_table[0] is the table
    object_oid table{};
    std::vector<target> returning;
};
struct select_statement {
    query_ptr body;
};

// Statements that need no analysis of expressions beyond their own (DDL, transaction control, SET,
// COPY, cursors, ...) are in statements.hpp.
struct utility_statement;
using utility_ptr = std::shared_ptr<utility_statement const>;

struct analysed_statement {
    std::variant<select_statement, insert_statement, update_statement, delete_statement,
                 utility_ptr>
        body;
    std::vector<sql_type> parameters;    // inferred or given, $1 first
    std::vector<result_column> columns;  // empty: returns no rows
    std::uint64_t catalog_version = 0;
    std::string text;  // the statement's own text
};
using statement_ptr = std::shared_ptr<analysed_statement const>;

}  // namespace sluice::sql
