// Foreign keys that depend on what is dropped: refused as PostgreSQL does (2BP01), or dropped with it.
// Thread rule and lifetime: as session_core.
#pragma once

#include <functional>
#include <set>

#include "protocols/sql/execute/session_core.hpp"

namespace sluice::sql {

using rule_test = std::function<bool(constraint const&)>;

// Where a statement drops several things, what they share.
struct drop_lists {
    std::set<object_oid> const* leaving = nullptr;  // tables that go themselves
    std::vector<std::string>* cascaded = nullptr;   // to be told later; null: at once
    std::vector<std::string>* in_the_way = nullptr; // to be refused later; null: at once
};

// `what` as the message names it, `on` as the detail does.
task<sql_result<void>> drop_references(session_core& core, catalog_builder& builder, bool cascade,
                                       std::string what, rule_test depends, std::string on,
                                       drop_lists lists = {});

// "drop cascades to ...", as PostgreSQL counts it; nothing where the list is empty.
void tell_cascaded(session_context& context, std::vector<std::string> const& what);

}  // namespace sluice::sql
