// Operators and functions of json and jsonb: access, tests, changes. json's access answers the
// original text of a part where PostgreSQL does.
#include <algorithm>
#include <charconv>

#include "protocols/sql/functions/registry.hpp"
#include "protocols/sql/types/array_text.hpp"
#include "protocols/sql/types/json_value.hpp"
#include "protocols/sql/types/type_oids.hpp"

namespace sluice::sql {
namespace {

using kind = json_value::kind;

bool read(function_frame& f, std::size_t i, json_value& value) {
    auto parsed = parse_json(f.text(i), f.context.io.limits);
    if (parsed.has_error()) return f.fail(std::move(parsed).error()), false;
    value = std::move(*parsed);
    return true;
}
bool binary(function_frame& f) { return f.types[0].oid == oid::jsonb; }
std::string text_of(json_value const& value, bool is_binary) {
    if (is_binary) return jsonb_text(value);
    std::string out;
    print_json(value, out);
    return out;
}
json_value const* item_at(json_value const& value, std::int64_t index) {
    if (value.what != kind::array) return nullptr;
    auto const size = static_cast<std::int64_t>(value.items.size());
    if (index < 0) index += size;
    return index >= 0 && index < size ? &value.items[static_cast<std::size_t>(index)] : nullptr;
}
datum as_json(function_frame& f, json_value const* value) {
    return value == nullptr ? datum() : datum(text_of(*value, binary(f)));
}
datum as_text(function_frame& f, json_value const* value) {
    if (value == nullptr || value->what == kind::null) return sql_null{};
    if (value->what == kind::string) return value->text;
    return text_of(*value, binary(f));
}
bool index_of(std::string const& text, std::int64_t& index) {
    auto const read_to = std::from_chars(text.data(), text.data() + text.size(), index);
    return read_to.ec == std::errc() && read_to.ptr == text.data() + text.size() && !text.empty();
}

template <datum (*Give)(function_frame&, json_value const*)>
datum field(function_frame& f) {
    json_value value;
    if (!read(f, 0, value)) return sql_null{};
    return Give(f, value.what == kind::object ? value.member(f.text(1)) : nullptr);
}
template <datum (*Give)(function_frame&, json_value const*)>
datum element(function_frame& f) {
    json_value value;
    if (!read(f, 0, value)) return sql_null{};
    return Give(f, item_at(value, f.integer(1)));
}
template <datum (*Give)(function_frame&, json_value const*)>
datum path(function_frame& f) {
    json_value value;
    if (!read(f, 0, value)) return sql_null{};
    json_value const* at = &value;
    for (auto const& step : (*std::get_if<std::shared_ptr<array_value const>>(&f[1]))->elements) {
        if (is_null(step)) return sql_null{};
        auto const& key = std::get<std::string>(step);
        std::int64_t index = 0;
        if (at->what == kind::object)
            at = at->member(key);
        else
            at = index_of(key, index) ? item_at(*at, index) : nullptr;
        if (at == nullptr) return sql_null{};
    }
    return Give(f, at);
}

datum array_length(function_frame& f) {
    json_value value;
    if (!read(f, 0, value)) return sql_null{};
    if (value.what == kind::array) return static_cast<std::int64_t>(value.items.size());
    return f.fail({"22023", value.what == kind::object ? "cannot get array length of a non-array"
                                                       : "cannot get array length of a scalar"});
}
datum type_name(function_frame& f) {
    json_value value;
    if (!read(f, 0, value)) return sql_null{};
    switch (value.what) {
        case kind::null:
            return std::string("null");
        case kind::string:
            return std::string("string");
        case kind::number:
            return std::string("number");
        case kind::boolean:
            return std::string("boolean");
        case kind::array:
            return std::string("array");
        case kind::object:
            return std::string("object");
    }
    return sql_null{};
}

bool exists(json_value const& value, std::string const& key) {
    if (value.what == kind::object) return value.member(key) != nullptr;
    if (value.what == kind::string) return value.text == key;
    return value.what == kind::array &&
           std::any_of(value.items.begin(), value.items.end(), [&](auto const& each) {
               return each.what == kind::string && each.text == key;
           });
}
datum has_key(function_frame& f) {
    json_value value;
    return read(f, 0, value) ? datum(exists(value, f.text(1))) : datum();
}
template <bool All>
datum has_keys(function_frame& f) {
    json_value value;
    if (!read(f, 0, value)) return sql_null{};
    for (auto const& key : (*std::get_if<std::shared_ptr<array_value const>>(&f[1]))->elements) {
        if (is_null(key)) continue;
        if (exists(value, std::get<std::string>(key)) != All) return datum(!All);
    }
    return datum(All);
}
datum contains(function_frame& f) {
    json_value whole, part;
    return read(f, 0, whole) && read(f, 1, part) ? datum(jsonb_contains(whole, part)) : datum();
}
datum contained(function_frame& f) {
    json_value whole, part;
    return read(f, 1, whole) && read(f, 0, part) ? datum(jsonb_contains(whole, part)) : datum();
}

// ---- changes (jsonb)

json_value as_array(json_value value) {
    auto array = json_value::of_array();
    array.items.push_back(std::move(value));
    return array;
}
datum concatenate(function_frame& f) {
    json_value left, right;
    if (!read(f, 0, left) || !read(f, 1, right)) return sql_null{};
    if (left.what == kind::object && right.what == kind::object) {
        for (auto& member : right.members) left.members.push_back(std::move(member));
        normalise_members(left);
        return jsonb_text(left);
    }
    if (left.what != kind::array) left = as_array(std::move(left));
    if (right.what != kind::array) right = as_array(std::move(right));
    for (auto& item : right.items) left.items.push_back(std::move(item));
    return jsonb_text(left);
}
void erase_key(json_value& value, std::string const& key) {
    if (value.what == kind::object)
        std::erase_if(value.members, [&](auto const& member) { return member.first == key; });
    else
        std::erase_if(value.items, [&](auto const& item) {
            return item.what == kind::string && item.text == key;
        });
}
datum delete_key(function_frame& f) {
    json_value value;
    if (!read(f, 0, value)) return sql_null{};
    if (value.is_scalar()) return f.fail({"22023", "cannot delete from scalar"});
    if (auto const* keys = std::get_if<std::shared_ptr<array_value const>>(&f[1])) {
        for (auto const& key : (*keys)->elements)
            if (!is_null(key)) erase_key(value, std::get<std::string>(key));
    } else {
        erase_key(value, f.text(1));
    }
    return jsonb_text(value);
}
datum delete_index(function_frame& f) {
    json_value value;
    if (!read(f, 0, value)) return sql_null{};
    if (value.is_scalar()) return f.fail({"22023", "cannot delete from scalar"});
    if (value.what == kind::object)
        return f.fail({"22023", "cannot delete from object using integer index"});
    auto index = f.integer(1);
    auto const size = static_cast<std::int64_t>(value.items.size());
    if (index < 0) index += size;
    if (index >= 0 && index < size) value.items.erase(value.items.begin() + index);
    return jsonb_text(value);
}

struct change {
    enum class kind : std::uint8_t { set, insert, erase } what = kind::set;
    json_value const* value = nullptr;
    bool create = true;  // set: adds what is missing
    bool insert_after = false;
};

// Applies a change at the path's steps from `step` on. False: an error was latched.
bool apply(function_frame& f, json_value& at, std::vector<datum> const& steps, std::size_t step,
           change const& how) {
    bool const last = step + 1 == steps.size();
    if (is_null(steps[step]))
        return f.fail(
                   {"22004", "path element at position " + std::to_string(step + 1) + " is null"}),
               false;
    auto const& key = std::get<std::string>(steps[step]);
    if (at.what == kind::object) {
        auto const found = std::find_if(at.members.begin(), at.members.end(),
                                        [&](auto const& member) { return member.first == key; });
        if (found != at.members.end()) {
            if (!last) return apply(f, found->second, steps, step + 1, how);
            if (how.what == change::kind::insert)
                return f.fail(sql_error("22023", "cannot replace existing key")
                                  .with_hint(
                                      "Try using the function jsonb_set to replace key value.")),
                       false;
            if (how.what == change::kind::erase)
                at.members.erase(found);
            else
                found->second = *how.value;
        } else if (last && how.value != nullptr && how.create) {
            at.members.emplace_back(key, *how.value);
            normalise_members(at);
        }
        return true;
    }
    if (at.what != kind::array) return true;
    std::int64_t index = 0;
    if (!index_of(key, index))
        return f.fail({"22P02", "path element at position " + std::to_string(step + 1) +
                                    " is not an integer: \"" + key + "\""}),
               false;
    auto const size = static_cast<std::int64_t>(at.items.size());
    bool const before_start = index < 0 && index + size < 0;
    if (index < 0) index = std::max<std::int64_t>(index + size, 0);
    if (!last) {
        if (before_start || index >= size) return true;
        return apply(f, at.items[static_cast<std::size_t>(index)], steps, step + 1, how);
    }
    bool const inside = !before_start && index < size;
    switch (how.what) {
        case change::kind::erase:
            if (inside) at.items.erase(at.items.begin() + index);
            break;
        case change::kind::set:
            if (inside)
                at.items[static_cast<std::size_t>(index)] = *how.value;
            else if (how.create)
                at.items.insert(before_start ? at.items.begin() : at.items.end(), *how.value);
            break;
        case change::kind::insert:
            if (inside && how.insert_after) ++index;
            at.items.insert(at.items.begin() + std::min(index, size), *how.value);
            break;
    }
    return true;
}
datum change_at(function_frame& f, change how) {
    json_value value;
    if (!read(f, 0, value)) return sql_null{};
    auto const& steps = *std::get<std::shared_ptr<array_value const>>(f[1]);
    if (steps.dimensions.size() > 1) return f.fail({"2202E", "wrong number of array subscripts"});
    if (value.is_scalar())
        return f.fail({"22023", how.what == change::kind::erase ? "cannot delete path in scalar"
                                                                : "cannot set path in scalar"});
    if (steps.elements.empty() || (value.items.empty() && value.members.empty() && !how.create))
        return f[0];
    if (!apply(f, value, steps.elements, 0, how)) return sql_null{};
    return jsonb_text(value);
}
datum delete_path(function_frame& f) {
    return change_at(f, {change::kind::erase, nullptr, false, false});
}
datum set_path(function_frame& f) {
    json_value value;
    if (!read(f, 2, value)) return sql_null{};
    return change_at(f, {change::kind::set, &value, f.boolean(3), false});
}
datum insert_path(function_frame& f) {
    json_value value;
    if (!read(f, 2, value)) return sql_null{};
    return change_at(f, {change::kind::insert, &value, true, f.boolean(3)});
}
void strip_nulls(json_value& value) {
    std::erase_if(value.members,
                  [](auto const& member) { return member.second.what == kind::null; });
    for (auto& member : value.members) strip_nulls(member.second);
    for (auto& item : value.items) strip_nulls(item);
}
datum without_nulls(function_frame& f) {
    json_value value;
    if (!read(f, 0, value)) return sql_null{};
    strip_nulls(value);
    return text_of(value, binary(f));
}
datum pretty(function_frame& f) {
    json_value value;
    return read(f, 0, value) ? datum(jsonb_pretty(value)) : datum();
}

// ---- sets

template <bool Text>
std::unique_ptr<row_set> elements(function_frame& f) {
    json_value value;
    std::vector<datum> rows;
    if (!read(f, 0, value)) return nullptr;
    if (value.what != kind::array) {
        f.fail({"22023", value.what == kind::object
                             ? (binary(f) ? "cannot extract elements from an object"
                                          : "cannot call json_array_elements on a non-array")
                             : (binary(f) ? "cannot extract elements from a scalar"
                                          : "cannot call json_array_elements on a scalar")});
        return nullptr;
    }
    for (auto const& item : value.items)
        rows.push_back(Text ? as_text(f, &item) : as_json(f, &item));
    return rows_at_hand(std::move(rows));
}
bool is_object(function_frame& f, json_value const& value, char const* name) {
    if (value.what == kind::object) return true;
    if (binary(f))
        f.fail({"22023", std::string("cannot call ") + name + " on a non-object"});
    else
        f.fail({"22023", value.what == kind::array ? "cannot deconstruct an array as an object"
                                                   : "cannot deconstruct a scalar"});
    return false;
}
template <bool Text>
std::unique_ptr<row_set> members(function_frame& f) {
    json_value value;
    if (!read(f, 0, value) || !is_object(f, value, Text ? "jsonb_each_text" : "jsonb_each"))
        return nullptr;
    std::vector<datum> rows;
    for (auto const& [name, member] : value.members) {
        auto row = std::make_shared<row_value>();
        row->types = {oid::text, Text ? oid::text : f.types[0].oid};
        row->fields = {datum(name), Text ? as_text(f, &member) : as_json(f, &member)};
        rows.emplace_back(std::shared_ptr<row_value const>(std::move(row)));
    }
    return rows_at_hand(std::move(rows));
}
std::unique_ptr<row_set> keys(function_frame& f) {
    json_value value;
    if (!read(f, 0, value)) return nullptr;
    if (value.what != kind::object) {
        std::string const name = binary(f) ? "jsonb_object_keys" : "json_object_keys";
        f.fail({"22023", "cannot call " + name + " on " +
                             (value.what == kind::array ? "an array" : "a scalar")});
        return nullptr;
    }
    std::vector<datum> rows;
    for (auto const& member : value.members) rows.emplace_back(member.first);
    return rows_at_hand(std::move(rows));
}

}  // namespace

void register_json_functions(function_registry& to) {
    for (std::string const type : {"json", "jsonb"}) {
        auto const add = [&](std::string const& name, scalar_function call) {
            to.scalars({{type + name, call}});
        };
        add("_object_field", field<as_json>);
        add("_object_field_text", field<as_text>);
        add("_array_element", element<as_json>);
        add("_array_element_text", element<as_text>);
        add("_extract_path", path<as_json>);
        add("_extract_path_text", path<as_text>);
        add("_array_length", array_length);
        add("_typeof", type_name);
        add("_strip_nulls", without_nulls);
        auto const add_set = [&](std::string const& name, set_function start) {
            to.sets({{type + name, start}});
        };
        add_set("_array_elements", elements<false>);
        add_set("_array_elements_text", elements<true>);
        add_set("_each", members<false>);
        add_set("_each_text", members<true>);
        add_set("_object_keys", keys);
    }
    to.scalars({
        {"jsonb_exists", has_key},
        {"jsonb_exists_any", has_keys<false>},
        {"jsonb_exists_all", has_keys<true>},
        {"jsonb_contains", contains},
        {"jsonb_contained", contained},
        {"jsonb_concat", concatenate},
        {"jsonb_delete", delete_key},
        {"jsonb_delete_array", delete_key},
        {"jsonb_delete_idx", delete_index},
        {"jsonb_delete_path", delete_path},
        {"jsonb_set", set_path},
        {"jsonb_insert", insert_path},
        {"jsonb_pretty", pretty},
    });
}

}  // namespace sluice::sql
