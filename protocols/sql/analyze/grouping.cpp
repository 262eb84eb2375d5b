// GROUP BY, and the rule that what is not grouped is aggregated (42803).
#include <algorithm>

#include "protocols/sql/analyze/expressions.hpp"
#include "protocols/sql/analyze/operators.hpp"
#include "protocols/sql/analyze/queries.hpp"
#include "protocols/sql/analyze/sorting.hpp"
#include "protocols/sql/analyze/tree_walk.hpp"

namespace sluice::sql {
namespace {

using set_list = std::vector<std::vector<expression_ptr>>;
constexpr std::size_t most_sets = 4096;

outcome<expression_ptr> group_expression(scope& in, syntax::expr_ptr const& written, query& body) {
    SLUICE_TRY(auto value,
               target_expression(in, written, body.targets, place::group_by, "GROUP BY"));
    if (any_of(*value, [](expression const& node) {
            return std::holds_alternative<aggregate_call>(node.node);
        }))
        return sql_error("42803", "aggregate functions are not allowed in GROUP BY")
            .at(value->position);
    if (any_of(*value, [](expression const& node) {
            return std::holds_alternative<window_call>(node.node);
        }))
        return sql_error("42P20", "window functions are not allowed in GROUP BY")
            .at(value->position);
    if (find_sort_operators(in.context, value->type.oid).equal == nullptr)
        return no_equality(in.context, value->type.oid, written->position);
    return value;
}

outcome<std::vector<expression_ptr>> group_members(scope& in, syntax::grouping_item const& item,
                                                   query& body) {
    std::vector<expression_ptr> out;
    if (item.value) {
        // ROW(a, b) or (a, b): both
        if (auto const* row = std::get_if<syntax::row_expr>(&item.value->node);
            row != nullptr && !row->explicit_row) {
            for (auto const& each : row->fields) {
                SLUICE_TRY(auto value, group_expression(in, each, body));
                out.push_back(std::move(value));
            }
            return out;
        }
        SLUICE_TRY(auto value, group_expression(in, item.value, body));
        out.push_back(std::move(value));
    }
    for (auto const& each : item.items) {
        SLUICE_TRY(auto inner, group_members(in, each, body));
        out.insert(out.end(), inner.begin(), inner.end());
    }
    return out;
}

outcome<set_list> sets_of(scope& in, syntax::grouping_item const& item, query& body) {
    using kind = syntax::grouping_item::kind;
    switch (item.what) {
        case kind::empty:
            return set_list{{}};
        case kind::expression: {
            SLUICE_TRY(auto members, group_members(in, item, body));
            return set_list{std::move(members)};
        }
        case kind::sets: {
            set_list out;
            for (auto const& each : item.items) {
                SLUICE_TRY(auto inner, sets_of(in, each, body));
                out.insert(out.end(), inner.begin(), inner.end());
            }
            return out;
        }
        case kind::rollup:
        case kind::cube:
            break;
    }
    std::vector<std::vector<expression_ptr>> parts;
    for (auto const& each : item.items) {
        SLUICE_TRY(auto part, group_members(in, each, body));
        parts.push_back(std::move(part));
    }
    if (item.what == kind::cube && parts.size() > 12)
        return sql_error("54011", "CUBE is limited to 12 elements").at(item.position);
    set_list out;
    auto const joined = [&](auto const& wanted) {
        std::vector<expression_ptr> made;
        for (std::size_t i = 0; i < parts.size(); ++i)
            if (wanted(i)) made.insert(made.end(), parts[i].begin(), parts[i].end());
        return made;
    };
    if (item.what == kind::rollup) {
        for (std::size_t length = parts.size() + 1; length-- > 0;)
            out.push_back(joined([length](std::size_t i) { return i < length; }));
    } else {
        for (std::size_t mask = std::size_t{1} << parts.size(); mask-- > 0;)
            out.push_back(joined([mask](std::size_t i) { return (mask >> i & 1) != 0; }));
    }
    return out;
}

class grouping_check {
public:
    grouping_check(scope& in, query const& body) : in_(in), body_(body) {
        // What every set has is grouped everywhere.
        if (!body.grouping_sets.empty())
            for (auto const& set : body.grouping_sets)
                for (auto const& each : set) add(each);
    }

