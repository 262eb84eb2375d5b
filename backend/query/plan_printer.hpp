// A checked plan as the text the engine is given, and the things of this execution that the text
// names by number: `sluice_scan(0)` reads sources[0], `sluice_call(2, ..)` calls functions[2].
// Each relation is a SELECT of its own with columns c0, c1, ..; every column is named with its
// relation's alias, every literal with its type, so nothing is left to the engine's own rules.
// Pure, any thread.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "backend/query/plan.hpp"

namespace sluice::query {

struct printed_plan {
    std::string text;
    std::vector<std::shared_ptr<row_source const>> sources;
    std::vector<std::shared_ptr<own_function const>> functions;
};

// Precondition: check_plan found nothing. unsupported: a literal that cannot be written.
result<printed_plan> print_plan(node const& plan);

// The engine's name of a type: "INTEGER", "BLOB[]".
std::string type_name(value_type type);

}  // namespace sluice::query
