// The statements that foreign keys run on the referring table, as SQL text, and PostgreSQL's own
// text of them for the CONTEXT of errors. $1... are the referenced values as the child's types.
#pragma once

#include <string>

#include "protocols/sql/execute/foreign_key.hpp"

namespace sluice::sql {

// One referring row; `locked`: that is still there when whoever changes it is done.
std::string find_text(foreign_key const& key, catalog_snapshot const& catalog, bool locked);
std::string remove_text(foreign_key const& key, catalog_snapshot const& catalog);
// 'c': the columns become $1..., and the old values follow; 'n': NULL; 'd': DEFAULT.
std::string set_text(foreign_key const& key, catalog_snapshot const& catalog, char action,
                     bool removal);
// Referring columns of rows that refer to nothing.
std::string all_rows_text(foreign_key const& key, catalog_snapshot const& catalog);

// As errors show it ('x' for DELETE, else an action of set_text).
std::string shown_look_up(foreign_key const& key);
std::string shown_find(foreign_key const& key);
std::string shown_text_of(char action, foreign_key const& key, bool removal);

}  // namespace sluice::sql
