#include "protocols/sql/execute/referential_drops.hpp"

#include <algorithm>

#include "protocols/sql/execute/definition_names.hpp"
#include "protocols/sql/execute/table_definition.hpp"

namespace sluice::sql {

task<sql_result<void>> drop_references(session_core& core, catalog_builder& builder, bool cascade,
                                       std::string what, rule_test depends, std::string on,
                                       drop_lists lists) {
    struct dependent {
        relation_ptr table;
        constraint rule;
    };
    std::vector<dependent> found;
    for (auto const& [oid, table] : builder.contents().relations) {
        if (lists.leaving != nullptr && lists.leaving->contains(oid)) continue;
        for (auto const& rule : table->constraints)
            if (rule.what == constraint::kind::foreign_key && depends(rule))
                found.push_back({table, rule});
    }
    if (found.empty()) co_return sql_result<void>();
    std::sort(found.begin(), found.end(), [](dependent const& left, dependent const& right) {
        return left.rule.oid < right.rule.oid;
    });
    std::vector<std::string> own;
    for (auto const& each : found)
        own.push_back("constraint " + each.rule.name + " on " + described(core.context, *each.table));
    if (!cascade) {
        for (auto& each : own) each += " depends on " + on;
        if (lists.in_the_way != nullptr) {
            lists.in_the_way->insert(lists.in_the_way->end(), own.begin(), own.end());
            co_return sql_result<void>();
        }
        sql_error refusal("2BP01", "cannot drop " + what + " because other objects depend on it");
        for (auto const& each : own) refusal.detail += (refusal.detail.empty() ? "" : "\n") + each;
        refusal.hint = "Use DROP ... CASCADE to drop the dependent objects too.";
        co_return refusal;
    }
    for (auto const& each : found) {
        auto const locked = co_await core.context.lock_relation(
            *each.table, relation_lock_mode::access_exclusive);
        if (locked.has_error()) co_return locked;
        auto changed = copy_of(builder, each.table->oid);
        std::erase_if(changed.constraints,
                      [&](constraint const& rule) { return rule.oid == each.rule.oid; });
        builder.put_relation(std::move(changed));
    }
    core.context.catalog_changed();
    if (lists.cascaded != nullptr)
        lists.cascaded->insert(lists.cascaded->end(), own.begin(), own.end());
    else tell_cascaded(core.context, own);
    co_return sql_result<void>();
}

void tell_cascaded(session_context& context, std::vector<std::string> const& what) {
    if (what.empty()) return;
    sql_error told("00000", what.size() == 1
                                ? "drop cascades to " + what.front()
                                : "drop cascades to " + std::to_string(what.size()) +
                                      " other objects");
    if (what.size() > 1)
        for (auto const& each : what)
            told.detail += (told.detail.empty() ? "" : "\n") + ("drop cascades to " + each);
    context.notice("NOTICE", std::move(told));
}

}  // namespace sluice::sql
