// Rows that are at hand as a row_source: long VALUES lists, tests, small catalog relations.
// Immutable; any number of streams at once, which keep the rows alive.
#pragma once

#include <memory>
#include <vector>

#include "backend/query/plan.hpp"

namespace sluice::query {

// Precondition: each row has one value per type.
std::shared_ptr<row_source const> make_constant_source(std::vector<value_type> types,
                                                       std::vector<std::vector<value>> rows);

}  // namespace sluice::query
