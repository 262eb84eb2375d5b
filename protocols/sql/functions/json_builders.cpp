// JSON made from SQL values: to_json, row_to_json, array_to_json, json_build_*, json_object.
#include <cmath>

#include "protocols/sql/functions/json_of_value.hpp"
#include "protocols/sql/functions/registry.hpp"
#include "protocols/sql/functions/text_format.hpp"
#include "protocols/sql/types/array_text.hpp"
#include "protocols/sql/types/datetime.hpp"
#include "protocols/sql/types/json_value.hpp"
#include "protocols/sql/types/text_tools.hpp"
#include "protocols/sql/types/type_oids.hpp"

namespace sluice::sql {
namespace {

constexpr std::uint32_t max_depth = 200;

void append(type_oid type, datum const& value, bool binary, function_frame& f, std::string& out,
            std::uint32_t depth);

void append_array(array_value const& array, std::size_t dimension, std::size_t& at, bool binary,
                  function_frame& f, std::string& out, std::uint32_t depth) {
    out.push_back('[');
    auto const length = array.dimensions.empty() ? 0 : array.dimensions[dimension].length;
    for (std::int32_t i = 0; i < length; ++i) {
        if (i != 0) out += binary ? ", " : ",";
        if (dimension + 1 < array.dimensions.size())
            append_array(array, dimension + 1, at, binary, f, out, depth);
        else
            append(array.element, array.elements[at++], binary, f, out, depth + 1);
    }
    out.push_back(']');
}

void append_record(row_value const& row, type_oid type, bool binary, function_frame& f,
                   std::string& out, std::uint32_t depth) {
    auto const described =
        f.context.io.types == nullptr ? nullptr : f.context.io.types->describe(type);
    out.push_back('{');
    for (std::size_t i = 0; i < row.fields.size(); ++i) {
        if (i != 0) out += binary ? ", " : ",";
        auto const name = described && i < described->fields.size() ? described->fields[i].name
                                                                    : "f" + std::to_string(i + 1);
        print_json_string(name, out);
        out += binary ? ": " : ":";
        append(row.types[i], row.fields[i], binary, f, out, depth + 1);
    }
    out.push_back('}');
}

bool is_number(type_oid type) {
    return type == oid::int2 || type == oid::int4 || type == oid::int8 || type == oid::float4 ||
           type == oid::float8 || type == oid::numeric;
}

void append(type_oid type, datum const& value, bool binary, function_frame& f, std::string& out,
            std::uint32_t depth) {
    if (f.error) return;
    if (depth > max_depth) {
        f.fail({"54001", "stack depth limit exceeded"});
        return;
    }
    if (out.size() > f.context.io.limits.value_bytes) {
        f.fail({"54000", "requested length too large"});
        return;
    }
    if (auto const* info = find_builtin_type(type); info != nullptr && info->kind == 'd')
        type = info->base;
    if (is_null(value)) {
        out += "null";
        return;
    }
    if (auto const* boolean = std::get_if<bool>(&value)) {
        out += *boolean ? "true" : "false";
        return;
    }
    if (auto const* array = std::get_if<std::shared_ptr<array_value const>>(&value);
        array != nullptr && type != oid::int2vector && type != oid::oidvector) {
        std::size_t at = 0;
        append_array(**array, 0, at, binary, f, out, depth);
        return;
    }
    if (auto const* row = std::get_if<std::shared_ptr<row_value const>>(&value)) {
        append_record(**row, type, binary, f, out, depth);
        return;
    }
    std::string text;
    if (type == oid::json || type == oid::jsonb) {
        text = std::get<std::string>(value);
        if (binary && type == oid::json) {
            auto parsed = parse_jsonb(text, f.context.io.limits);
            if (parsed.has_error())
                f.fail(std::move(parsed).error());
            else
                text = jsonb_text(*parsed);
        }
        out += text;
        return;
    }
    if (type == oid::date || type == oid::timestamp || type == oid::timestamptz) {
        print_json_timestamp(type, std::get<std::int64_t>(value), f.context.io.style, text);
        print_json_string(text, out);
        return;
    }
    output_text(type, value, f.context.io, text);
    if (is_number(type) && text != "NaN" && text.find("Infinity") == std::string::npos) {
        // jsonb stores numerics: 1e+20 is printed out.
        if (binary && text.find('e') != std::string::npos) {
            bool overflow = false;
            text = numeric::parse(text, overflow)->text();
        }
        out += text;
        return;
    }
    print_json_string(text, out);
}

template <bool Binary>
datum of_value(function_frame& f) {
    std::string out;
    append(f.types[0].oid, f[0], Binary, f, out, 0);
    if (Binary && !f.error && f[0].index() == datum(std::shared_ptr<row_value const>()).index())
        return f.take(input_text({oid::jsonb, -1}, out, f.context.io));
    return out;
}
std::string with_line_feeds(std::string_view compact) {
    // Between the members or elements of the outermost level.
    std::string out;
    int depth = 0;
    bool quoted = false;
    for (std::size_t i = 0; i < compact.size(); ++i) {
        char const c = compact[i];
        out.push_back(c);
        if (c == '"' && (i == 0 || compact[i - 1] != '\\')) quoted = !quoted;
        if (quoted) continue;
        if (c == '{' || c == '[') ++depth;
        if (c == '}' || c == ']') --depth;
        if (c == ',' && depth == 1) out += "\n ";
    }
    return out;
}
datum of_value_pretty(function_frame& f) {
    auto value = of_value<false>(f);
    if (f.error || !f.boolean(1)) return value;
    return with_line_feeds(std::get<std::string>(value));
}

datum finished(function_frame& f, std::string text, bool binary) {
    if (f.error) return sql_null{};
    if (!binary) return text;
    return f.take(input_text({oid::jsonb, -1}, text, f.context.io));
}

template <bool Binary>
datum build_array(function_frame& f) {
    if (f.variadic && f.null_at(0)) return sql_null{};
    std::string out = "[";
    bool first = true;
    for (auto const& [type, value] : spread_arguments(f, 0)) {
        if (!first) out += ", ";
        first = false;
        append(type, value, Binary, f, out, 0);
    }
    return finished(f, out + "]", Binary);
}

template <bool Binary>
datum build_object(function_frame& f) {
    if (f.variadic && f.null_at(0)) return sql_null{};
    auto const values = spread_arguments(f, 0);
    if (values.size() % 2 != 0)
        return f.fail(sql_error("22023", "argument list must have even number of elements")
                          .with_hint(Binary
                                         ? "The arguments of jsonb_build_object() must consist of "
                                           "alternating keys and values."
                                         : "The arguments of json_build_object() must consist of "
                                           "alternating keys and values."));
    std::string out = "{";
    for (std::size_t i = 0; i < values.size(); i += 2) {
        if (is_null(values[i].value)) {
            if (Binary)
                return f.fail(
                    {"22023", "argument " + std::to_string(i + 1) + ": key must not be null"});
            return f.fail(
                sql_error("22023", "argument " + std::to_string(i + 1) + " cannot be null")
                    .with_hint("Object keys should be text."));
        }
        if (i != 0) out += ", ";
        std::string key;
        if (values[i].value.index() == datum(true).index())
            key = std::get<bool>(values[i].value) ? "true" : "false";
        else
            output_text(values[i].type, values[i].value, f.context.io, key);
        print_json_string(key, out);
        out += Binary ? ": " : " : ";
        append(values[i + 1].type, values[i + 1].value, Binary, f, out, 0);
    }
    return finished(f, out + "}", Binary);
}

template <bool Binary>
datum of_text_array(function_frame& f) {
    auto const& keys = **std::get_if<std::shared_ptr<array_value const>>(&f[0]);
    std::vector<datum> flat;
    if (f.size() > 1) {
        auto const& values = **std::get_if<std::shared_ptr<array_value const>>(&f[1]);
        if (keys.dimensions.size() > 1 || values.dimensions.size() > 1)
            return f.fail({"2202E", "wrong number of array subscripts"});
        if (keys.elements.size() != values.elements.size())
            return f.fail({"2202E", "mismatched array dimensions"});
        for (std::size_t i = 0; i < keys.elements.size(); ++i) {
            flat.push_back(keys.elements[i]);
            flat.push_back(values.elements[i]);
        }
    } else {
        if (keys.dimensions.size() == 1 && keys.elements.size() % 2 != 0)
            return f.fail({"2202E", "array must have even number of elements"});
        if (keys.dimensions.size() == 2 && keys.dimensions[1].length != 2)
            return f.fail({"2202E", "array must have two columns"});
        if (keys.dimensions.size() > 2)
            return f.fail({"2202E", "wrong number of array subscripts"});
        flat = keys.elements;
    }
    std::string out = "{";
    for (std::size_t i = 0; i < flat.size(); i += 2) {
        if (is_null(flat[i])) return f.fail({"22004", "null value not allowed for object key"});
        if (i != 0) out += ", ";
        print_json_string(std::get<std::string>(flat[i]), out);
        out += " : ";
        if (is_null(flat[i + 1]))
            out += "null";
        else
            print_json_string(std::get<std::string>(flat[i + 1]), out);
    }
    return finished(f, out + "}", Binary);
}

}  // namespace

void append_json(type_oid type, datum const& value, bool binary, function_frame& f,
                 std::string& out) {
    append(type, value, binary, f, out, 0);
}

void register_json_builders(function_registry& to) {
    to.scalars({
        {"to_json", of_value<false>},
        {"to_jsonb", of_value<true>},
        {"row_to_json", of_value<false>},
        {"array_to_json", of_value<false>},
        {"row_to_json_pretty", of_value_pretty},
        {"array_to_json_pretty", of_value_pretty},
        {"json_build_array", build_array<false>},
        {"jsonb_build_array", build_array<true>},
        {"json_build_object", build_object<false>},
        {"jsonb_build_object", build_object<true>},
        {"json_build_array_noargs", build_array<false>},
        {"jsonb_build_array_noargs", build_array<true>},
        {"json_build_object_noargs", build_object<false>},
        {"jsonb_build_object_noargs", build_object<true>},
        {"json_object", of_text_array<false>},
        {"jsonb_object", of_text_array<true>},
        {"json_object_two_arg", of_text_array<false>},
        {"jsonb_object_two_arg", of_text_array<true>},
    });
}

}  // namespace sluice::sql
