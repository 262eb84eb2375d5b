// Applies CREATE statements to a catalog for tests of the analyzer: enough of DDL for the schema of
// tests/golden/sql, without the rules that refuse.
#pragma once

#include <string_view>

#include "protocols/sql/catalog/catalog.hpp"

namespace sluice::sql {

// All CREATE and COMMENT statements of `script`; INSERT is skipped. Throws on an error.
catalog_ptr catalog_of_script(std::string_view script);

}  // namespace sluice::sql
