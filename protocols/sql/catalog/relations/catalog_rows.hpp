// The tables of pg_catalog as rows: what a snapshot and the built-in rows say, in PostgreSQL 15's
// columns. Made anew for each scan of a catalog relation (psql's queries are joins over a few
// thousand rows); the executor filters. Views are not here: catalog/views/*.sql.
//
// Pure functions of the snapshot, any thread. Columns that describe PostgreSQL's own storage or
// planner (relpages, relfrozenxid, procost's support functions, ...) hold the neutral value.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocols/sql/catalog/catalog.hpp"

namespace sluice::sql {

using catalog_row = std::vector<datum>;

// The current value of a run-time setting, for pg_settings; nullopt: the built-in one.
using setting_source = std::function<std::optional<std::string>(std::string_view name)>;

// nullopt: this relation has no rows here (a view, or a table of users). Values are in the order of
// the relation's columns.
std::optional<std::vector<catalog_row>> catalog_rows(catalog_snapshot const&, object_oid relation,
                                                     setting_source const& settings = {});

}  // namespace sluice::sql
