// A statement over records, ready to run: SELECT list, WHERE and LIMIT as trees whose names are
// places in `paths`. Immutable once made, so any thread may run it; a run keeps its own state.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "protocols/sql/records/statement_lexer.hpp"
#include "protocols/sql/records/value.hpp"

namespace sluice::sql::records {

enum class operation : std::uint8_t {
    literal,
    path,         // number: of the path
    aggregate,    // number: of the aggregate
    list,         // (a, b)
    negation,     // NOT
    conjunction,  // AND
    disjunction,  // OR
    is_null,
    is_missing,
    equal,
    not_equal,
    less,
    less_or_equal,
    greater,
    greater_or_equal,
    like,         // text, pattern, escape where given
    in,           // what, candidates
    between,      // what, low, high
    searched_case,  // condition, answer, ..., otherwise
    simple_case,    // what, candidate, answer, ..., otherwise
    coalesce,
    null_if,
    minus,
    add,
    subtract,
    multiply,
    divide,
    remainder,
    concatenate,
    cast,
    // functions
    char_length,
    lower,
    upper,
    trim_both,
    trim_leading,
    trim_trailing,
    substring,
    date_add,
    date_diff,
    extract,
    to_string,
    to_timestamp,
    utcnow
};

enum class cast_type : std::uint8_t { boolean, integer, string, floating, decimal, timestamp };

struct expression;
using expression_ptr = std::unique_ptr<expression const>;
struct expression {
    operation what = operation::literal;
    std::vector<expression_ptr> operands;
    value constant;
    std::size_t number = 0;
    cast_type to = cast_type::string;
    time_part part = time_part::year;
};

struct aggregate {
    enum class kind : std::uint8_t { count, sum, average, minimum, maximum };
    kind what = kind::count;
    expression_ptr argument;  // null: COUNT(*)
};

struct select_item {
    std::string name;
    expression_ptr of;  // null: every field of the record
};

struct program {
    std::vector<path_step> from;            // below S3Object
    std::vector<std::vector<path_step>> paths;  // of a record; empty: the record itself
    std::vector<select_item> items;
    expression_ptr where;  // may be null
    std::optional<std::int64_t> limit;
    std::vector<aggregate> aggregates;  // not empty: one row comes out

    // Whether it needs all fields of a record.
    bool reads_everything() const noexcept {
        for (auto const& item : items)
            if (!item.of) return true;
        for (auto const& each : paths)
            if (each.empty()) return true;
        return false;
    }
};

record_result<std::shared_ptr<program const>> compile(std::string_view statement,
                                                      statement_limits const& limits = {});

}  // namespace sluice::sql::records
