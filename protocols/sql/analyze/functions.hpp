// Functions: which one a name and its arguments mean (manual 10.3): exact, by coercion, with named
// and default arguments, variadic, or a type's name as a cast.
#pragma once

#include <string>
#include <vector>

#include "protocols/sql/analyze/context.hpp"

namespace sluice::sql {

struct chosen_function {
    enum class kind : std::uint8_t { none, several, function, coercion };
    kind what = kind::none;
    proc_row const* row = nullptr;
    // Per parameter of the call: the argument that fills it; -1: the function's default.
    std::vector<int> order;
    std::vector<type_oid> declared;  // per parameter, VARIADIC written out
    std::size_t variadic_count = 0;  // arguments collected into the last parameter's array
    type_oid coercion_target{};
};

chosen_function choose_function(analysis_context&, syntax::qualified_name const& name,
                                std::vector<expression_ptr> const& arguments,
                                std::vector<std::string> const& argument_names,
                                bool expand_variadic);

// "f(integer, unknown)" or "f(a => integer)"
std::string function_signature(analysis_context const&, std::string const& name,
                               std::vector<expression_ptr> const& arguments,
                               std::vector<std::string> const& argument_names);

}  // namespace sluice::sql
