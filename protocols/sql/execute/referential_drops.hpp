// Foreign keys that depend on what is dropped: refused as PostgreSQL does (2BP01), or dropped with it.
// Thread rule and lifetime: as session_core.
#pragma once

#include <functional>
#include <set>

#include "protocols/sql/execute/session_core.hpp"

namespace sluice::sql {

using rule_test = std::function<bool(constraint const&)>;

// `what` as the message names it, `on` as the detail does. Tables in `leaving` go themselves.
task<sql_result<void>> drop_references(session_core& core, catalog_builder& builder, bool cascade,
                                       std::string what, rule_test depends, std::string on,
                                       std::set<object_oid> const* leaving = nullptr,
                                       std::vector<std::string>* cascaded = nullptr);

// "drop cascades to ...", as PostgreSQL counts it; nothing where the list is empty.
void tell_cascaded(session_context& context, std::vector<std::string> const& what);

}  // namespace sluice::sql
