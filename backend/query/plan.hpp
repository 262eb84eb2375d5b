// The neutral relational plan: what the read engine is asked to compute. It knows physical kinds,
// not SQL types; every operation named here is proven to give PostgreSQL's answer for the kinds it
// accepts (or is a function of the caller's own). Built by protocols/sql from the typed tree;
// executed by backend/query/engine. Plain values, immutable while a query runs.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "backend/store/model/row_codec.hpp"
#include "gateway/core/result.hpp"

namespace sluice::query {

// How a value is represented inside the engine.
enum class kind : std::uint8_t {
    boolean,
    int16,
    int32,
    int64,
    float32,
    float64,
    text,       // UTF-8, compared by bytes
    bytes,      // compared by bytes
    date,       // int32 days since 2000-01-01
    timestamp,  // int64 microseconds since 2000-01-01
    interval,   // opaque 16 bytes: only functions of the caller's own may look inside
    decimal,    // DECIMAL(precision, scale), precision <= 38
    int128,     // what sums of integers give
    opaque,     // bytes that only the caller's functions understand: never compared, grouped or
                // ordered. The caller computes a key of kind `bytes` for that.
};
struct value_type {
    kind what{};
    std::uint8_t precision = 0, scale = 0;  // decimal
    bool is_list = false;                   // a list of `what`
    bool operator==(value_type const&) const = default;
};

struct int128 {
    std::uint64_t low = 0;
    std::int64_t high = 0;
    bool operator==(int128 const&) const = default;
};
// null, boolean, integers and times, floats, text/bytes/opaque, unscaled decimal, list
struct value;
using value_list = std::shared_ptr<std::vector<value> const>;
struct value {
    std::variant<std::monostate, bool, std::int64_t, double, std::string, int128, value_list> held;
};

// The elements of a list without a copy of it; `to` is overwritten. False: no more.
class value_cursor {
public:
    virtual ~value_cursor() = default;
    virtual bool next(value& to) = 0;
};

// A scalar function of the caller's own, called row by row on the query's threads: must be pure and
// thread-safe. A failure ends the query with exactly this failure. `nulls_to_null`: not called when
// any argument is NULL. `is_volatile`: called once per row, never moved, merged or folded.
struct own_function {
    std::string name;  // for EXPLAIN
    std::vector<value_type> arguments;
    value_type returns;
    bool nulls_to_null = true;
    bool is_volatile = false;
    std::function<result<value>(std::vector<value> const&)> call;
    // Instead of `call`, of one list: its elements one by one, none of NULL. What finishes `collect`.
    std::function<result<value>(value_cursor&)> fold;
};

struct node;
using node_ptr = std::shared_ptr<node const>;
struct scalar;
using scalar_ptr = std::shared_ptr<scalar const>;

// ---- scalars: a scalar stands at a node and reads the row that node gets (of a join: left columns,
// then right; of constant_rows and expansion: none). Inside a subquery or the right side of a
// lateral join, levels_up = 1 is the row of the scalar or join around it.
struct literal {
    value held;
};
struct column {
    std::uint32_t levels_up = 0, index = 0;
    bool operator==(column const&) const = default;
};
// Built-in operations with one meaning: comparisons, boolean logic, checked integer arithmetic
// (overflow is an error), ...
enum class builtin : std::uint16_t {
    equal,
    not_equal,
    less,
    less_equal,
    greater,
    greater_equal,
    is_distinct,
    is_not_distinct,
    logical_and,
    logical_or,
    logical_not,
    is_null,
    is_not_null,
    add,
    subtract,
    multiply,
    negate,  // integers of one kind; overflow -> out_of_range
    float_add,
    float_subtract,
    float_multiply,    // of one kind; overflow and underflow -> out_of_range, as PostgreSQL's
    concatenate_text,  // text || text
    character_length,  // of text, in code points, int32
    coalesce,
    greatest,
    least,
    null_if,
    list_make,
    list_contains_any,  // ARRAY[...]; x = ANY(list) with SQL's null rule
};
struct builtin_call {
    builtin what{};
    std::vector<scalar_ptr> arguments;
};
struct own_call {
    std::shared_ptr<own_function const> function;
    std::vector<scalar_ptr> arguments;
};
struct case_of {
    std::vector<std::pair<scalar_ptr, scalar_ptr>> branches;
    scalar_ptr otherwise;
};
struct subquery_scalar {
    enum class form : std::uint8_t { exists, single, any_equal, all_not_equal } what{};
    node_ptr body;
    std::vector<scalar_ptr> left;
};
// An integer to another integer kind (out_of_range when it does not fit) or to a float kind, float32
// to float64; to the scalar's type.
struct convert {
    scalar_ptr operand;
};
struct scalar {
    std::variant<literal, column, builtin_call, own_call, case_of, subquery_scalar, convert> what;
    value_type type;
};

// ---- relations
// Where rows come from: opened for this execution by the guard, so what a row filter hides never
// gets here.
class row_sink {
public:
    virtual ~row_sink() = default;
    // `place`: of the column in what open() was asked for; `row`: from 0 in each call of next().
    // Bytes are copied. A cell of another kind than its column ends the query.
    virtual void put(std::size_t place, std::size_t row, store::column_view const& cell) = 0;
    virtual void put(std::size_t place, std::size_t row, value const& cell) = 0;
};
class row_stream {
public:
    virtual ~row_stream() = default;
    // Puts every cell of the next rows, at most `most`, and answers how many rows; 0 at the end.
    // Blocking is allowed (query threads).
    virtual result<std::size_t> next(row_sink& to, std::size_t most) = 0;
};
class row_source {
public:
    virtual ~row_source() = default;
    virtual std::vector<value_type> types() const = 0;
    // Key bounds that a filter implies, as far as the source can use them.
    virtual std::uint64_t estimated_rows() const = 0;
    // Only these columns, in this order. May be called several times and from several threads.
    virtual result<std::unique_ptr<row_stream>> open(
        std::vector<std::uint32_t> const& columns) const = 0;
};

enum class join_kind : std::uint8_t { inner, left, right, full, cross, semi, anti };
enum class aggregate : std::uint16_t {
    count_star,
    count,
    sum_int64_to_int128,
    sum_decimal,
    min,
    max,
    any_value,
    bool_and,
    bool_or,
    collect,  // list of all inputs in order: the caller's own final function makes the answer
};
struct aggregate_call {
    aggregate what{};  // at most one argument
    std::vector<scalar_ptr> arguments;
    bool distinct = false;
    std::vector<struct order> order;  // with `distinct`: none, or one, by the argument itself
    scalar_ptr filter;
    value_type type;
};
struct order {
    scalar_ptr by;
    bool descending = false, nulls_first = false;
};
enum class window_function : std::uint16_t {
    row_number,
    rank,
    dense_rank,
    lag,
    lead,
    first_value,
    last_value,
    nth_value,
    ntile,
    percent_rank,
    cume_dist,
    aggregate
};
struct window_call {
    window_function what{};
    aggregate over{};  // for `aggregate`
    std::vector<scalar_ptr> arguments;
    std::vector<scalar_ptr> partition;
    std::vector<order> ordering;
    // "" or e.g. "ROWS BETWEEN 1 PRECEDING AND CURRENT ROW EXCLUDE TIES": from a closed set; RANGE
    // only with UNBOUNDED and CURRENT ROW.
    std::string frame;
    scalar_ptr filter;  // of an aggregate
    value_type type;
};

struct scan {
    std::shared_ptr<row_source const> source;
    std::vector<std::uint32_t> columns;
};
struct constant_rows {
    std::vector<std::vector<scalar_ptr>> rows;
    std::vector<value_type> types;
};
struct project {
    node_ptr input;
    std::vector<scalar_ptr> columns;
};
struct filter {
    node_ptr input;
    scalar_ptr condition;
};
struct join {
    join_kind what{};
    node_ptr left, right;
    scalar_ptr condition;
    bool lateral = false;
};  // row: left columns, then right
struct aggregation {
    node_ptr input;
    std::vector<scalar_ptr> keys;
    std::vector<std::vector<std::uint32_t>> sets;
    std::vector<aggregate_call> calls;
};
struct windowing {
    node_ptr input;
    std::vector<window_call> calls;
};  // input columns, then one per call
struct sorting {
    node_ptr input;
    std::vector<order> by;
};
struct limiting {
    node_ptr input;
    std::optional<std::uint64_t> limit;
    std::uint64_t offset = 0;
};
// Of rows equal in `on` (empty: in all columns) the first in `order` stays.
struct distinction {
    node_ptr input;
    std::vector<scalar_ptr> on;
    std::vector<order> by;
};
enum class set_kind : std::uint8_t {
    union_all,
    union_distinct,
    intersect_all,
    intersect_distinct,
    except_all,
    except_distinct
};
struct set_combination {
    set_kind what{};
    node_ptr left, right;
};
struct recursion {
    std::string name;
    node_ptr start, step;
    bool distinct = false;
};  // step reads it by recursive_scan
struct recursive_scan {
    std::string name;
    std::vector<value_type> types;
};
// `body` is computed once; `main` reads it by shared_scan, any number of times.
struct shared_rows {
    std::string name;
    node_ptr body, main;
};
struct shared_scan {
    std::string name;
    std::vector<value_type> types;
};
// One row per element of a list (none for NULL), and its number from 1 where asked (int64).
struct expansion {
    scalar_ptr list;
    bool numbered = false;
};
struct node {
    std::variant<scan, constant_rows, project, filter, join, aggregation, windowing, sorting,
                 limiting, distinction, set_combination, recursion, recursive_scan, shared_rows,
                 shared_scan, expansion>
        what;
    std::vector<value_type> columns;  // of the rows it gives
};

}  // namespace sluice::query

namespace sluice {
namespace relational = query;  // where `query` names an SQL query
}  // namespace sluice
