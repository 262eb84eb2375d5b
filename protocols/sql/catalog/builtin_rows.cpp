#include "protocols/sql/catalog/builtin_rows.hpp"

#include <algorithm>
#include <cctype>
#include <unordered_map>
#include <vector>

namespace sluice::sql::builtin {
namespace {

template <class Row, class Key>
Row const* by_key(std::span<Row const> rows, std::uint32_t oid, Key key) noexcept {
    auto const found =
        std::lower_bound(rows.begin(), rows.end(), oid,
                         [key](Row const& row, std::uint32_t wanted) { return row.*key < wanted; });
    return found != rows.end() && (*found).*key == oid ? &*found : nullptr;
}

// Rows of each name, ascending by oid: built once.
template <class Row>
class name_index {
public:
    explicit name_index(std::span<Row const> rows) {
        sorted_.reserve(rows.size());
        for (auto const& row : rows) sorted_.push_back(&row);
        std::stable_sort(sorted_.begin(), sorted_.end(),
                         [](Row const* a, Row const* b) { return a->name < b->name; });
        for (std::size_t i = 0; i < sorted_.size();) {
            std::size_t end = i;
            while (end < sorted_.size() && sorted_[end]->name == sorted_[i]->name) ++end;
            places_.emplace(sorted_[i]->name, std::pair(i, end - i));
            i = end;
        }
    }
    std::span<Row const* const> find(std::string_view name) const noexcept {
        auto const found = places_.find(name);
        if (found == places_.end()) return {};
        return {sorted_.data() + found->second.first, found->second.second};
    }

private:
    std::vector<Row const*> sorted_;
    std::unordered_map<std::string_view, std::pair<std::size_t, std::size_t>> places_;
};

name_index<proc_row> const& proc_names() {
    static name_index<proc_row> const index(procs());
    return index;
}
name_index<operator_row> const& operator_names() {
    static name_index<operator_row> const index(operators());
    return index;
}
name_index<type_row> const& type_names() {
    static name_index<type_row> const index(types());
    return index;
}
std::unordered_map<std::uint64_t, cast_row const*> const& cast_pairs() {
    static auto const index = [] {
        std::unordered_map<std::uint64_t, cast_row const*> made;
        for (auto const& row : casts())
            made.emplace(std::uint64_t{row.source} << 32 | row.target, &row);
        return made;
    }();
    return index;
}

}  // namespace

type_row const* find_type(std::uint32_t oid) noexcept {
    return by_key(types(), oid, &type_row::oid);
}
type_row const* find_type(std::string_view name) noexcept {
    for (auto const* row : type_names().find(name))
        if (row->schema == 11) return row;
    return nullptr;
}
proc_row const* find_proc(std::uint32_t oid) noexcept {
    return by_key(procs(), oid, &proc_row::oid);
}
operator_row const* find_operator(std::uint32_t oid) noexcept {
    return by_key(operators(), oid, &operator_row::oid);
}
cast_row const* find_cast(std::uint32_t source, std::uint32_t target) noexcept {
    auto const found = cast_pairs().find(std::uint64_t{source} << 32 | target);
    return found == cast_pairs().end() ? nullptr : found->second;
}
aggregate_row const* find_aggregate(std::uint32_t function) noexcept {
    return by_key(aggregates(), function, &aggregate_row::function);
}
range_row const* find_range(std::uint32_t type) noexcept {
    for (auto const& row : ranges())
        if (row.type == type) return &row;
    return nullptr;
}
range_row const* find_range_of_multirange(std::uint32_t multirange) noexcept {
    for (auto const& row : ranges())
        if (row.multirange == multirange) return &row;
    return nullptr;
}
setting_row const* find_setting(std::string_view name) noexcept {
    static auto const less = [](std::string_view a, std::string_view b) {
        return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end(),
                                            [](char x, char y) {
                                                return std::tolower(static_cast<unsigned char>(x)) <
                                                       std::tolower(static_cast<unsigned char>(y));
                                            });
    };
    static auto const by_name = [] {
        std::vector<setting_row const*> rows;
        for (auto const& row : settings()) rows.push_back(&row);
        std::sort(rows.begin(), rows.end(),
                  [](auto const* a, auto const* b) { return less(a->name, b->name); });
        return rows;
    }();
    auto const found =
        std::lower_bound(by_name.begin(), by_name.end(), name,
                         [](auto const* row, auto wanted) { return less(row->name, wanted); });
    return found != by_name.end() && !less(name, (*found)->name) ? *found : nullptr;
}
std::span<proc_row const* const> procs_named(std::string_view name) noexcept {
    return proc_names().find(name);
}
std::span<operator_row const* const> operators_named(std::string_view name) noexcept {
    return operator_names().find(name);
}
std::uint32_t proc_oid_of(std::string_view name) noexcept {
    auto const found = procs_named(name);
    return found.empty() ? 0 : found.front()->oid;
}

}  // namespace sluice::sql::builtin
