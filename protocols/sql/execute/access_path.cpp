#include "protocols/sql/execute/access_path.hpp"

#include <algorithm>
#include <limits>
#include <map>

#include "protocols/sql/plan/expression_walk.hpp"
#include "protocols/sql/types/row_values.hpp"
#include "protocols/sql/types/type_oids.hpp"

namespace sluice::sql {
namespace {

constexpr std::size_t most_points = 10'000;

enum class comparison : std::uint8_t { equal, less, less_equal, greater, greater_equal, one_of };

struct usable {
    comparison how{};
    std::int16_t column = 0;
    expression const* value = nullptr;
};

bool is_integer(type_oid type) {
    return type == oid::int2 || type == oid::int4 || type == oid::int8;
}
bool is_text(type_oid type) { return type == oid::text || type == oid::varchar; }
bool same_order(type_oid column, type_oid value) {
    return column == value || (is_integer(column) && is_integer(value)) ||
           (is_text(column) && is_text(value));
}

// The column of `self` behind binary-coercible relabelling; 0: something else.
std::int16_t column_of(expression const& node, std::uint32_t self) {
    if (auto const* column = std::get_if<column_reference>(&node.node))
        return column->levels_up == 0 && column->relation == self
                   ? static_cast<std::int16_t>(column->column + 1)
                   : std::int16_t{0};
    auto const* cast = std::get_if<coercion>(&node.node);
    if (cast == nullptr || cast->how != coercion::kind::relabel) return 0;
    if (!is_text(node.type.oid) || !is_text(cast->operand->type.oid)) return 0;
    return column_of(*cast->operand, self);
}

bool comparison_named(object_oid operator_oid, comparison& how) {
    auto const* row = builtin::find_operator(static_cast<std::uint32_t>(operator_oid));
    if (row == nullptr) return false;
    if (row->name == "=") how = comparison::equal;
    else if (row->name == "<") how = comparison::less;
    else if (row->name == "<=") how = comparison::less_equal;
    else if (row->name == ">") how = comparison::greater;
    else if (row->name == ">=") how = comparison::greater_equal;
    else return false;
    return true;
}

comparison turned(comparison how) {
    switch (how) {
        case comparison::less: return comparison::greater;
        case comparison::less_equal: return comparison::greater_equal;
        case comparison::greater: return comparison::less;
        case comparison::greater_equal: return comparison::less_equal;
        default: return how;
    }
}

bool is_volatile_free(expression const& value) {
    bool fine = true;
    walk(value, [&](expression const& node) {
        if (auto const* call = std::get_if<function_call>(&node.node)) {
            auto const* row = builtin::find_proc(static_cast<std::uint32_t>(call->function));
            fine = fine && row != nullptr && row->volatility != 'v';
        }
        fine = fine && !std::holds_alternative<subquery_expression>(node.node) &&
               !std::holds_alternative<sequence_default>(node.node);
    });
    return fine;
}

bool as_usable(expression const& condition, std::uint32_t self, usable& out) {
    auto fits = [&](expression const& column, expression const& value, type_oid value_type) {
        out.column = column_of(column, self);
        if (out.column == 0 || (relations_of(value) & relation_bit(self)) != 0) return false;
        out.value = &value;
        return same_order(column.type.oid, value_type) && is_volatile_free(value);
    };
    if (auto const* call = std::get_if<function_call>(&condition.node)) {
        if (call->arguments.size() != 2 || !comparison_named(call->operator_oid, out.how))
            return false;
        auto const& left = *call->arguments[0];
        auto const& right = *call->arguments[1];
        if (fits(left, right, right.type.oid)) return true;
        out.how = turned(out.how);
        return fits(right, left, left.type.oid);
    }
    if (auto const* list = std::get_if<array_comparison>(&condition.node)) {
        if (!list->any || !comparison_named(list->operator_oid, out.how) ||
            out.how != comparison::equal)
            return false;
        out.how = comparison::one_of;
        return fits(*list->left, *list->array, builtin_element_of(list->array->type.oid));
    }
    return false;
}

// An integer that the column's type cannot hold: matches nothing, and bounds nothing.
bool in_range(type_oid column, datum const& value) {
    auto const* number = std::get_if<std::int64_t>(&value);
    if (number == nullptr) return true;
    if (column == oid::int2) return *number >= -32768 && *number <= 32767;
    if (column == oid::int4)
        return *number >= std::numeric_limits<std::int32_t>::min() &&
               *number <= std::numeric_limits<std::int32_t>::max();
    return true;
}

std::string encoded(type_oid column, datum const& value) {
    std::string out;
    store::append_key_value(out, key_kind_of(column), to_key_value(column, value));
    return out;
}

struct column_bounds {
    std::vector<std::string> points;  // encoded
    bool has_points = false, nothing = false;
    std::optional<std::string> first, last;  // encoded and then as range ends after the prefix
};

class path_chooser {
public:
    path_chooser(table_shape const& shape, std::uint32_t self,
                 std::vector<expression_ptr> const& conditions, frame const& seen,
                 statement_run& run)
        : shape_(shape), seen_(seen), run_(run) {
        for (auto const& each : conditions) {
            usable found;
            if (as_usable(*each, self, found)) usable_.push_back(found);
        }
    }

