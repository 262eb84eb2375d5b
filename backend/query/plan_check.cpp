#include "backend/query/plan_check.hpp"

#include "backend/query/plan_checker.hpp"

namespace sluice::query {

bool is_integer(value_type type) noexcept {
    return !type.is_list &&
           (type.what == kind::int16 || type.what == kind::int32 || type.what == kind::int64);
}

bool is_comparable(value_type type) noexcept {
    return !type.is_list && type.what != kind::opaque && type.what != kind::interval;
}

namespace {

bool is_same(scalar const& left, scalar const& right) {
    auto const* one = std::get_if<column>(&left.what);
    auto const* other = std::get_if<column>(&right.what);
    return &left == &right || (one != nullptr && other != nullptr && *one == *other);
}

// DISTINCT inputs in no order, or in their own.
bool is_own_order(aggregate_call const& call) {
    return call.order.empty() ||
           (call.order.size() == 1 && is_same(*call.order[0].by, *call.arguments[0]));
}

}  // namespace

result<void> check_plan(node const& plan, plan_limits const& limits) {
    return plan_checker{limits}.relation(plan);
}

result<void> plan_checker::enter() {
    if (++depth_ > limits_.depth_max) return failure{error::too_large, "the plan is too deep"};
    if (++parts_ > limits_.parts_max) return failure{error::too_large, "the plan is too large"};
    return success();
}

result<void> plan_checker::relation(node const& relation_node) {
    SLUICE_CHECK(enter());
    auto const check = [this](auto const& what) { return relation_of(what); };
    SLUICE_TRY(types columns, std::visit(check, relation_node.what));
    --depth_;
    if (columns != relation_node.columns)
        return failure{error::invalid_argument, "a relation's columns are not what it gives"};
    return success();
}

result<void> plan_checker::input(node_ptr const& relation_node) {
    if (!relation_node) return failure{error::invalid_argument, "a relation is missing"};
    return relation(*relation_node);
}

// A relation inside a scalar or beside a lateral join: it may look at the rows around it.
result<void> plan_checker::body(node_ptr const& relation_node) {
    bodies_.push_back({scopes_.size()});
    SLUICE_CHECK(input(relation_node));
    auto const seen = bodies_.back();
    bodies_.pop_back();
    if (seen.is_correlated && seen.is_volatile)
        return failure{error::unsupported, "a volatile function in a correlated subquery"};
    return success();
}

result<plan_checker::types> plan_checker::relation_of(scan const& what) {
    if (!what.source) return failure{error::invalid_argument, "a scan without a source"};
    auto const all = what.source->types();
    types given;
    for (auto const index : what.columns) {
        if (index >= all.size())
            return failure{error::invalid_argument, "a scan of a column that is not there"};
        given.push_back(all[index]);
    }
    return given;
}

result<plan_checker::types> plan_checker::relation_of(constant_rows const& what) {
    row_scope const scope{*this, {}};
    for (auto const& row : what.rows) {
        if (row.size() != what.types.size())
            return failure{error::invalid_argument, "rows of different lengths"};
        for (std::size_t at = 0; at < row.size(); ++at) {
            SLUICE_CHECK(scalar_of_type(row[at], what.types[at]));
        }
    }
    return what.types;
}

result<plan_checker::types> plan_checker::relation_of(project const& what) {
    SLUICE_CHECK(input(what.input));
    row_scope const scope{*this, what.input->columns};
    return scalars(what.columns);
}

result<plan_checker::types> plan_checker::relation_of(filter const& what) {
    SLUICE_CHECK(input(what.input));
    row_scope const scope{*this, what.input->columns};
    SLUICE_CHECK(condition(what.condition));
    return what.input->columns;
}

result<plan_checker::types> plan_checker::relation_of(join const& what) {
    SLUICE_CHECK(input(what.left));
    if (what.lateral) {
        if (what.what != join_kind::inner && what.what != join_kind::left &&
            what.what != join_kind::cross)
            return failure{error::unsupported, "a lateral join of this kind"};
        row_scope const scope{*this, what.left->columns};
        SLUICE_CHECK(body(what.right));
    } else {
        SLUICE_CHECK(input(what.right));
    }
    auto both = what.left->columns;
    both.insert(both.end(), what.right->columns.begin(), what.right->columns.end());
    if (what.what == join_kind::cross) {
        if (what.condition) return failure{error::invalid_argument, "a cross join with a condition"};
    } else {
        row_scope const scope{*this, both};
        SLUICE_CHECK(condition(what.condition));
        if (what.condition && contains_volatile(*what.condition))
            return failure{error::unsupported, "a volatile function in a join condition"};
    }
    if (what.what == join_kind::semi || what.what == join_kind::anti) return what.left->columns;
    return both;
}

result<plan_checker::types> plan_checker::relation_of(aggregation const& what) {
    SLUICE_CHECK(input(what.input));
    row_scope const scope{*this, what.input->columns};
    SLUICE_TRY(types given, scalars(what.keys));
    for (auto const key : given)
        if (!is_comparable(key)) return failure{error::unsupported, "a group key of this kind"};
    for (auto const& set : what.sets)
        for (auto const index : set)
            if (index >= what.keys.size())
                return failure{error::invalid_argument, "a grouping set of a key that is not there"};
    for (auto const& call : what.calls) {
        SLUICE_CHECK(aggregate_of(call.what, call.arguments, call.type, call.distinct));
        SLUICE_CHECK(orders(call.order));
        if (call.distinct && !is_own_order(call))
            return failure{error::unsupported, "an order of distinct inputs by other values"};
        if (call.filter) {
            SLUICE_CHECK(condition(call.filter));
        }
        given.push_back(call.type);
    }
    return given;
}

result<plan_checker::types> plan_checker::relation_of(windowing const& what) {
    SLUICE_CHECK(input(what.input));
    row_scope const scope{*this, what.input->columns};
    auto given = what.input->columns;
    for (auto const& call : what.calls) {
        SLUICE_CHECK(window_of(call));
        given.push_back(call.type);
    }
    return given;
}

result<plan_checker::types> plan_checker::relation_of(sorting const& what) {
    SLUICE_CHECK(input(what.input));
    row_scope const scope{*this, what.input->columns};
    SLUICE_CHECK(orders(what.by));
    return what.input->columns;
}

result<plan_checker::types> plan_checker::relation_of(limiting const& what) {
    SLUICE_CHECK(input(what.input));
    auto const most = static_cast<std::uint64_t>(INT64_MAX);
    if (what.offset > most || what.limit.value_or(0) > most)
        return failure{error::invalid_argument, "a limit past the largest int64"};
    return what.input->columns;
}

result<plan_checker::types> plan_checker::relation_of(distinction const& what) {
    SLUICE_CHECK(input(what.input));
    row_scope const scope{*this, what.input->columns};
    SLUICE_TRY(types keys, scalars(what.on));
    SLUICE_CHECK(orders(what.by));
    if (what.on.empty()) {
        if (!what.by.empty())
            return failure{error::invalid_argument, "an order of rows that are equal"};
        keys = what.input->columns;
    }
    for (auto const key : keys)
        if (!is_comparable(key)) return failure{error::unsupported, "DISTINCT of this kind"};
    return what.input->columns;
}

result<plan_checker::types> plan_checker::relation_of(set_combination const& what) {
    SLUICE_CHECK(input(what.left));
    SLUICE_CHECK(input(what.right));
    if (what.left->columns != what.right->columns)
        return failure{error::invalid_argument, "a set operation of different columns"};
    if (what.left->columns.empty())
        return failure{error::unsupported, "a set operation of rows without columns"};
    if (what.what != set_kind::union_all)
        for (auto const column_type : what.left->columns)
            if (!is_comparable(column_type))
                return failure{error::unsupported, "a set operation of this kind"};
    return what.left->columns;
}

result<plan_checker::types> plan_checker::relation_of(recursion const& what) {
    SLUICE_CHECK(input(what.start));
    if (what.start->columns.empty())
        return failure{error::unsupported, "a recursion without columns"};
    if (what.distinct)
        for (auto const column_type : what.start->columns)
            if (!is_comparable(column_type))
                return failure{error::unsupported, "a distinct recursion of this kind"};
    named_.push_back({what.name, what.start->columns, true});
    SLUICE_CHECK(input(what.step));
    named_.pop_back();
    if (what.step->columns != what.start->columns)
        return failure{error::invalid_argument, "a recursion of different columns"};
    return what.start->columns;
}

result<plan_checker::types> plan_checker::relation_of(recursive_scan const& what) {
    return named(what.name, what.types, true);
}

result<plan_checker::types> plan_checker::relation_of(shared_rows const& what) {
    SLUICE_CHECK(input(what.body));
    if (what.body->columns.empty())
        return failure{error::unsupported, "shared rows without columns"};
    named_.push_back({what.name, what.body->columns, false});
    SLUICE_CHECK(input(what.main));
    named_.pop_back();
    return what.main->columns;
}

result<plan_checker::types> plan_checker::relation_of(shared_scan const& what) {
    return named(what.name, what.types, false);
}

result<plan_checker::types> plan_checker::relation_of(expansion const& what) {
    row_scope const scope{*this, {}};
    SLUICE_TRY(auto type, scalar_type(what.list));
    if (!type.is_list) return failure{error::invalid_argument, "an expansion of what is no list"};
    type.is_list = false;
    types given{type};
    if (what.numbered) given.push_back({kind::int64});
    return given;
}

result<plan_checker::types> plan_checker::named(std::string const& name, types const& expected,
                                                bool is_recursive) {
    for (auto at = named_.rbegin(); at != named_.rend(); ++at)
        if (at->name == name && at->is_recursive == is_recursive) {
            if (at->columns == expected) return expected;
            break;
        }
    return failure{error::invalid_argument, "rows by a name that is not known here"};
}

}  // namespace sluice::query
