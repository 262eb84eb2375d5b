// The views of pg_catalog and information_schema as SQL of ours (catalog/views/*.sql, embedded at
// build), expanded by the analyzer like any view. Process lifetime, any thread.
#pragma once

#include <string_view>

#include "protocols/sql/tree.hpp"

namespace sluice::sql {

// Empty: no text for this view; reading it is refused.
std::string_view system_view_text(object_oid schema, std::string_view name) noexcept;

}  // namespace sluice::sql
