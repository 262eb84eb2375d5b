#include "protocols/sql/analyze/sorting.hpp"

#include <algorithm>

#include "protocols/sql/analyze/coercion.hpp"
#include "protocols/sql/analyze/expressions.hpp"
#include "protocols/sql/analyze/operators.hpp"
#include "protocols/sql/analyze/tree_walk.hpp"

namespace sluice::sql {
namespace {

using target_list = std::vector<target>;

// As SQL92: an output name or a position; npos: neither.
outcome<std::size_t> output_place(scope& in, syntax::expr const& written,
                                  target_list const& targets, place where, char const* clause) {
    auto const* column = std::get_if<syntax::column_ref>(&written.node);
    if (column != nullptr && column->names.size() == 1 && !column->star) {
        auto const& name = column->names[0];
        bool by_output = true;
        if (where == place::group_by) {
            // An input column of that name comes first.
            auto const input = resolve_column(in, *column, written.position);
            by_output =
                input.has_error() || std::holds_alternative<whole_row_reference>((*input)->node);
            if (input.has_error() && std::string_view(input.error()->sqlstate) == "42702")
                return input.error();
        }
        std::size_t found = std::string::npos;
        for (std::size_t i = 0; by_output && i < targets.size(); ++i) {
            if (targets[i].hidden || targets[i].column.name != name) continue;
            if (found == std::string::npos) {
                found = i;
            } else if (!same_expression(*targets[found].value, *targets[i].value)) {
                return sql_error("42702", std::string(clause) + " \"" + name + "\" is ambiguous")
                    .at(written.position);
            }
        }
        if (found != std::string::npos) return found;
    }
    auto const* number = std::get_if<syntax::literal>(&written.node);
    if (number == nullptr) return std::string::npos;
    if (number->what != syntax::literal::kind::integer)
        return sql_error("42601", "non-integer constant in " + std::string(clause))
            .at(written.position);
    std::int32_t seen = 0;
    for (std::size_t i = 0; i < targets.size(); ++i)
        if (!targets[i].hidden && ++seen == number->integer) return i;
    return sql_error("42P10", std::string(clause) + " position " + std::to_string(number->integer) +
                                  " is not in select list")
        .at(written.position);
}

// The target equal to `value`, added hidden where there is none.
std::size_t place_of(expression_ptr value, target_list& targets) {
    for (std::size_t i = 0; i < targets.size(); ++i)
        if (same_expression(*targets[i].value, *value)) return i;
    target made;
    made.column.type = value->type;
    made.value = std::move(value);
    made.hidden = true;
    targets.push_back(std::move(made));
    return targets.size() - 1;
}

outcome<std::size_t> find_target(scope& in, syntax::expr_ptr const& written, target_list& targets,
                                 place where, char const* clause) {
    SLUICE_TRY(auto const place, output_place(in, *written, targets, where, clause));
    if (place != std::string::npos) return place;
    SLUICE_TRY(auto value, analyze_expr(in, written, where));
    return place_of(std::move(value), targets);
}

outcome<void> settle_unknown(scope& in, target& at) {
    if (!is_unknown(at.value->type.oid)) return {};
    SLUICE_TRY(at.value, coerce_type(in.context, at.value, {oid::text, -1},
                                     coercion_context::implicit, false));
    at.column.type = at.value->type;
    return {};
}

outcome<sort_key> make_key(scope& in, syntax::sort_by const& written, expression_ptr value) {
    using direction = syntax::sort_by::direction;
    sort_key out;
    auto const position = written.value->position;
    auto const operators = find_sort_operators(in.context, value->type.oid);
    bool reversed = written.how == direction::descending;
    if (written.how == direction::by_operator) {
        SLUICE_TRY(auto const* row,
                   find_operator(in.context, written.using_operator, value->type.oid,
                                 value->type.oid, written.position));
        if (row == operators.greater)
            reversed = true;
        else if (row != operators.less)
            return sql_error("42809", "operator " + written.using_operator.back() +
                                          " is not a valid ordering operator")
                .with_hint(
                    "Ordering operators must be \"<\" or \">\" members of btree operator "
                    "families.")
                .at(written.position);
    }
    if (operators.less == nullptr || operators.greater == nullptr)
        return no_ordering(in.context, value->type.oid, position);
    out.less_operator = object_oid{operators.less->oid};
    out.descending = reversed;
    using nulls = syntax::sort_by::nulls;
    out.nulls_first = written.where == nulls::standard ? reversed : written.where == nulls::first;
    out.value = std::move(value);
    return out;
}

bool is_known(std::vector<sort_key> const& keys, expression const& value) {
    return std::any_of(keys.begin(), keys.end(),
                       [&](sort_key const& each) { return same_expression(*each.value, value); });
}

}  // namespace

outcome<std::vector<sort_key>> analyze_order(scope& in, std::vector<syntax::sort_by> const& written,
                                             target_list& targets, place where) {
    std::vector<sort_key> out;
    for (auto const& each : written) {
        SLUICE_TRY(auto const place, find_target(in, each.value, targets, where, "ORDER BY"));
        SLUICE_CHECK(settle_unknown(in, targets[place]));
        SLUICE_TRY(auto key, make_key(in, each, targets[place].value));
        if (!is_known(out, *key.value)) out.push_back(std::move(key));
    }
    return out;
}

outcome<std::vector<sort_key>> aggregate_order(scope& in,
                                               std::vector<syntax::sort_by> const& written) {
    std::vector<sort_key> out;
    for (auto const& each : written) {
        SLUICE_TRY(auto value, analyze_expr(in, each.value));
        if (is_unknown(value->type.oid)) {
            SLUICE_TRY(value, coerce_type(in.context, value, {oid::text, -1},
                                          coercion_context::implicit, false));
        }
        SLUICE_TRY(auto key, make_key(in, each, std::move(value)));
        if (!is_known(out, *key.value)) out.push_back(std::move(key));
    }
    return out;
}

outcome<std::vector<sort_key>> window_order(scope& in, std::vector<syntax::sort_by> const& written,
                                            target_list& targets) {
    place_scope const here(in, place::window_order);
    static_cast<void>(targets);
    return aggregate_order(in, written);
}

outcome<expression_ptr> target_expression(scope& in, syntax::expr_ptr const& written,
                                          target_list& targets, place where, char const* clause) {
    SLUICE_TRY(auto const place, find_target(in, written, targets, where, clause));
    SLUICE_CHECK(settle_unknown(in, targets[place]));
    return targets[place].value;
}

outcome<expression_ptr> analyze_limit(scope& in, syntax::expr_ptr const& written, place where,
                                      char const* clause) {
    if (!written) return expression_ptr();
    SLUICE_TRY(auto value, analyze_expr(in, written, where));
    SLUICE_TRY(value, coerce_to_specific(in.context, std::move(value), oid::int8, clause));
    auto const position = value->position;
    bool own = false;
    for_each_outer_reference(*value, 0, [&](column_reference const&, std::int32_t) { own = true; });
    if (own)
        return sql_error("42P10",
                         "argument of " + std::string(clause) + " must not contain variables")
            .at(position);
    return value;
}

outcome<void> analyze_distinct(scope& in, syntax::select const& written, query& body) {
    if (!written.distinct) return {};
    body.distinct = true;
    if (written.distinct_on.empty()) {
        for (auto& each : body.targets) {
            if (each.hidden && !is_known(body.order, *each.value)) continue;  // of GROUP BY
            if (each.hidden)
                return sql_error("42P10",
                                 "for SELECT DISTINCT, ORDER BY expressions must appear "
                                 "in select list")
                    .at(each.value->position);
            SLUICE_CHECK(settle_unknown(in, each));
            if (find_sort_operators(in.context, each.value->type.oid).equal == nullptr)
                return no_equality(in.context, each.value->type.oid, each.value->position);
        }
        if (body.targets.empty())
            return sql_error("42601", "SELECT DISTINCT must have at least one column");
        return {};
    }
    std::vector<std::int32_t> written_at;
    for (auto const& each : written.distinct_on) {
        SLUICE_TRY(auto value,
                   target_expression(in, each, body.targets, place::distinct_on, "DISTINCT ON"));
        if (find_sort_operators(in.context, value->type.oid).equal == nullptr)
            return no_equality(in.context, value->type.oid, value->position);
        body.distinct_on.push_back(std::move(value));
        written_at.push_back(each->position);
    }
    // The leading ORDER BY items are the DISTINCT ON expressions, in any order among themselves.
    auto const among = [&](expression const& value) {
        return std::any_of(
            body.distinct_on.begin(), body.distinct_on.end(),
            [&](expression_ptr const& each) { return same_expression(*each, value); });
    };
    std::size_t matched = 0;
    while (matched < body.order.size() && among(*body.order[matched].value)) ++matched;
    if (matched < body.order.size() && matched < body.distinct_on.size()) {
        auto const missing =
            std::find_if(body.distinct_on.begin(), body.distinct_on.end(), [&](auto const& each) {
                return std::none_of(
                    body.order.begin(), body.order.begin() + static_cast<std::ptrdiff_t>(matched),
                    [&](sort_key const& key) { return same_expression(*key.value, *each); });
            });
        return sql_error("42P10",
                         "SELECT DISTINCT ON expressions must match initial ORDER BY expressions")
            .at(missing == body.distinct_on.end()
                    ? 0
                    : written_at[static_cast<std::size_t>(missing - body.distinct_on.begin())]);
    }
    return {};
}

}  // namespace sluice::sql