    sql_result<access_path> choose() {
        access_path best;
        int best_score = 0;
        for (auto const& index : shape_.indexes()) {
            if (index.predicate || index.keys.front().number == 0) continue;
            auto const score = score_of(index);
            if (score > best_score) {
                best_score = score;
                best.index = &index;
            }
        }
        if (best.index == nullptr) {
            best.ranges.push_back({});
            return best;
        }
        return ranges_of(*best.index);
    }

private:
    bool equal_on(std::int16_t column) const {
        return std::any_of(usable_.begin(), usable_.end(), [&](usable const& each) {
            return each.column == column &&
                   (each.how == comparison::equal || each.how == comparison::one_of);
        });
    }
    bool bounded_on(std::int16_t column) const {
        return std::any_of(usable_.begin(), usable_.end(),
                           [&](usable const& each) { return each.column == column; });
    }
    // More equal columns are better, a unique index that is fully given best of all; the primary
    // key wins a tie, since it needs no second look-up.
    int score_of(shape_index const& index) const {
        int score = 0;
        std::size_t equal = 0;
        for (auto const& key : index.keys) {
            if (key.number == 0 || !equal_on(key.number)) break;
            ++equal;
            score += 10;
        }
        if (equal < index.keys.size() && index.keys[equal].number != 0 &&
            bounded_on(index.keys[equal].number))
            score += 4;
        if (score == 0) return 0;
        if (equal == index.keys.size() && index.unique) score += 100;
        return score * 2 + (index.primary ? 1 : 0);
    }

    sql_result<column_bounds> bounds_of(shape_index::key_column const& key) {
        column_bounds out;
        for (auto const& each : usable_) {
            if (each.column != key.number) continue;
            auto value = run_.value(*each.value, seen_);
            if (value.has_error()) return std::move(value).error();
            if (each.how == comparison::one_of) add_list(key, *value, out);
            else add_bound(key, each.how, *value, out);
        }
        std::sort(out.points.begin(), out.points.end());
        out.points.erase(std::unique(out.points.begin(), out.points.end()), out.points.end());
        return out;
    }

    static void restrict_points(column_bounds& out, std::vector<std::string> points) {
        if (!out.has_points) {
            out.points = std::move(points);
        } else {
            std::erase_if(out.points, [&](std::string const& each) {
                return std::find(points.begin(), points.end(), each) == points.end();
            });
        }
        out.has_points = true;
        if (out.points.empty()) out.nothing = true;
    }

