// Format codes of Bind: none means text for all, one is for all, otherwise one for each; 0 is text,
// 1 binary (PostgreSQL manual, "Message Formats": Bind). Pure.
#pragma once

#include <cstdint>
#include <vector>

#include "protocols/sql/sql_error.hpp"

namespace sluice::postgres {

// One code for each of `parameters`. 08P01, 22023.
sql::sql_result<std::vector<std::int16_t>> spread_parameter_formats(
    std::vector<std::int16_t> const& codes, std::size_t parameters);
sql::sql_result<std::vector<std::int16_t>> spread_result_formats(
    std::vector<std::int16_t> const& codes, std::size_t columns);

}  // namespace sluice::postgres
