// Rows as people read them: columns aligned, names on top. Pure.
#pragma once

#include <string>
#include <vector>

#include "gateway/admin/control_codec.hpp"

namespace sluice::gateway {

// Columns are those of the first row; a row that lacks one leaves it empty.
std::string table_text(std::vector<control_fields> const& rows);

}  // namespace sluice::gateway