    void add_list(shape_index::key_column const& key, datum const& value, column_bounds& out) {
        auto const* array = std::get_if<std::shared_ptr<array_value const>>(&value);
        std::vector<std::string> points;
        if (array != nullptr)
            for (auto const& each : (*array)->elements)
                if (!is_null(each) && in_range(key.type.oid, each))
                    points.push_back(encoded(key.type.oid, each));
        if (points.size() > most_points) return;
        restrict_points(out, std::move(points));
    }

    void add_bound(shape_index::key_column const& key, comparison how, datum const& value,
                   column_bounds& out) {
        if (is_null(value)) {
            out.nothing = true;
            return;
        }
        if (!in_range(key.type.oid, value)) {
            if (how == comparison::equal) out.nothing = true;
            return;
        }
        auto bytes = encoded(key.type.oid, value);
        auto raise = [&](std::string at) {
            if (!out.first || *out.first < at) out.first = std::move(at);
        };
        auto lower = [&](std::string at) {
            if (!out.last || at < *out.last) out.last = std::move(at);
        };
        switch (how) {
            case comparison::equal: restrict_points(out, {std::move(bytes)}); break;
            case comparison::greater: raise(after_prefix(std::move(bytes))); break;
            case comparison::greater_equal: raise(std::move(bytes)); break;
            case comparison::less: lower(std::move(bytes)); break;
            case comparison::less_equal: lower(after_prefix(std::move(bytes))); break;
            case comparison::one_of: break;
        }
    }

    sql_result<access_path> ranges_of(shape_index const& index) {
        access_path out;
        out.index = &index;
        out.whole = false;
        std::vector<std::string> prefixes{""};
        std::size_t at = 0;
        for (; at < index.keys.size(); ++at) {
            auto const bounds = bounds_of(index.keys[at]);
            if (bounds.has_error()) return bounds.error();
            if (bounds->nothing) return out;
            if (!bounds->has_points) {
                end_with_bounds(*bounds, prefixes, out);
                return out;
            }
            std::vector<std::string> longer;
            if (prefixes.size() * bounds->points.size() > most_points) break;
            for (auto const& prefix : prefixes)
                for (auto const& point : bounds->points) longer.push_back(prefix + point);
            prefixes = std::move(longer);
        }
        out.points = at == index.keys.size() && index.unique;
        for (auto& prefix : prefixes) {
            out.ranges.push_back({prefix, after_prefix(prefix)});
            if (out.points) out.keys.push_back(std::move(prefix));
        }
        return out;
    }

    static void end_with_bounds(column_bounds const& bounds,
                                std::vector<std::string> const& prefixes, access_path& out) {
        for (auto const& prefix : prefixes) {
            store::row_range range{prefix, after_prefix(prefix)};
            if (bounds.first) range.first = prefix + *bounds.first;
            if (bounds.last) range.last = prefix + *bounds.last;
            else if (bounds.first) range.last = prefix + '\x02';  // nulls come last
            if (range.last.empty() || range.first < range.last) out.ranges.push_back(range);
        }
    }

    table_shape const& shape_;
    frame const& seen_;
    statement_run& run_;
    std::vector<usable> usable_;
};

}  // namespace

sql_result<access_path> choose_path(table_shape const& shape, std::uint32_t self,
                                    std::vector<expression_ptr> const& conditions,
                                    frame const& seen, statement_run& run) {
    return path_chooser(shape, self, conditions, seen, run).choose();
}

bool has_primary_points(table_shape const& shape, std::uint32_t self,
                        std::vector<expression_ptr> const& conditions) {
    if (shape.primary() == nullptr) return false;
    for (auto const& key : shape.primary()->keys) {
        bool found = false;
        for (auto const& each : conditions) {
            usable candidate;
            found = found || (as_usable(*each, self, candidate) && candidate.column == key.number &&
                              (candidate.how == comparison::equal ||
                               candidate.how == comparison::one_of));
        }
        if (!found) return false;
    }
    return true;
}

}  // namespace sluice::sql
