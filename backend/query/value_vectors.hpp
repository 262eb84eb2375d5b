// Between our values and the engine's columns. Called by its callbacks and by whoever reads its
// results, on the thread that runs the query. May throw what the engine throws (out of memory).
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "backend/query/plan.hpp"

namespace duckdb {
class Vector;
struct LogicalType;
}  // namespace duckdb

namespace sluice::query {

duckdb::LogicalType engine_type(value_type type);

// False: the value is not of that type, out of its range, or text that is not UTF-8.
bool set_value(duckdb::Vector& to, value_type type, std::size_t row, value const& from);

// rows[i][column] = value i of the vector, for i < count. Precondition: the rows are that wide.
void get_column(duckdb::Vector& from, value_type type, std::size_t count,
                std::vector<std::vector<value>>& rows, std::size_t column);

}  // namespace sluice::query
