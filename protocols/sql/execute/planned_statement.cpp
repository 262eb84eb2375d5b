#include "protocols/sql/execute/planned_statement.hpp"

#include <algorithm>
#include <set>

#include "protocols/sql/execute/access_path.hpp"
#include "protocols/sql/execute/point_select.hpp"
#include "protocols/sql/execute/session_context.hpp"
#include "protocols/sql/functions/function_table.hpp"
#include "protocols/sql/plan/expression_walk.hpp"

namespace sluice::sql {
namespace {

class planner {
public:
    planner(planned_statement& plan, session_context& session)
        : plan_(plan), session_(session), catalog_(session.catalog()) {}

    sql_result<void> run() {
        if (auto const* select = std::get_if<select_statement>(&plan_.body)) {
            note(*select->body);
            return check_and_find_point(*select->body, 0, true);
        }
        if (auto const* insert = std::get_if<insert_statement>(&plan_.body)) {
            note_insert(*insert);
            return check();
        }
        if (auto* update = std::get_if<update_statement>(&plan_.body)) {
            read_all(update->source);
            note(update->source);
            for (auto const& [column, value] : update->assignments) note(value);
            note_targets(update->returning);
            return check_and_find_point(update->source, 0, false);
        }
        if (auto* removal = std::get_if<delete_statement>(&plan_.body)) {
            read_all(removal->source);
            note(removal->source);
            note_targets(removal->returning);
            return check_and_find_point(removal->source, 0, false);
        }
        return {};
    }

private:
    // What is written anew, or whose index entries go, is read whole.
    static void read_all(query& source) {
        auto& entry = source.range_table[0];
        entry.read.assign(entry.columns.size(), true);
    }
    void note_expression(expression const& node) {
        auto const checked = check_served(node);
        if (checked.has_error() && !refused_) refused_ = checked.error();
        walk(node, [&](expression const& each) {
            if (std::holds_alternative<subquery_expression>(each.node)) subqueries_ = true;
            if (std::holds_alternative<sequence_default>(each.node)) plan_.calls_volatile = true;
            if (auto const* call = std::get_if<function_call>(&each.node)) {
                auto const* row = catalog_->find_function(call->function);
                if (row != nullptr && row->volatility == 'v') plan_.calls_volatile = true;
            }
        });
    }
    void note(expression_ptr const& each) {
        if (!each) return;
        note_expression(*each);
        each_query(*each, [&](query const& inside) { note_tables(inside); });
        walk_deep(*each, 0, [&](expression const& node, std::uint32_t depth) {
            if (depth > 0) note_node(node);
        });
    }
    void note_node(expression const& node) {
        if (auto const* call = std::get_if<function_call>(&node.node)) {
            // FROM holds set-returning functions as plain calls; their arguments come by themselves.
            bool const gives_rows = find_function(call->function).set != nullptr;
            auto const checked = gives_rows ? sql_result<void>() : check_served(node);
            if (checked.has_error() && !refused_) refused_ = checked.error();
            auto const* row = catalog_->find_function(call->function);
            if (row != nullptr && row->volatility == 'v') plan_.calls_volatile = true;
        }
        if (std::holds_alternative<subquery_expression>(node.node)) subqueries_ = true;
        if (std::holds_alternative<sequence_default>(node.node)) plan_.calls_volatile = true;
    }
    void note(query const& body) {
        each_query(body, [&](query const& inside) { note_tables(inside); });
        walk_query(body, 0, [&](expression const& node, std::uint32_t) { note_node(node); });
    }
    void note_targets(std::vector<target> const& list) {
        for (auto const& each : list) note(each.value);
    }
    void note_tables(query const& body) {
        for (auto const& entry : body.range_table)
            if (auto const* table = std::get_if<range_entry::table>(&entry.source)) {
                if (!seen_.insert(table->relation).second) continue;
                if (auto relation = catalog_->find_relation(table->relation))
                    plan_.read_relations.push_back(std::move(relation));
            }
    }
    void note_insert(insert_statement const& insert) {
        for (auto const& table : insert.common_tables) note(*table.body);
        if (insert.source) note(*insert.source);
        for (auto const& each : insert.defaults) note(each);
        if (insert.on_conflict) {
            for (auto const& [column, value] : insert.on_conflict->assignments) note(value);
            note(insert.on_conflict->where);
        }
        note_targets(insert.returning);
    }

