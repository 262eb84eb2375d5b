#include "protocols/sql/execute/column_ranges.hpp"

#include <algorithm>

namespace sluice::sql {
namespace {

constexpr std::size_t most_points = 10'000;

constexpr number_range nothing{1, 0};

void narrow(number_range& range, comparison how, std::int64_t value) {
    using limits = std::numeric_limits<std::int64_t>;
    switch (how) {
        case comparison::equal:
            range.first = std::max(range.first, value);
            range.last = std::min(range.last, value);
            break;
        case comparison::greater_equal: range.first = std::max(range.first, value); break;
        case comparison::less_equal: range.last = std::min(range.last, value); break;
        case comparison::greater:
            if (value == limits::max()) range = nothing;
            else range.first = std::max(range.first, value + 1);
            break;
        case comparison::less:
            if (value == limits::min()) range = nothing;
            else range.last = std::min(range.last, value - 1);
            break;
        case comparison::one_of: break;
    }
}

// Between the smallest and the largest of a list.
void narrow_to_list(number_range& range, array_value const* list) {
    number_range of_list = nothing;
    bool any = false;
    if (list != nullptr)
        for (auto const& each : list->elements) {
            auto const* value = std::get_if<std::int64_t>(&each);
            if (value == nullptr) continue;
            of_list.first = any ? std::min(of_list.first, *value) : *value;
            of_list.last = any ? std::max(of_list.last, *value) : *value;
            any = true;
        }
    range.first = std::max(range.first, of_list.first);
    range.last = std::min(range.last, of_list.last);
    if (!any) range = nothing;
}

array_value const* list_in(datum const& value) {
    auto const* array = std::get_if<std::shared_ptr<array_value const>>(&value);
    return array == nullptr ? nullptr : array->get();
}

void restrict_points(text_range& range, std::vector<std::string> points) {
    std::sort(points.begin(), points.end());
    points.erase(std::unique(points.begin(), points.end()), points.end());
    if (range.points)
        std::erase_if(points, [&](std::string const& each) {
            return !std::binary_search(range.points->begin(), range.points->end(), each);
        });
    range.nothing = range.nothing || points.empty();
    range.points = std::move(points);
}

void narrow(text_range& range, comparison how, std::string const& value) {
    switch (how) {
        case comparison::equal: restrict_points(range, {value}); break;
        case comparison::greater:
        case comparison::greater_equal: range.first = std::max(range.first, value); break;
        case comparison::less:
        case comparison::less_equal:
            if (!range.last || value < *range.last) range.last = value;
            break;
        case comparison::one_of: break;
    }
}

void narrow_to_list(text_range& range, array_value const* list) {
    std::vector<std::string> points;
    if (list != nullptr)
        for (auto const& each : list->elements)
            if (auto const* value = std::get_if<std::string>(&each)) points.push_back(*value);
    if (points.size() <= most_points) restrict_points(range, std::move(points));
}

void narrow_to_prefix(text_range& range, std::string prefix) {
    if (prefix.starts_with(range.prefix)) range.prefix = std::move(prefix);
    else if (!range.prefix.starts_with(prefix)) range.nothing = true;
}

}  // namespace

sql_result<number_range> number_range_of(std::size_t column, entry_conditions const& of) {
    number_range out;
    for (auto const& each : of.conditions) {
        column_condition found;
        if (!as_column_condition(*each, of.self, found)) continue;
        if (static_cast<std::size_t>(found.column) != column + 1) continue;
        auto const value = of.run.value(*found.value, of.seen);
        if (value.has_error()) return value.error();
        if (is_null(*value)) return nothing;
        if (found.how == comparison::one_of) narrow_to_list(out, list_in(*value));
        else if (auto const* number = std::get_if<std::int64_t>(&*value))
            narrow(out, found.how, *number);
    }
    return out;
}

sql_result<text_range> text_range_of(std::size_t column, entry_conditions const& of) {
    text_range out;
    for (auto const& each : of.conditions) {
        column_condition found;
        prefix_condition prefix;
        bool const compares = as_column_condition(*each, of.self, found);
        bool const begins = !compares && as_prefix_condition(*each, of.self, prefix);
        auto const number = compares ? found.column : begins ? prefix.column : std::int16_t{0};
        if (static_cast<std::size_t>(number) != column + 1) continue;
        auto const value = of.run.value(compares ? *found.value : *prefix.value, of.seen);
        if (value.has_error()) return value.error();
        auto const* text = std::get_if<std::string>(&*value);
        if (is_null(*value)) out.nothing = true;
        else if (compares && found.how == comparison::one_of) narrow_to_list(out, list_in(*value));
        else if (compares && text != nullptr) narrow(out, found.how, *text);
        else if (text != nullptr)
            narrow_to_prefix(out, prefix.is_pattern ? fixed_prefix(*text) : *text);
    }
    return out;
}

}  // namespace sluice::sql
