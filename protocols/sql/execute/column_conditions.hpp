// Conditions of the form column op value, from which a reader may learn what it can leave out. The
// condition itself is still tried on every row. Pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "protocols/sql/tree.hpp"

namespace sluice::sql {

enum class comparison : std::uint8_t {
    equal,
    less,
    less_equal,
    greater,
    greater_equal,
    one_of,  // the value is an array
};

struct column_condition {
    comparison how{};
    std::int16_t column = 0;  // attribute number
    expression const* value = nullptr;
};

// `self`: the relation that the column is of. The value reads nothing of `self`, is not volatile,
// and compares with the column as values of one type do (integers of any width; text and varchar).
bool as_column_condition(expression const& condition, std::uint32_t self, column_condition& out);

// column LIKE pattern, column ^@ prefix, starts_with(column, prefix).
struct prefix_condition {
    std::int16_t column = 0;
    expression const* value = nullptr;
    bool is_pattern = false;  // of LIKE
};
bool as_prefix_condition(expression const& condition, std::uint32_t self, prefix_condition& out);
// What every text that a LIKE pattern matches begins with.
std::string fixed_prefix(std::string_view pattern);

}  // namespace sluice::sql