    outcome<void> check(expression const& value, bool outer_of_subquery = false) {
        if (std::holds_alternative<aggregate_call>(value.node) ||
            std::holds_alternative<grouping_call>(value.node))
            return {};
        for (auto const& each : grouped_)
            if (same_expression(*each, value)) return {};
        if (auto const* column = std::get_if<column_reference>(&value.node)) {
            if (column->levels_up != 0) return {};
            return check_column(column->relation, column->column, value.position, false);
        }
        if (auto const* whole = std::get_if<whole_row_reference>(&value.node)) {
            if (whole->levels_up != 0) return {};
            for (std::uint32_t i = 0; i < in_.entries[whole->relation].columns.size(); ++i) {
                SLUICE_CHECK(check_column(whole->relation, i, value.position, false));
            }
        }
        if (auto const* inner = std::get_if<subquery_expression>(&value.node)) {
            SLUICE_CHECK(check_subquery(*inner));
        }
        outcome<void> out;
        for_each_child(value, [&](expression_ptr const& each) {
            if (out.has_value()) out = check(*each, outer_of_subquery);
        });
        return out;
    }

private:
    void add(expression_ptr const& value) {
        for (auto const& each : grouped_)
            if (same_expression(*each, *value)) return;
        grouped_.push_back(value);
    }
    outcome<void> check_subquery(subquery_expression const& inner) {
        outcome<void> out;
        for_each_outer_reference(
            *inner.subquery, 1, [&](column_reference const& column, std::int32_t position) {
                if (!out.has_value()) return;
                expression here;
                here.node = column_reference{0, column.relation, column.column};
                for (auto const& each : grouped_)
                    if (auto const* known = std::get_if<column_reference>(&each->node))
                        if (known->levels_up == 0 && known->relation == column.relation &&
                            known->column == column.column)
                            return;
                out = check_column(column.relation, column.column, position, true);
            });
        return out;
    }
    // Grouped by the whole primary key of its table?
    bool depends_on_key(std::uint32_t relation) const {
        if (body_.grouping_sets.size() != 1) return false;
        auto const* table = std::get_if<range_entry::table>(&in_.entries[relation].source);
        if (table == nullptr) return false;
        auto const found = in_.context.catalog().find_relation(table->relation);
        auto const* key = found ? found->primary_key() : nullptr;
        if (key == nullptr || key->deferrable) return false;
        return std::all_of(key->columns.begin(), key->columns.end(), [&](std::int16_t number) {
            return std::any_of(grouped_.begin(), grouped_.end(), [&](auto const& each) {
                auto const* column = std::get_if<column_reference>(&each->node);
                return column != nullptr && column->levels_up == 0 &&
                       column->relation == relation &&
                       in_.entries[relation].columns[column->column].source_attribute == number;
            });
        });
    }
    outcome<void> check_column(std::uint32_t relation, std::uint32_t column, std::int32_t position,
                               bool in_subquery) const {
        if (relation >= in_.entries.size() || depends_on_key(relation)) return {};
        auto const& entry = in_.entries[relation];
        auto const name = entry.alias + "." + entry.columns[column].name;
        if (in_subquery)
            return sql_error("42803",
                             "subquery uses ungrouped column \"" + name + "\" from outer query")
                .at(position);
        return sql_error("42803",
                         "column \"" + name +
                             "\" must appear in the GROUP BY clause or be used in an aggregate "
                             "function")
            .at(position);
    }

    scope& in_;
    query const& body_;
    std::vector<expression_ptr> grouped_;
};

}  // namespace

outcome<void> analyze_group_by(scope& in, std::vector<syntax::grouping_item> const& written,
                               query& body) {
    if (written.empty()) return {};
    set_list all{{}};
    for (auto const& item : written) {
        SLUICE_TRY(auto const sets, sets_of(in, item, body));
        set_list crossed;
        for (auto const& before : all)
            for (auto const& set : sets) {
                auto both = before;
                for (auto const& each : set)
                    if (std::none_of(both.begin(), both.end(), [&](auto const& known) {
                            return same_expression(*known, *each);
                        }))
                        both.push_back(each);
                crossed.push_back(std::move(both));
            }
        if (crossed.size() > most_sets)
            return sql_error("54001", "too many grouping sets present (maximum 4096)")
                .at(item.position);
        all = std::move(crossed);
    }
    body.grouping_sets = std::move(all);
    return {};
}

outcome<void> check_grouping(scope& in, query& body) {
    if (!body.has_aggregates && body.grouping_sets.empty() && !body.having) return {};
    if (body.having && body.grouping_sets.empty()) body.has_aggregates = true;
    grouping_check check(in, body);
    for (auto const& each : body.targets) {
        // Only what the result or a sort needs: a hidden GROUP BY target is grouped by itself.
        SLUICE_CHECK(check.check(*each.value));
    }
    if (body.having) {
        SLUICE_CHECK(check.check(*body.having));
    }
    for (auto const& window : in.windows) {
        for (auto const& each : window.partition) {
            SLUICE_CHECK(check.check(*each));
        }
        for (auto const& each : window.order) {
            SLUICE_CHECK(check.check(*each.value));
        }
    }
    return {};
}

}  // namespace sluice::sql
