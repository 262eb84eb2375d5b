// Which functions of pg_proc are served and how. One registration per C function name of pg_proc
// (prosrc) or, where several SQL functions have none of their own, per oid; properties (strict,
// volatility, result) come from the catalog's own rows. Built once, constant afterwards; any
// thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "protocols/sql/functions/evaluate.hpp"

namespace sluice::sql {

// One call: arguments in, the value or one latched error out. A function answers `frame.fail(...)`,
// which is a null, after an error.
struct function_frame {
    std::span<datum const> arguments;
    std::span<sql_type const> types;
    sql_type result;
    evaluation_context& context;
    bool variadic = false;  // the last argument is an array that stands for the rest
    object_oid function{};
    std::unique_ptr<sql_error> error;

    datum fail(sql_error what) {
        if (!error) error = std::make_unique<sql_error>(std::move(what));
        return sql_null{};
    }
    // The value, or latches the error.
    datum take(sql_result<datum> value) {
        if (value.has_error()) return fail(std::move(value).error());
        return std::move(*value);
    }
    datum const& operator[](std::size_t index) const { return arguments[index]; }
    std::size_t size() const { return arguments.size(); }
    bool null_at(std::size_t index) const { return is_null(arguments[index]); }
    std::int64_t integer(std::size_t index) const {
        return *std::get_if<std::int64_t>(&arguments[index]);
    }
    double number(std::size_t index) const { return *std::get_if<double>(&arguments[index]); }
    bool boolean(std::size_t index) const { return *std::get_if<bool>(&arguments[index]); }
    std::string const& text(std::size_t index) const {
        return *std::get_if<std::string>(&arguments[index]);
    }
};

using scalar_function = datum (*)(function_frame&);

// Rows of a set-returning function, one at a time. A function with several result columns gives
// records.
class row_set {
public:
    virtual ~row_set() = default;
    virtual bool next(datum& value) = 0;  // false: no more, or an error in failed()
    virtual sql_error const* failed() const { return nullptr; }
    virtual std::size_t memory_bytes() const { return 64; }  // of rows that wait inside
};
// The rows that were made at once.
std::unique_ptr<row_set> rows_at_hand(std::vector<datum> rows);
using set_function = std::unique_ptr<row_set> (*)(function_frame&);  // null with frame.error

// One group's running state.
class aggregate_state {
public:
    virtual ~aggregate_state() = default;
    // frame.arguments: one input row (nothing for count(*)). Strict aggregates get no row with a
    // null.
    virtual void step(function_frame& frame) = 0;
    virtual datum finish(function_frame& frame) = 0;  // frame.arguments: empty; may be called again
    virtual std::size_t memory_bytes() const { return 64; }
};
struct aggregate_function {
    // types: of the arguments. Null with frame.error where the types are not served.
    std::unique_ptr<aggregate_state> (*start)(function_frame& frame) = nullptr;
    bool skips_nulls = true;  // rows with a null argument are not stepped
    // Ordered-set: frame.arguments at finish are the direct arguments; step gets the ordered
    // values.
    bool ordered_set = false;
};

// What a window function sees of its partition (rows 0..size-1 in window order).
class window_view {
public:
    virtual ~window_view() = default;
    virtual std::int64_t size() const = 0;
    virtual std::int64_t current() const = 0;
    virtual std::int64_t peer_group_start(std::int64_t row) const = 0;
    virtual std::int64_t peer_group_end(std::int64_t row) const = 0;  // past the last
    // Rows of the current frame in order (exclusions applied); n-th from the start or the end.
    virtual std::int64_t frame_rows() const = 0;
    virtual std::int64_t frame_row(std::int64_t n) const = 0;
    virtual sql_result<datum> argument(std::size_t index, std::int64_t row) = 0;
};
using window_function = datum (*)(window_view&, function_frame&);

struct function_facts {
    object_oid oid{};
    std::string_view name;    // proname
    std::string_view source;  // prosrc
    char kind = 'f';          // f, a, w, p
    char volatility = 'v';    // i, s, v
    bool strict = false;
    bool returns_set = false;
    type_oid result{};
    type_oid variadic{};
    std::span<type_oid const> arguments;
};

struct served_function {
    function_facts const* facts = nullptr;
    scalar_function scalar = nullptr;
    set_function set = nullptr;
    aggregate_function const* aggregate = nullptr;
    window_function window = nullptr;
    bool in_catalog = false;  // answered by evaluation_context::catalog
    bool served() const {
        return scalar != nullptr || set != nullptr || aggregate != nullptr || window != nullptr ||
               in_catalog;
    }
};

// Never null for an oid below 16384; facts are null where pg_proc has no such row.
served_function const& find_function(object_oid) noexcept;
// Built-in facts, served or not; null: none.
function_facts const* find_function_facts(object_oid) noexcept;

// Starts a served set-returning function.
sql_result<std::unique_ptr<row_set>> start_set(object_oid function,
                                               std::span<datum const> arguments,
                                               std::span<sql_type const> argument_types,
                                               sql_type result, evaluation_context&,
                                               bool variadic = false);

// An aggregate over one group: step every row (filter, DISTINCT and ORDER BY are the caller's),
// then finish.
class running_aggregate {
public:
    static sql_result<running_aggregate> start(aggregate_call const&, sql_type result,
                                               std::vector<sql_type> argument_types,
                                               evaluation_context&);
    static sql_result<running_aggregate> start(object_oid function, sql_type result,
                                               std::vector<sql_type> argument_types,
                                               evaluation_context&);
    sql_result<void> step(std::span<datum const> arguments, evaluation_context&);
    sql_result<datum> finish(evaluation_context&, std::span<datum const> direct_arguments = {});
    std::size_t memory_bytes() const { return state_->memory_bytes(); }

private:
    object_oid function_{};
    aggregate_function const* how_ = nullptr;
    sql_type result_;
    std::vector<sql_type> types_;
    std::unique_ptr<aggregate_state> state_;
};

}  // namespace sluice::sql
