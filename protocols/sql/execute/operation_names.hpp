// What audit records call a statement: its command, as in its tag. Pure.
#pragma once

#include <string_view>

#include "protocols/sql/statements.hpp"
#include "protocols/sql/tree.hpp"

namespace sluice::sql {

// Empty for statements that touch no data and change no definition.
std::string_view operation_name(analysed_statement const& statement) noexcept;

}  // namespace sluice::sql
