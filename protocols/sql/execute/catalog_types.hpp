// What type input and output need of the catalog, for one snapshot and search path: enums,
// composites and domains described, reg* names found and printed.
// The snapshot is kept alive. Immutable, any thread.
#pragma once

#include <memory>

#include "protocols/sql/catalog/catalog.hpp"
#include "protocols/sql/types/type_info.hpp"

namespace sluice::sql {

std::unique_ptr<type_catalog> make_type_catalog(catalog_ptr catalog, search_path path);

// The parts of a name as a person writes it ("a.b", quotes and folding); 42602.
sql_result<std::vector<std::string>> split_name(std::string_view text);

}  // namespace sluice::sql
