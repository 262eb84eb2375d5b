#include "protocols/sql/execute/query_rows.hpp"

#include "protocols/sql/types/value_order.hpp"

namespace sluice::sql {

sql_result<std::vector<sort_spec>> sort_specs_of(std::vector<sort_key> const& keys,
                                                 type_catalog const* types) {
    std::vector<sort_spec> out;
    for (auto const& key : keys) {
        if (!can_order(key.value->type.oid, types))
            return sql_error("42883", "could not identify an ordering operator for type " +
                                          format_type({key.value->type.oid, -1}, types))
                .with_hint("Use an explicit ordering operator or modify the query.");
        out.push_back({key.value->type.oid, key.descending, key.nulls_first});
    }
    return out;
}

int compare_keys(std::vector<sort_spec> const& specs, sql_row const& left, sql_row const& right,
                 type_catalog const* types) {
    for (std::size_t i = 0; i < specs.size(); ++i) {
        bool const left_null = is_null(left[i]), right_null = is_null(right[i]);
        if (left_null && right_null) continue;
        if (left_null || right_null) return left_null == specs[i].nulls_first ? -1 : 1;
        auto const order = compare_values(specs[i].type, left[i], right[i], types);
        if (order != 0) return specs[i].descending ? -order : order;
    }
    return 0;
}

std::uint64_t row_identity::hash(sql_row const& row) const {
    std::uint64_t out = 0;
    for (std::size_t i = 0; i < types_.size(); ++i) {
        auto const one = is_null(row[i]) ? 0x9e3779b97f4a7c15ULL
                                         : hash_value(types_[i], row[i], catalog_);
        out = (out ^ one) * 1099511628211ULL;
    }
    return out;
}

bool row_identity::same(sql_row const& left, sql_row const& right) const {
    for (std::size_t i = 0; i < types_.size(); ++i) {
        bool const left_null = is_null(left[i]), right_null = is_null(right[i]);
        if (left_null != right_null) return false;
        if (!left_null && !values_equal(types_[i], left[i], right[i], catalog_)) return false;
    }
    return true;
}

sql_result<void> row_identity::check() const {
    for (auto const type : types_)
        if (!can_hash(type, catalog_))
            return sql_error("42883", "could not identify an equality operator for type " +
                                          format_type({type, -1}, catalog_));
    return {};
}

sql_result<std::int64_t> row_count_of(expression_ptr const& of, bool is_limit, frame const& seen,
                                      statement_run& run) {
    if (!of) return is_limit ? -1 : 0;
    auto value = run.value(*of, seen);
    if (value.has_error()) return std::move(value).error();
    if (is_null(*value)) return is_limit ? -1 : 0;
    auto const count = std::get<std::int64_t>(*value);
    if (count >= 0) return count;
    if (is_limit) return sql_error("2201W", "LIMIT must not be negative");
    return sql_error("2201X", "OFFSET must not be negative");
}

}  // namespace sluice::sql
