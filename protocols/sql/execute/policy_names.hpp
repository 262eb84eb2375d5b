// What relations are called before the policy (gateway/design/0006-guard.md): schema, dot, name, as
// SQL would write it, so that no two relations share a name: a part that holds a dot or a double
// quote, or is a star, stands in double quotes, with those inside doubled. Whose a relation is.
// Pure; any thread.
#pragma once

#include <string>
#include <string_view>

#include "protocols/sql/catalog/catalog.hpp"

namespace sluice::sql {

std::string policy_name(std::string_view schema, std::string_view name);
std::string policy_name(relation const& of, catalog_snapshot const& catalog);
// A schema itself: "schema.*", what its CREATE and DROP are decided on.
std::string policy_name_of_schema(std::string_view schema);

// Who made it; of an index and of a column's sequence: who made the table. 0: nobody.
principal_id maker_of(relation const& of, catalog_snapshot const& catalog);

}  // namespace sluice::sql
