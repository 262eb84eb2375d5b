// format(text, ...) and how variadic functions see their arguments.
#pragma once

#include "protocols/sql/functions/function_table.hpp"

namespace sluice::sql {

struct typed_value {
    type_oid type{};
    datum value;
};
// The arguments from `first` on; a VARIADIC array gives its elements.
std::vector<typed_value> spread_arguments(function_frame&, std::size_t first);

datum format_text(function_frame&);

}  // namespace sluice::sql
