// What conditions say about one column's values: bounds for readers that can begin and stop there.
// Only ever wider than what the conditions allow. Evaluated over `seen`. Thread rule: the run's.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "protocols/sql/execute/column_conditions.hpp"
#include "protocols/sql/execute/run_frame.hpp"

namespace sluice::sql {

// The conditions of one entry of FROM, and what evaluates their values.
struct entry_conditions {
    std::uint32_t self = 0;
    std::vector<expression_ptr> const& conditions;
    frame const& seen;
    statement_run& run;
};

// Of an integer or timestamp column, both ends included. first > last: nothing fulfils.
struct number_range {
    std::int64_t first = std::numeric_limits<std::int64_t>::min();
    std::int64_t last = std::numeric_limits<std::int64_t>::max();
    bool empty() const noexcept { return first > last; }
};
sql_result<number_range> number_range_of(std::size_t column, entry_conditions const& of);

// Of a text column in byte order.
struct text_range {
    std::optional<std::vector<std::string>> points;  // sorted, each once: it is one of these
    std::string first;                // at least this
    std::optional<std::string> last;  // at most this
    std::string prefix;               // and begins with this
    bool nothing = false;             // no value fulfils
};
sql_result<text_range> text_range_of(std::size_t column, entry_conditions const& of);

}  // namespace sluice::sql
