// The flags argument of the regexp functions: 'g' and the options of the expression.
#pragma once

#include "protocols/sql/functions/function_table.hpp"
#include "protocols/sql/functions/regular_expression.hpp"

namespace sluice::sql {

struct regexp_options {
    bool global = false;
    expression_options expression;
};
// Of argument `index`, where there is one; 22023 into the frame.
regexp_options read_options(function_frame&, std::size_t index);

}  // namespace sluice::sql