    sql_result<void> check() const {
        if (refused_) return *refused_;
        return {};
    }

    static bool plain(query const& body) {
        return body.common_tables.empty() && body.range_table.size() == 1 &&
               body.from.size() == 1 && body.grouping_sets.empty() && !body.has_aggregates &&
               !body.has_windows && !body.has_set_returning && !body.having && !body.distinct &&
               body.distinct_on.empty() && body.order.empty() && !body.limit && !body.offset &&
               body.combine == set_operation::none && body.lock == row_lock::none &&
               std::holds_alternative<range_entry::table>(body.range_table[0].source);
    }

    sql_result<void> check_and_find_point(query const& body, std::uint32_t self, bool is_select) {
        if (refused_) return *refused_;
        conjuncts_of(body.where, plan_.conditions);
        if (!plain(body) || subqueries_ || plan_.calls_volatile) return {};
        auto const relation =
            catalog_->find_relation(std::get<range_entry::table>(body.range_table[0].source).relation);
        if (!relation || relation->kind != relation_kind::table) return {};
        auto shape = session_.shape_of(relation);
        if (shape.has_error()) return std::move(shape).error();
        if (!has_primary_points(**shape, self, plan_.conditions)) return {};
        plan_.by_primary_key = true;
        plan_.shape = std::move(*shape);
        if (is_select) plan_.point = point_plan_of(body, *plan_.shape, self, plan_.conditions, *catalog_);
        return {};
    }

    planned_statement& plan_;
    session_context& session_;
    catalog_ptr catalog_;
    std::set<object_oid> seen_;
    std::optional<sql_error> refused_;
    bool subqueries_ = false;
};

// What takes the same short time for all values.
class brief_check {
public:
    explicit brief_check(catalog_snapshot const& catalog) : catalog_(catalog) {}

    bool operator()(query const& body) const {
        if (!body.range_table.empty() || !body.common_tables.empty() || body.where ||
            body.having || body.combine != set_operation::none || body.has_set_returning ||
            body.has_aggregates || body.has_windows || !body.grouping_sets.empty() ||
            !body.order.empty() || !body.distinct_on.empty() || body.distinct)
            return false;
        for (auto const& each : body.targets)
            if (!is_brief(each.value)) return false;
        return (!body.limit || is_brief(body.limit)) && (!body.offset || is_brief(body.offset));
    }

private:
    bool is_fixed(sql_type type) const {
        auto const* row = catalog_.find_type(type.oid);
        return row != nullptr && row->length > 0;
    }
    bool is_brief(expression_ptr const& whole) const {
        bool out = true;
        walk(*whole, [&](expression const& node) { out = out && is_brief_node(node); });
        return out;
    }
    bool is_brief_node(expression const& node) const {
        if (auto const* call = std::get_if<function_call>(&node.node)) {
            if (call->arguments.empty()) return true;
            bool fixed = is_fixed(node.type);
            for (auto const& each : call->arguments) fixed = fixed && is_fixed(each->type);
            return fixed;
        }
        if (auto const* cast = std::get_if<coercion>(&node.node))
            return cast->how == coercion::kind::relabel;
        return std::holds_alternative<constant>(node.node) ||
               std::holds_alternative<parameter>(node.node) ||
               std::holds_alternative<session_value>(node.node) ||
               std::holds_alternative<boolean_operation>(node.node) ||
               std::holds_alternative<boolean_test>(node.node) ||
               std::holds_alternative<null_test>(node.node) ||
               std::holds_alternative<coalesce>(node.node);
    }

    catalog_snapshot const& catalog_;
};

}  // namespace

sql_result<planned_ptr> plan_statement(analysed_statement const& analysed, std::int32_t offset,
                                       std::vector<type_oid> given, session_context& session,
                                       syntax::statement_ptr written) {
    auto plan = std::make_shared<planned_statement>();
    static_cast<analysed_statement&>(*plan) = analysed;
    plan->offset = offset;
    plan->given_types = std::move(given);
    plan->written = std::move(written);
    plan->tentative = session.definitions != nullptr;
    auto const planned = planner(*plan, session).run();
    if (planned.has_error()) return planned.error();
    auto const* select = std::get_if<select_statement>(&plan->body);
    if (select != nullptr && !plan->calls_volatile)
        plan->is_brief = brief_check(*session.catalog())(*select->body);
    return planned_ptr(std::move(plan));
}

}  // namespace sluice::sql
