// The guard's principals as PostgreSQL's roles: root is the bootstrap superuser, everyone else may
// log in unless the principal is a role itself or disabled. Oids follow from the principals' ids:
// the same after a restart without being stored. Pure; any thread.
#pragma once

#include <vector>

#include "auth/guard/guarded_tables.hpp"
#include "protocols/sql/catalog/objects.hpp"

namespace sluice::sql {

std::vector<role> roles_of(std::vector<auth::known_principal> const& principals);

}  // namespace sluice::sql
