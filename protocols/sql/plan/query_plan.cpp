#include <algorithm>

#include "protocols/sql/plan/engine_values.hpp"
#include "protocols/sql/plan/expression_walk.hpp"
#include "protocols/sql/plan/plan_nodes.hpp"
#include "protocols/sql/plan/query_maker.hpp"

namespace sluice::sql::engine {

using relational::node_ptr;
using relational::scalar_ptr;

// The projection below DISTINCT and ORDER BY: visible targets, then what they look at.
struct query_maker::target_list {
    std::vector<scalar_ptr> columns;
    std::vector<type_oid> types;          // of the visible ones
    std::vector<std::size_t> distinct;    // columns that tell rows apart
    std::vector<relational::order> order;      // over the projection
};

made_query query_maker::make(query const& body, query_level const* outer) {
    query_level const at{&body, outer};
    levels_.push_back({&body, &at, std::vector<shared_table>(body.common_tables.size())});
    auto made = body_of(at);
    if (made.plan) made.plan = with_tables(levels_.back(), std::move(made.plan));
    levels_.pop_back();
    return made;
}

namespace {

// Some rows of many, in any order: natively nothing is read past them.
bool stops_early(query const& body) {
    bool const keeps = !body.order.empty() || !body.distinct_on.empty() || body.distinct ||
                       body.has_windows || body.has_aggregates || !body.grouping_sets.empty() ||
                       (body.combine != set_operation::none &&
                        body.combine != set_operation::union_all);
    return body.limit && !keeps;
}

}  // namespace

made_query query_maker::body_of(query_level const& at) {
    auto const& body = *at.body;
    if (body.lock != row_lock::none || body.has_set_returning || body.with_ties) return {};
    if (stops_early(body)) return {};
    if (body.combine != set_operation::none) return finished(at, combined(at));
    auto rows = from(at);
    bool const groups = body.has_aggregates || !body.grouping_sets.empty() || body.having;
    if (rows.node && groups) rows = grouped(at, std::move(rows));
    if (rows.node && body.has_windows) rows = windowed(at, std::move(rows));
    return finished(at, std::move(rows));
}

bool query_maker::add_targets(query_level const& at, scalar_maker& scalars, target_list& out) {
    auto const& body = *at.body;
    std::vector<scalar_ptr> all;  // also the hidden ones
    for (auto const& each : body.targets) {
        all.push_back(scalars.make(each.value));
        if (!all.back()) return false;
        // Targets of rows past the limit are not evaluated natively.
        if (body.limit && body.order.empty() && !cannot_fail(*each.value)) return false;
        if (each.hidden) continue;
        out.columns.push_back(all.back());
        out.types.push_back(each.value->type.oid);
    }
    auto const place_of = [&](expression_ptr const& key) -> scalar_ptr {
        for (std::size_t i = 0; i < body.targets.size(); ++i)
            if (body.targets[i].value == key) return all[i];
        return scalars.make(key);
    };
    // A key that is a column already is not computed again.
    auto const add = [&](scalar_ptr const& value) {
        for (std::size_t i = 0; i < out.columns.size(); ++i)
            if (out.columns[i] == value) return i;
        out.columns.push_back(value);
        return out.columns.size() - 1;
    };
    for (auto const& key : body.order) {
        auto value = place_of(key.value);
        if (value) value = scalars.sort_form(value, key.value->type.oid);
        if (!value) return false;
        auto const place = add(value);
        out.order.push_back({column_of(place, value->type), key.descending, key.nulls_first});
    }
    std::vector<std::pair<scalar_ptr, type_oid>> apart;
    if (!body.distinct_on.empty())
        for (auto const& each : body.distinct_on) apart.emplace_back(place_of(each), each->type.oid);
    else if (body.distinct)
        for (std::size_t i = 0; i < out.types.size(); ++i)
            apart.emplace_back(out.columns[i], out.types[i]);
    for (auto& [value, type] : apart) {
        if (value) value = scalars.equal_form(value, type);
        if (!value) return false;
        out.distinct.push_back(add(value));
    }
    return true;
}

node_ptr query_maker::distinct(query const& body, node_ptr node, target_list const& list) {
    if (!body.distinct && body.distinct_on.empty()) return node;
    std::vector<scalar_ptr> on;
    for (auto const each : list.distinct) on.push_back(column_of(each, list.columns[each]->type));
    if (on.empty()) return nullptr;
    bool const chosen = !body.distinct_on.empty();
    if (!chosen && list.distinct.size() == list.columns.size()) on.clear();  // plain DISTINCT
    return distinction_of(std::move(node), std::move(on),
                          chosen ? list.order : std::vector<relational::order>());
}

node_ptr query_maker::limited(query const& body, node_ptr node) {
    auto const count = [&](expression_ptr const& of, std::optional<std::uint64_t>& out) {
        if (!of) return true;
        auto const value = with_.constant(*of);
        if (!value) return false;
        if (is_null(*value)) return true;
        auto const* number = std::get_if<std::int64_t>(&*value);
        if (number == nullptr || *number < 0) return false;
        out = static_cast<std::uint64_t>(*number);
        return true;
    };
    std::optional<std::uint64_t> limit, offset;
    if (!count(body.limit, limit) || !count(body.offset, offset)) return nullptr;
    return limiting_of(std::move(node), limit, offset.value_or(0));
}

made_query query_maker::finished(query_level const& at, piece rows) {
    if (!rows.node) return {};
    auto const& body = *at.body;
    scalar_maker scalars(with_, at, rows.row);
    target_list list;
    if (!add_targets(at, scalars, list)) return {};
    auto node = project_of(std::move(rows.node), list.columns);
    node = distinct(body, std::move(node), list);
    if (!node) return {};
    node = limited(body, sorting_of(std::move(node), list.order));
    if (!node) return {};
    if (list.columns.size() > list.types.size()) {
        std::vector<scalar_ptr> visible;
        for (std::size_t i = 0; i < list.types.size(); ++i)
            visible.push_back(column_of(i, list.columns[i]->type));
        node = project_of(std::move(node), std::move(visible));
    }
    return {std::move(node), std::move(list.types)};
}

namespace {

relational::set_kind kind_of(set_operation what) {
    switch (what) {
        case set_operation::union_distinct: return relational::set_kind::union_distinct;
        case set_operation::intersect_all: return relational::set_kind::intersect_all;
        case set_operation::intersect_distinct: return relational::set_kind::intersect_distinct;
        case set_operation::except_all: return relational::set_kind::except_all;
        case set_operation::except_distinct: return relational::set_kind::except_distinct;
        case set_operation::none:
        case set_operation::union_all: break;
    }
    return relational::set_kind::union_all;
}

}  // namespace

// The rows of both sides as relation 0.
query_maker::piece query_maker::combined(query_level const& at) {
    auto const& body = *at.body;
    auto left = make(*body.left, &at);
    if (!left.plan) return {};
    auto right = make(*body.right, &at);
    if (!right.plan || left.types != right.types || left.types.empty()) return {};
    bool const compares = body.combine != set_operation::union_all;
    for (auto const type : left.types) {
        auto const order = engine_order_of(type);
        bool const equal = order == engine_order::itself || order == engine_order::itself_equal;
        if (compares && !equal) return {};
    }
    piece out;
    out.node = combination_of(kind_of(body.combine), std::move(left.plan), std::move(right.plan));
    for (std::uint32_t i = 0; i < left.types.size(); ++i)
        out.row.columns[{0, i}] = {i, left.types[i]};
    return out;
}

// The WITH query that an entry names, its body made; null: not for the engine.
query_maker::shared_table* query_maker::shared(query_level const& at,
                                               range_entry::common_table const& which) {
    auto const* level = &at;
    for (auto up = which.levels_up; up > 0 && level != nullptr; --up) level = level->outer;
    if (level == nullptr) return nullptr;
    for (auto& each : levels_) {
        if (each.body != level->body || which.index >= each.tables.size()) continue;
        auto const& table = each.body->common_tables[which.index];
        if (table.recursive) return nullptr;
        auto& out = each.tables[which.index];
        if (!out.used) {
            out.used = true;
            out.name = "w" + std::to_string(named_++);
            out.made = make(*table.body, level);
        }
        return out.made.plan ? &out : nullptr;
    }
    return nullptr;
}

node_ptr query_maker::with_tables(level_tables& level, node_ptr main) {
    for (auto each = level.tables.rbegin(); each != level.tables.rend(); ++each)
        if (each->used && each->made.plan)
            main = shared_of(each->name, each->made.plan, std::move(main));
    return main;
}

}  // namespace sluice::sql::engine
