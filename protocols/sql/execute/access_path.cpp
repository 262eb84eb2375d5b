#include "protocols/sql/execute/access_path.hpp"

#include <algorithm>
#include <limits>
#include <map>

#include "protocols/sql/execute/column_conditions.hpp"
#include "protocols/sql/plan/expression_walk.hpp"
#include "protocols/sql/types/row_values.hpp"
#include "protocols/sql/types/type_oids.hpp"

namespace sluice::sql {
namespace {

constexpr std::size_t most_points = 10'000;

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
            column_condition found;
            if (as_column_condition(*each, self, found)) usable_.push_back(found);
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
        return std::any_of(usable_.begin(), usable_.end(), [&](column_condition const& each) {
            return each.column == column &&
                   (each.how == comparison::equal || each.how == comparison::one_of);
        });
    }
    bool bounded_on(std::int16_t column) const {
        return std::any_of(usable_.begin(), usable_.end(),
                           [&](column_condition const& each) { return each.column == column; });
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
    std::vector<column_condition> usable_;
};

// Types whose equality is that of their key bytes.
bool is_plain_key(type_oid type) {
    return type == oid::int2 || type == oid::int4 || type == oid::int8 || type == oid::text ||
           type == oid::varchar || type == oid::boolean || type == oid::uuid ||
           type == oid::bytea;
}

}  // namespace

std::optional<key_equality> key_equality_of(expression const& condition, std::uint32_t self) {
    column_condition found;
    if (!as_column_condition(condition, self, found) || found.how != comparison::equal)
        return std::nullopt;
    if (!is_plain_key(found.value->type.oid)) return std::nullopt;
    return key_equality{found.column, found.value};
}

bool append_key_point(type_oid column, datum const& value, std::string& key) {
    if (is_null(value) || !in_range(column, value)) return false;
    store::append_key_value(key, key_kind_of(column), to_key_value(column, value));
    return true;
}

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
            column_condition candidate;
            found = found || (as_column_condition(*each, self, candidate) && candidate.column == key.number &&
                              (candidate.how == comparison::equal ||
                               candidate.how == comparison::one_of));
        }
        if (!found) return false;
    }
    return true;
}

}  // namespace sluice::sql
