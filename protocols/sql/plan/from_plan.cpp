// FROM and WHERE: inner joins and comma lists become one list of pieces whose conditions are tried
// where all they read is there, as the native executor does; the engine chooses the order of joins.
#include <algorithm>

#include "protocols/sql/plan/engine_values.hpp"
#include "protocols/sql/plan/expression_walk.hpp"
#include "protocols/sql/plan/plan_nodes.hpp"
#include "protocols/sql/plan/query_maker.hpp"

namespace sluice::sql::engine {

using relational::join_kind;
using relational::scalar_ptr;

namespace {

constexpr relation_set beyond = relation_bit(relation_set_overflow);

// Conditions of the pool that read nothing but `known`, taken out of it.
std::vector<expression_ptr> take(std::vector<expression_ptr>& pool, relation_set known) {
    std::vector<expression_ptr> out;
    std::erase_if(pool, [&](expression_ptr const& each) {
        auto const read = relations_of(*each);
        if (read == 0 || (read & ~known) != 0) return false;
        out.push_back(each);
        return true;
    });
    return out;
}

void flatten(from_item const& what, std::vector<from_item>& out,
             std::vector<expression_ptr>& pool) {
    auto const* join = std::get_if<std::shared_ptr<join_node const>>(&what.node);
    if (join == nullptr || ((*join)->what != join_node::kind::inner &&
                            (*join)->what != join_node::kind::cross)) {
        out.push_back(what);
        return;
    }
    flatten((*join)->left, out, pool);
    flatten((*join)->right, out, pool);
    conjuncts_of((*join)->condition, pool);
}

join_kind kind_of(join_node::kind what) {
    switch (what) {
        case join_node::kind::left: return join_kind::left;
        case join_node::kind::right: return join_kind::right;
        case join_node::kind::full: return join_kind::full;
        case join_node::kind::cross:
        case join_node::kind::inner: break;
    }
    return join_kind::inner;
}

}  // namespace

query_maker::piece query_maker::from(query_level const& at) {
    pool where;
    conjuncts_of(at.body->where, where);
    std::vector<from_item> items;
    for (auto const& each : at.body->from) flatten(each, items, where);
    for (auto const& each : where)
        if ((relations_of(*each) & beyond) != 0) return {};
    if (items.empty() || at.body->range_table.size() >= relation_set_overflow) return {};
    auto so_far = item(at, items.front(), where, true);
    for (std::size_t i = 1; i < items.size() && so_far.node; ++i) {
        auto next = item(at, items[i], where, true);
        if (!next.node) return {};
        auto const conditions = take(where, so_far.relations | next.relations);
        so_far = joined(at, join_kind::inner, std::move(so_far), std::move(next), conditions);
    }
    if (!so_far.node) return {};
    return filtered(at, std::move(so_far), where);
}

query_maker::piece query_maker::item(query_level const& at, from_item const& what, pool& where,
                                     bool may_push) {
    if (auto const* relation = std::get_if<std::uint32_t>(&what.node)) {
        auto const conditions = may_push ? take(where, relation_bit(*relation)) : pool();
        return filtered(at, entry(at, *relation, conditions), conditions);
    }
    auto const& join = *std::get<std::shared_ptr<join_node const>>(what.node);
    auto out = outer_join(at, join, where, may_push);
    if (!out.node || !may_push) return out;
    auto const conditions = take(where, out.relations);
    return filtered(at, std::move(out), conditions);
}

// An outer join, or an inner one below one.
query_maker::piece query_maker::outer_join(query_level const& at, join_node const& join,
                                           pool& where, bool may_push) {
    using kind = join_node::kind;
    bool const inner = join.what == kind::inner || join.what == kind::cross;
    auto left = item(at, join.left, where, may_push && (inner || join.what == kind::left));
    if (!left.node) return {};
    auto right = item(at, join.right, where, may_push && (inner || join.what == kind::right));
    if (!right.node) return {};
    pool conditions;
    conjuncts_of(join.condition, conditions);
    for (auto const& each : conditions)
        if ((relations_of(*each) & beyond) != 0) return {};
    // ON conditions of the side that may be missing choose its rows before the join.
    if (join.what == kind::left)
        right = filtered(at, std::move(right), take(conditions, right.relations));
    if (join.what == kind::right)
        left = filtered(at, std::move(left), take(conditions, left.relations));
    if (!left.node || !right.node) return {};
    return joined(at, kind_of(join.what), std::move(left), std::move(right), conditions);
}

// Of an outer join: comparisons of one side with the other only. The engine would try all pairs of
// rows for anything else.
scalar_ptr query_maker::outer_condition(scalar_maker& scalars, piece const& left,
                                        piece const& right, pool const& conditions) {
    std::vector<scalar_ptr> parts;
    bool has_equality = false;
    for (auto const& each : conditions) {
        auto const* call = std::get_if<function_call>(&each->node);
        if (call == nullptr || call->arguments.size() != 2 || !cannot_fail(*each)) return nullptr;
        auto const what = comparison_of(call->function);
        if (!what) return nullptr;
        auto const one = relations_of(*call->arguments[0]), other = relations_of(*call->arguments[1]);
        auto const only = [](relation_set read, piece const& side) {
            return read != 0 && (read & ~side.relations) == 0;
        };
        if (!(only(one, left) && only(other, right)) && !(only(one, right) && only(other, left)))
            return nullptr;
        has_equality = has_equality || *what == relational::builtin::equal;
        parts.push_back(scalars.make(each));
        if (!parts.back() || !std::holds_alternative<relational::builtin_call>(parts.back()->what))
            return nullptr;
    }
    return has_equality ? all_of(std::move(parts)) : nullptr;
}

query_maker::piece query_maker::joined(query_level const& at, join_kind what, piece left,
                                       piece right, pool const& conditions) {
    piece out;
    out.row = left.row;
    out.row.append(right.row, left.node->columns.size());
    out.relations = left.relations | right.relations;
    scalar_maker scalars(with_, at, out.row);
    scalar_ptr condition;
    if (what == join_kind::inner) {
        bool failed = false;
        condition = scalars.all(conditions, failed);
        if (failed) return {};
        if (!condition) what = join_kind::cross;
    } else {
        condition = outer_condition(scalars, left, right, conditions);
        if (!condition) return {};
    }
    out.node = join_of(what, std::move(left.node), std::move(right.node), std::move(condition));
    return out;
}

query_maker::piece query_maker::filtered(query_level const& at, piece of, pool const& conditions) {
    if (!of.node || conditions.empty()) return of;
    bool failed = false;
    auto condition = scalar_maker(with_, at, of.row).all(conditions, failed);
    if (failed) return {};
    of.node = filter_of(std::move(of.node), std::move(condition));
    return of;
}

query_maker::piece query_maker::entry(query_level const& at, std::uint32_t relation,
                                      pool const& conditions) {
    auto const& source = at.body->range_table[relation].source;
    if (std::holds_alternative<range_entry::table>(source))
        return source_piece(at, relation, conditions);
    if (relations_of(at.body->range_table[relation]) != 0) return {};  // LATERAL
    if (std::holds_alternative<range_entry::common_table>(source))
        return shared_piece(at, relation);
    if (auto const* nested = std::get_if<range_entry::subquery>(&source)) {
        auto made = make(*nested->body, &at);
        if (!made.plan) return source_piece(at, relation, {});
        piece out;
        out.node = std::move(made.plan);
        out.relations = relation_bit(relation);
        for (std::uint32_t i = 0; i < made.types.size(); ++i)
            out.row.columns[{relation, i}] = {i, made.types[i]};
        return out;
    }
    return source_piece(at, relation, {});
}

query_maker::piece query_maker::source_piece(query_level const& at, std::uint32_t relation,
                                             pool const& conditions) {
    auto const& entry = at.body->range_table[relation];
    bool const is_table = std::holds_alternative<range_entry::table>(entry.source);
    std::vector<std::uint32_t> columns, places;
    piece out;
    for (std::uint32_t i = 0; i < entry.columns.size(); ++i) {
        if (is_table && !(i < entry.read.size() && entry.read[i])) continue;
        auto const type = entry.columns[i].type.oid;
        if (!engine_carries(type)) return {};
        out.row.columns[{relation, i}] = {columns.size(), type};
        places.push_back(static_cast<std::uint32_t>(columns.size()));
        columns.push_back(i);
    }
    auto source = is_table ? with_.table_rows(at, relation, std::move(columns), conditions)
                           : with_.entry_rows(at, relation, std::move(columns));
    if (!source) return {};
    out.relations = relation_bit(relation);
    out.node = scan_of(std::move(source), std::move(places));
    return out;
}

query_maker::piece query_maker::shared_piece(query_level const& at, std::uint32_t relation) {
    auto const& which =
        std::get<range_entry::common_table>(at.body->range_table[relation].source);
    auto const* table = shared(at, which);
    if (table == nullptr) return source_piece(at, relation, {});
    piece out;
    out.relations = relation_bit(relation);
    for (std::uint32_t i = 0; i < table->made.types.size(); ++i)
        out.row.columns[{relation, i}] = {i, table->made.types[i]};
    out.node = shared_scan_of(table->name, table->made.plan->columns);
    return out;
}

}  // namespace sluice::sql::engine
