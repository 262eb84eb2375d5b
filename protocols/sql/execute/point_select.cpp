#include "protocols/sql/execute/point_select.hpp"

#include <algorithm>

#include "protocols/sql/execute/access_path.hpp"
#include "protocols/sql/execute/session_context.hpp"
#include "protocols/sql/execute/transaction_reader.hpp"

namespace sluice::sql {
namespace {

bool is_at_hand(expression const& value) {
    return std::holds_alternative<parameter>(value.node) ||
           std::holds_alternative<constant>(value.node);
}

datum const* value_of(expression const& of, std::vector<datum> const& parameters) {
    if (auto const* fixed = std::get_if<constant>(&of.node)) return &fixed->value;
    auto const number = std::get<parameter>(of.node).number;
    return number == 0 || number > parameters.size() ? nullptr : &parameters[number - 1];
}

}  // namespace

std::optional<point_plan> point_plan_of(query const& body, table_shape const& shape,
                                        std::uint32_t self,
                                        std::vector<expression_ptr> const& conditions,
                                        catalog_snapshot const& catalog) {
    auto const& keys = shape.primary()->keys;
    if (conditions.size() != keys.size()) return std::nullopt;
    point_plan out;
    out.key.resize(keys.size(), nullptr);
    for (auto const& each : conditions) {
        auto const equality = key_equality_of(*each, self);
        if (!equality || !is_at_hand(*equality->value)) return std::nullopt;
        for (std::size_t i = 0; i < keys.size(); ++i)
            if (keys[i].number == equality->column) out.key[i] = equality->value;
    }
    if (std::find(out.key.begin(), out.key.end(), nullptr) != out.key.end()) return std::nullopt;
    for (auto const& each : body.targets) {
        if (each.hidden) continue;
        auto const* column = std::get_if<column_reference>(&each.value->node);
        if (column == nullptr || column->levels_up != 0 || column->relation != self)
            return std::nullopt;
        out.columns.push_back(column->column);
    }
    out.table = shape.table_pointer();
    out.name = policy_name(*out.table, catalog);
    return out;
}

std::optional<sql_result<std::vector<sql_row>>> select_point(session_context& session,
                                                             planned_statement const& plan,
                                                             std::vector<datum> const& parameters) {
    auto const& point = *plan.point;
    auto const& keys = plan.shape->primary()->keys;
    std::string key;
    bool possible = true;
    for (std::size_t i = 0; i < keys.size() && possible; ++i) {
        auto const* value = value_of(*point.key[i], parameters);
        if (value == nullptr) return std::nullopt;
        possible = append_key_point(keys[i].type.oid, *value, key);
    }
    auto& transaction = session.store_transaction();
    transaction.begin_statement();
    if (!possible) key.clear();  // no row has it; the decision is asked for all the same
    auto const found = transaction.read_at_once(session.who, point.name, point.table->dataset, key,
                                                point.table->maker);
    if (!found) return std::nullopt;
    if (found->has_error()) return session.error_of(found->error());
    std::vector<sql_row> rows;
    if (!possible || !**found) return rows;
    auto row = plan.shape->decode_columns((**found)->row, point.columns,
                                          session.base_context().io);
    if (row.has_error()) return std::move(row).error();
    rows.push_back(std::move(*row));
    return rows;
}

}  // namespace sluice::sql
