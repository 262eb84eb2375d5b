#include "protocols/sql/functions/evaluate_arrays.hpp"

#include <array>

#include "protocols/sql/functions/function_table.hpp"
#include "protocols/sql/types/array_text.hpp"
#include "protocols/sql/types/json_value.hpp"
#include "protocols/sql/types/type_oids.hpp"

namespace sluice::sql {

using array_pointer = std::shared_ptr<array_value const>;

type_oid element_type_of(type_oid array, evaluation_context const& context) {
    if (auto const* info = find_builtin_type(array)) return info->element;
    auto const described =
        context.io.types == nullptr ? nullptr : context.io.types->describe(array);
    return described ? described->element : type_oid{};
}

sql_result<datum> construct_array(array_constructor const& node, type_oid array_type,
                                  std::vector<datum> elements, evaluation_context& context) {
    auto const element = element_type_of(array_type, context);
    if (!node.nested) return make_array(element, std::move(elements));
    auto made = std::make_shared<array_value>();
    made->element = element;
    std::int32_t count = 0;
    bool first = true, empty = false;
    for (auto const& each : elements) {
        auto const* inner = std::get_if<array_pointer>(&each);
        if (inner == nullptr || (*inner)->dimensions.empty()) {
            empty = true;
            continue;
        }
        if (first) {
            made->dimensions = (*inner)->dimensions;
            first = false;
        } else {
            bool same = made->dimensions.size() == (*inner)->dimensions.size();
            for (std::size_t i = 0; same && i < made->dimensions.size(); ++i)
                same = made->dimensions[i].length == (*inner)->dimensions[i].length &&
                       made->dimensions[i].lower_bound == (*inner)->dimensions[i].lower_bound;
            if (!same)
                return sql_error(
                    "2202E",
                    "multidimensional arrays must have array expressions with matching "
                    "dimensions");
        }
        ++count;
        if (made->elements.size() + (*inner)->elements.size() > context.io.limits.array_elements)
            return sql_error("54000", "array size exceeds the maximum allowed (" +
                                          std::to_string(context.io.limits.array_elements) + ")");
        made->elements.insert(made->elements.end(), (*inner)->elements.begin(),
                              (*inner)->elements.end());
    }
    if (!first && empty)
        return sql_error(
            "2202E",
            "multidimensional arrays must have array expressions with matching dimensions");
    if (first) return datum(array_pointer(made));
    if (made->dimensions.size() >= 6)
        return sql_error("54000", "number of array dimensions (7) exceeds the maximum allowed (6)");
    made->dimensions.insert(made->dimensions.begin(), {count, 1});
    return datum(array_pointer(std::move(made)));
}

namespace {

struct slice_bounds {
    std::int64_t lower = 0, upper = 0;
};

sql_result<datum> slice(array_value const& array, std::vector<slice_bounds> bounds) {
    auto made = std::make_shared<array_value>();
    made->element = array.element;
    for (auto i = bounds.size(); i < array.dimensions.size(); ++i)
        bounds.push_back({array.dimensions[i].lower_bound,
                          array.dimensions[i].lower_bound + array.dimensions[i].length - 1});
    if (bounds.size() > array.dimensions.size()) return datum(array_pointer(made));
    for (std::size_t i = 0; i < bounds.size(); ++i) {
        auto const& dimension = array.dimensions[i];
        bounds[i].lower = std::max<std::int64_t>(bounds[i].lower, dimension.lower_bound);
        bounds[i].upper =
            std::min<std::int64_t>(bounds[i].upper, dimension.lower_bound + dimension.length - 1LL);
        if (bounds[i].lower > bounds[i].upper) return datum(array_pointer(made));
    }
    std::vector<std::int64_t> at(bounds.size());
    for (std::size_t i = 0; i < bounds.size(); ++i) at[i] = bounds[i].lower;
    while (true) {
        std::int64_t index = 0;
        for (std::size_t i = 0; i < at.size(); ++i)
            index = index * array.dimensions[i].length + (at[i] - array.dimensions[i].lower_bound);
        made->elements.push_back(array.elements[static_cast<std::size_t>(index)]);
        auto i = at.size();
        while (i > 0 && ++at[i - 1] > bounds[i - 1].upper) {
            at[i - 1] = bounds[i - 1].lower;
            --i;
        }
        if (i == 0) break;
    }
    for (auto const& each : bounds)
        made->dimensions.push_back({static_cast<std::int32_t>(each.upper - each.lower + 1), 1});
    return datum(array_pointer(std::move(made)));
}

sql_result<datum> subscript_json(array_subscript const& node, std::string const& text,
                                 evaluation_context& context) {
    auto parsed = parse_json(text, context.io.limits);
    if (parsed.has_error()) return std::move(parsed).error();
    json_value const* at = &*parsed;
    for (auto const& each : node.subscripts) {
        if (each.slice || !each.upper)
            return sql_error("42804", "jsonb subscript does not support slices");
        auto const key = evaluate(*each.upper, context);
        if (key.has_error()) return key.error();
        if (is_null(*key)) return datum();
        if (auto const* index = std::get_if<std::int64_t>(&*key)) {
            if (at->what == json_value::kind::object) {
                at = at->member(std::to_string(*index));
            } else {
                auto const size = static_cast<std::int64_t>(at->items.size());
                auto const place = *index < 0 ? *index + size : *index;
                at = at->what == json_value::kind::array && place >= 0 && place < size
                         ? &at->items[static_cast<std::size_t>(place)]
                         : nullptr;
            }
        } else {
            auto const& name = std::get<std::string>(*key);
            if (at->what == json_value::kind::array) {
                char* end = nullptr;
                auto const place = std::strtoll(name.c_str(), &end, 10);
                auto const size = static_cast<long long>(at->items.size());
                auto const real = place < 0 ? place + size : place;
                at = !name.empty() && *end == '\0' && real >= 0 && real < size
                         ? &at->items[static_cast<std::size_t>(real)]
                         : nullptr;
            } else {
                at = at->member(name);
            }
        }
        if (at == nullptr) return datum();
    }
    return datum(jsonb_text(*at));
}

}  // namespace

sql_result<datum> subscript_array(array_subscript const& node, datum const& value, sql_type,
                                  evaluation_context& context) {
    if (is_null(value)) return datum();
    if (auto const* text = std::get_if<std::string>(&value))
        return subscript_json(node, *text, context);
    auto const* held = std::get_if<array_pointer>(&value);
    if (held == nullptr) return sql_error("XX000", "subscripted value is not an array");
    auto const& array = **held;
    bool slices = false;
    for (auto const& each : node.subscripts) slices = slices || each.slice;
    std::vector<slice_bounds> bounds;
    for (std::size_t i = 0; i < node.subscripts.size(); ++i) {
        auto const& each = node.subscripts[i];
        slice_bounds bound;
        bool const known = i < array.dimensions.size();
        bound.lower = slices && !each.slice ? 1 : known ? array.dimensions[i].lower_bound : 1;
        bound.upper =
            known ? array.dimensions[i].lower_bound + array.dimensions[i].length - 1LL : 0;
        if (each.lower) {
            auto const lower = evaluate(*each.lower, context);
            if (lower.has_error()) return lower.error();
            if (is_null(*lower)) return datum();
            bound.lower = std::get<std::int64_t>(*lower);
        }
        if (each.upper) {
            auto const upper = evaluate(*each.upper, context);
            if (upper.has_error()) return upper.error();
            if (is_null(*upper)) return datum();
            bound.upper = std::get<std::int64_t>(*upper);
        }
        bounds.push_back(bound);
    }
    if (slices) return slice(array, std::move(bounds));
    if (bounds.size() != array.dimensions.size()) return datum();
    std::int64_t index = 0;
    for (std::size_t i = 0; i < bounds.size(); ++i) {
        auto const offset = bounds[i].upper - array.dimensions[i].lower_bound;
        if (offset < 0 || offset >= array.dimensions[i].length) return datum();
        index = index * array.dimensions[i].length + offset;
    }
    return array.elements[static_cast<std::size_t>(index)];
}

sql_result<datum> compare_with_array(array_comparison const& node, datum const& left,
                                     datum const& array, evaluation_context& context) {
    auto const* held = std::get_if<array_pointer>(&array);
    if (held == nullptr) return datum();
    if ((*held)->elements.empty()) return datum(!node.any);
    auto const* facts = find_function_facts(node.function);
    if (facts != nullptr && facts->strict && is_null(left)) return datum();
    bool unknown = false;
    std::array<sql_type, 2> const types{node.left->type, sql_type{(*held)->element, -1}};
    for (auto const& element : (*held)->elements) {
        std::array<datum, 2> const arguments{left, element};
        auto const met =
            call_function(node.function, arguments, types, {oid::boolean, -1}, context);
        if (met.has_error()) return met.error();
        if (is_null(*met))
            unknown = true;
        else if (std::get<bool>(*met) == node.any)
            return datum(node.any);
    }
    if (unknown) return datum();
    return datum(!node.any);
}

}  // namespace sluice::sql
