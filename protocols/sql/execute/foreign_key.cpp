#include "protocols/sql/execute/foreign_key.hpp"

#include <algorithm>
#include <limits>

#include "protocols/sql/types/numeric.hpp"
#include "protocols/sql/types/row_values.hpp"
#include "protocols/sql/types/type_oids.hpp"

namespace sluice::sql {
namespace {

bool is_integer(type_oid type) {
    return type == oid::int2 || type == oid::int4 || type == oid::int8;
}
bool is_float(type_oid type) { return type == oid::float4 || type == oid::float8; }
bool is_text(type_oid type) { return type == oid::text || type == oid::varchar; }

bool fits(std::int64_t value, type_oid type) {
    if (type == oid::int2) return value >= INT16_MIN && value <= INT16_MAX;
    if (type == oid::int4) return value >= INT32_MIN && value <= INT32_MAX;
    return true;
}

// The value of type `to` that is equal; nullopt: there is none.
std::optional<datum> converted(datum const& value, type_oid from, type_oid to) {
    if (from == to || is_null(value)) return value;
    if (is_integer(from) && is_integer(to)) {
        if (!fits(std::get<std::int64_t>(value), to)) return std::nullopt;
        return value;
    }
    if (is_integer(from) && to == oid::numeric)
        return datum(numeric(std::get<std::int64_t>(value)).encode());
    if (from == oid::numeric && is_integer(to)) {
        auto const exact = numeric::decode(std::get<std::string>(value));
        auto const whole = exact.to_int64();
        if (!whole || !fits(*whole, to)) return std::nullopt;
        if (ordered_numeric(numeric(*whole).encode()) != ordered_numeric(exact.encode()))
            return std::nullopt;
        return datum(*whole);
    }
    if (from == oid::float8 && to == oid::float4) {
        auto const wide = std::get<double>(value);
        auto const narrow = static_cast<double>(static_cast<float>(wide));
        if (wide == wide && narrow != wide) return std::nullopt;
    }
    return value;
}

std::vector<datum> picked(std::vector<datum> const& row, std::vector<std::int16_t> const& columns) {
    std::vector<datum> out;
    out.reserve(columns.size());
    for (auto const number : columns) out.push_back(row[static_cast<std::size_t>(number) - 1]);
    return out;
}

std::string names_of(relation const& table, std::vector<std::int16_t> const& columns) {
    std::string out;
    for (auto const number : columns)
        out += (out.empty() ? "" : ", ") + table.find_column(number)->name;
    return out;
}

std::optional<foreign_key> made(constraint const& rule, relation_ptr child,
                                catalog_snapshot const& catalog) {
    foreign_key out;
    out.rule = rule;
    out.parent = rule.referenced == child->oid ? child : catalog.find_relation(rule.referenced);
    out.child = std::move(child);
    auto name_of = [&](object_oid schema) {
        auto const* found = catalog.find_schema(schema);
        return found != nullptr ? found->name : std::string();
    };
    out.child_schema = name_of(out.child->schema);
    out.parent_schema = name_of(out.parent->schema);
    auto const index = catalog.find_relation(rule.referenced_index);
    if (!out.parent || !index || !index->index) return std::nullopt;
    out.is_index = !index->index->primary;
    out.key_dataset = out.is_index ? index->dataset : out.parent->dataset;
    for (auto const& key : index->index->keys) {
        auto const at = std::find(rule.referenced_columns.begin(), rule.referenced_columns.end(),
                                  key.number);
        if (at == rule.referenced_columns.end()) return std::nullopt;
        out.order.push_back(static_cast<std::size_t>(at - rule.referenced_columns.begin()));
    }
    for (std::size_t i = 0; i < rule.columns.size(); ++i) {
        out.parent_types.push_back(out.parent->find_column(rule.referenced_columns[i])->type);
        out.child_types.push_back(out.child->find_column(rule.columns[i])->type);
    }
    return out;
}

void sort_by_oid(std::vector<foreign_key>& keys) {
    std::sort(keys.begin(), keys.end(), [](foreign_key const& left, foreign_key const& right) {
        return left.rule.oid < right.rule.oid;
    });
}

bool in_family(type_oid parent, type_oid child) {
    constexpr std::uint32_t btree = 403;
    auto const left = static_cast<std::uint32_t>(parent), right = static_cast<std::uint32_t>(child);
    for (auto const& row : builtin::amops())
        if (row.method == btree && row.strategy == 3 && row.left == left && row.right == right)
            return true;
    return false;
}

bool has_implicit_cast(type_oid from, type_oid to) {
    for (auto const& row : builtin::casts())
        if (row.source == static_cast<std::uint32_t>(from) &&
            row.target == static_cast<std::uint32_t>(to) && row.context == 'i')
            return true;
    return false;
}

}  // namespace

std::vector<datum> foreign_key::child_values(std::vector<datum> const& row) const {
    return picked(row, rule.columns);
}
std::vector<datum> foreign_key::parent_values(std::vector<datum> const& row) const {
    return picked(row, rule.referenced_columns);
}

std::optional<store::reference_target> foreign_key::target_of(
    std::vector<datum> const& values) const {
    std::vector<datum> as_parent;
    for (std::size_t i = 0; i < values.size(); ++i) {
        auto value = converted(values[i], child_types[i].oid, parent_types[i].oid);
        if (!value) return std::nullopt;
        as_parent.push_back(std::move(*value));
    }
    return target_of_parent(as_parent);
}

store::reference_target foreign_key::target_of_parent(std::vector<datum> const& values) const {
    store::reference_target out{key_dataset, is_index, {}};
    for (auto const place : order) {
        auto const type = parent_types[place].oid;
        store::append_key_value(out.key, key_kind_of(type), to_key_value(type, values[place]));
    }
    return out;
}

std::optional<std::vector<datum>> foreign_key::as_child(std::vector<datum> const& values) const {
    std::vector<datum> out;
    for (std::size_t i = 0; i < values.size(); ++i) {
        auto value = converted(values[i], parent_types[i].oid, child_types[i].oid);
        if (!value) return std::nullopt;
        out.push_back(std::move(*value));
    }
    return out;
}

std::string foreign_key::child_names() const { return names_of(*child, rule.columns); }
std::string foreign_key::parent_names() const {
    return names_of(*parent, rule.referenced_columns);
}

std::vector<foreign_key> foreign_keys_of(relation_ptr const& table,
                                         catalog_snapshot const& catalog) {
    std::vector<foreign_key> out;
    for (auto const& rule : table->constraints) {
        if (rule.what != constraint::kind::foreign_key) continue;
        if (auto key = made(rule, table, catalog)) out.push_back(std::move(*key));
    }
    sort_by_oid(out);
    return out;
}

std::vector<foreign_key> foreign_keys_to(relation const& table, catalog_snapshot const& catalog) {
    std::vector<foreign_key> out;
    for (auto const& [oid, child] : catalog.contents().relations)
        for (auto const& rule : child->constraints) {
            if (rule.what != constraint::kind::foreign_key || rule.referenced != table.oid)
                continue;
            if (auto key = made(rule, child, catalog)) out.push_back(std::move(*key));
        }
    sort_by_oid(out);
    return out;
}

key_types compare_key_types(type_oid parent, type_oid child) {
    if (parent == child) return key_types::served;
    if (is_integer(parent) && is_integer(child)) return key_types::served;
    if (is_float(parent) && is_float(child)) return key_types::served;
    if (is_text(parent) && is_text(child)) return key_types::served;
    if (parent == oid::numeric && is_integer(child)) return key_types::served;
    // Served by PostgreSQL through an operator of the key's family or an implicit cast.
    auto const family = is_text(parent) ? oid::text : parent;
    bool const known = in_family(parent, child) || has_implicit_cast(child, parent) ||
                       has_implicit_cast(child, family);
    return known ? key_types::not_served : key_types::incompatible;
}

bool same_values(std::vector<datum> const& left, std::vector<datum> const& right,
                 std::vector<sql_type> const& types, io_context const& io) {
    for (std::size_t i = 0; i < types.size(); ++i) {
        if (is_null(left[i]) != is_null(right[i])) return false;
        if (to_column_value(types[i].oid, left[i], io) != to_column_value(types[i].oid, right[i], io))
            return false;
    }
    return true;
}

}  // namespace sluice::sql
