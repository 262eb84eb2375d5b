// WINDOW and OVER: named definitions, what one inherits from another, frames.
#pragma once

#include "protocols/sql/analyze/scope.hpp"

namespace sluice::sql {

// The index in scope::window_specs that an OVER clause means; definitions are analysed at the end.
outcome<std::uint32_t> window_index(scope&, syntax::window_spec const& over);
// WINDOW clause: names must differ.
outcome<void> declare_windows(scope&, std::vector<syntax::window_spec> const&);
// scope::window_specs to scope::windows.
outcome<void> analyze_windows(scope&, std::vector<target>& targets);

}  // namespace sluice::sql
