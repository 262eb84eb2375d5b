#include <charconv>

#include "protocols/sql/types/array_text.hpp"
#include "protocols/sql/types/datetime.hpp"
#include "protocols/sql/types/json_value.hpp"
#include "protocols/sql/types/network_text.hpp"
#include "protocols/sql/types/numeric.hpp"
#include "protocols/sql/types/scalar_text.hpp"
#include "protocols/sql/types/text_tools.hpp"
#include "protocols/sql/types/type_io.hpp"
#include "protocols/sql/types/type_oids.hpp"

namespace sluice::sql {
namespace {

template <class T>
sql_result<datum> as_datum(sql_result<T> value) {
    if (value.has_error()) return std::move(value).error();
    return datum(std::move(*value));
}

std::string type_name(type_oid type, io_context const& context) {
    return format_type({type, -1}, context.types);
}

sql_error not_served(type_oid type, io_context const& context) {
    return {"0A000", "type " + type_name(type, context) + " is not supported"};
}

bool reg_kind_of(type_oid type, reg_kind& kind) {
    switch (type) {
        case oid::regclass:
            kind = reg_kind::regclass;
            return true;
        case oid::regtype:
            kind = reg_kind::regtype;
            return true;
        case oid::regproc:
            kind = reg_kind::regproc;
            return true;
        case oid::regprocedure:
            kind = reg_kind::regprocedure;
            return true;
        case oid::regoper:
            kind = reg_kind::regoper;
            return true;
        case oid::regoperator:
            kind = reg_kind::regoperator;
            return true;
        case oid::regnamespace:
            kind = reg_kind::regnamespace;
            return true;
        case oid::regrole:
            kind = reg_kind::regrole;
            return true;
        case oid::regcollation:
            kind = reg_kind::regcollation;
            return true;
        case oid::regconfig:
            kind = reg_kind::regconfig;
            return true;
        case oid::regdictionary:
            kind = reg_kind::regdictionary;
            return true;
        default:
            return false;
    }
}

sql_result<datum> input_reg(reg_kind kind, std::string_view text, io_context const& context,
                            type_oid type) {
    if (text == "-") return datum(std::int64_t{0});
    bool digits = !text.empty();
    for (char const c : text) digits = digits && c >= '0' && c <= '9';
    if (digits) return as_datum(parse_oid(text, "oid"));
    if (context.types == nullptr) return not_served(type, context);
    SLUICE_TRY(auto const found, context.types->find(kind, text));
    return datum(std::int64_t{found});
}

sql_result<datum> input_numeric(std::string_view text) {
    bool overflow = false;
    auto const value = numeric::parse(text, overflow);
    if (!value) return invalid_text("numeric", text);
    if (overflow || !value->fits()) return sql_error("22003", "value overflows numeric format");
    return datum(value->encode());
}

sql_result<datum> input_string(std::string_view text) {
    SLUICE_CHECK(check_utf8(text));
    return datum(std::string(text));
}

sql_result<datum> input_json(type_oid type, std::string_view text, io_context const& context) {
    SLUICE_CHECK(check_utf8(text));
    if (type == oid::json) {
        SLUICE_CHECK(parse_json(text, context.limits));
        return datum(std::string(text));
    }
    SLUICE_TRY(auto const value, parse_jsonb(text, context.limits));
    return datum(jsonb_text(value));
}

sql_result<datum> input_user_type(sql_type type, std::string_view text, io_context const& context,
                                  std::uint32_t depth) {
    auto const described = context.types == nullptr ? nullptr : context.types->describe(type.oid);
    if (!described) return not_served(type.oid, context);
    if (described->element != type_oid{})
        return parse_array({described->element, type.modifier}, text, context, depth);
    switch (described->kind) {
        case 'e':
            for (auto const& label : described->labels)
                if (label == text) return datum(label);
            return sql_error("22P02", "invalid input value for enum " +
                                          quote_identifier(described->name) + ": \"" +
                                          std::string(text) + "\"");
        case 'd':
            return input_text_at(described->base, text, context, depth);
        case 'c':
            return parse_record(*described, text, context, depth);
        default:
            return not_served(type.oid, context);
    }
}

// Without the modifier.
sql_result<datum> input_plain(sql_type type, std::string_view text, io_context const& context,
                              std::uint32_t depth) {
    switch (type.oid) {
        case oid::boolean:
            return as_datum(parse_bool(text));
        case oid::int2:
            return as_datum(parse_integer(text, 16));
        case oid::int4:
            return as_datum(parse_integer(text, 32));
        case oid::int8:
            return as_datum(parse_integer(text, 64));
        case oid::oid:
            return as_datum(parse_oid(text, "oid"));
        case oid::xid:
            return as_datum(parse_oid(text, "xid"));
        case oid::cid:
            return as_datum(parse_oid(text, "cid"));
        case oid::float4:
            return as_datum(parse_float4(text));
        case oid::float8:
            return as_datum(parse_float8(text));
        case oid::numeric:
            return input_numeric(text);
        case oid::text:
        case oid::varchar:
        case oid::bpchar:
        case oid::unknown:
        case oid::cstring:
        case oid::refcursor:
            return input_string(text);
        case oid::name: {
            SLUICE_CHECK(check_utf8(text));
            return datum(fit_name(text));
        }
        case oid::internal_char:
            // Its zero byte has the empty text.
            return datum(std::string(text.substr(0, text.starts_with('\0') ? 0 : 1)));
        case oid::bytea:
            return as_datum(parse_bytea(text));
        case oid::uuid:
            return as_datum(parse_uuid(text));
        case oid::json:
        case oid::jsonb:
            return input_json(type.oid, text, context);
        case oid::date:
            return as_datum(parse_date(text, context));
        case oid::time:
            return as_datum(parse_time(text, context));
        case oid::timetz:
            return as_datum(parse_timetz(text, context));
        case oid::timestamp:
            return as_datum(parse_timestamp(text, context));
        case oid::timestamptz:
            return as_datum(parse_timestamptz(text, context));
        case oid::interval:
            return as_datum(parse_interval(text, type.modifier, context));
        case oid::bit:
        case oid::varbit:
            return parse_bits(text);
        case oid::inet:
        case oid::cidr:
            return parse_network(text, type.oid == oid::cidr);
        case oid::void_type:
            return datum(std::string());
        case oid::int2vector:
        case oid::oidvector:
            return parse_number_vector(type.oid, text);
        case oid::record:
            return sql_error("0A000", "input of anonymous composite types is not implemented");
        default:
            break;
    }
    if (reg_kind kind{}; reg_kind_of(type.oid, kind))
        return input_reg(kind, text, context, type.oid);
    auto const* info = find_builtin_type(type.oid);
    if (info == nullptr) return input_user_type(type, text, context, depth);
    if (info->kind == 'p')
        return sql_error("0A000", "cannot accept a value of type " + std::string(info->name));
    if (info->kind == 'd')
        return input_text_at({info->base, info->base_modifier}, text, context, depth);
    if (info->element != type_oid{})
        return parse_array({info->element, type.modifier}, text, context, depth);
    return not_served(type.oid, context);
}

}  // namespace

sql_result<datum> input_text_at(sql_type type, std::string_view text, io_context const& context,
                                std::uint32_t depth) {
    if (depth > context.limits.nesting) return sql_error("54001", "stack depth limit exceeded");
    if (text.size() > context.limits.value_bytes)
        return sql_error("54000", "value is longer than the limit of " +
                                      std::to_string(context.limits.value_bytes) + " bytes");
    auto value = input_plain(type, text, context, depth);
    if (value.has_error() || type.modifier < 0) return value;
    return apply_modifier(type, std::move(*value), false, context);
}

sql_result<datum> input_text(sql_type type, std::string_view text, io_context const& context) {
    return input_text_at(type, text, context, 0);
}

namespace {

void output_reg(reg_kind kind, std::int64_t number, io_context const& context, std::string& out) {
    if (number == 0 && kind != reg_kind::regnamespace && kind != reg_kind::regrole) {
        out.push_back(kind == reg_kind::regoper || kind == reg_kind::regoperator ? '0' : '-');
        return;
    }
    if (number == 0) {
        out.push_back('-');
        return;
    }
    if (kind == reg_kind::regtype) {
        auto const name =
            format_type({type_oid{static_cast<std::uint32_t>(number)}, -1}, context.types);
        if (name != "???") {
            out += name;
            return;
        }
    } else if (context.types != nullptr) {
        if (auto const name = context.types->name_of(kind, static_cast<std::uint32_t>(number))) {
            out += *name;
            return;
        }
    }
    out += std::to_string(number);
}

void append_integer(std::int64_t value, std::string& out) {
    char text[24];
    auto const end = std::to_chars(text, text + sizeof text, value).ptr;
    out.append(text, static_cast<std::size_t>(end - text));
}

std::string const& string_of(datum const& value) { return *std::get_if<std::string>(&value); }

}  // namespace

void output_text(type_oid type, datum const& value, io_context const& context, std::string& out) {
    auto const& style = context.style;
    if (auto const* array = std::get_if<std::shared_ptr<array_value const>>(&value))
        return print_array(type, **array, context, out);
    if (auto const* row = std::get_if<std::shared_ptr<row_value const>>(&value))
        return print_record(**row, context, out);
    if (auto const* boolean = std::get_if<bool>(&value)) return out.push_back(*boolean ? 't' : 'f');
    if (auto const* interval = std::get_if<interval_value>(&value))
        return print_interval(*interval, style, out);
    if (auto const* time = std::get_if<timetz_value>(&value)) return print_timetz(*time, out);
    if (auto const* number = std::get_if<double>(&value)) {
        if (type == oid::float4)
            print_float4(*number, style.extra_float_digits, out);
        else
            print_float8(*number, style.extra_float_digits, out);
        return;
    }
    if (auto const* integer = std::get_if<std::int64_t>(&value)) {
        switch (type) {
            case oid::date:
                return print_date(*integer, style, out);
            case oid::time:
                return print_time(*integer, out);
            case oid::timestamp:
                return print_timestamp(*integer, style, out);
            case oid::timestamptz:
                return print_timestamptz(*integer, style, out);
            default:
                break;
        }
        if (reg_kind kind{}; reg_kind_of(type, kind))
            return output_reg(kind, *integer, context, out);
        if (auto const* info = find_builtin_type(type); info != nullptr && info->kind == 'd')
            return output_text(info->base, value, context, out);
        return append_integer(*integer, out);
    }
    if (is_null(value)) return;
    auto const& bytes = string_of(value);
    switch (type) {
        case oid::numeric:
            numeric::decode(bytes).print(out);
            return;
        case oid::bytea:
            print_bytea(bytes, style.bytea_hex, out);
            return;
        case oid::uuid:
            print_uuid(bytes, out);
            return;
        case oid::bit:
        case oid::varbit:
            print_bits(bytes, out);
            return;
        case oid::inet:
        case oid::cidr:
            print_network(bytes, type == oid::cidr, out);
            return;
        default:
            out += bytes;
    }
}

bool is_served_type(type_oid type) noexcept {
    switch (type) {
        case oid::boolean:
        case oid::int2:
        case oid::int4:
        case oid::int8:
        case oid::oid:
        case oid::xid:
        case oid::cid:
        case oid::float4:
        case oid::float8:
        case oid::numeric:
        case oid::text:
        case oid::varchar:
        case oid::bpchar:
        case oid::unknown:
        case oid::cstring:
        case oid::refcursor:
        case oid::name:
        case oid::internal_char:
        case oid::bytea:
        case oid::uuid:
        case oid::json:
        case oid::jsonb:
        case oid::date:
        case oid::time:
        case oid::timetz:
        case oid::timestamp:
        case oid::timestamptz:
        case oid::interval:
        case oid::bit:
        case oid::varbit:
        case oid::inet:
        case oid::cidr:
        case oid::void_type:
        case oid::int2vector:
        case oid::oidvector:
        case oid::record:
            return true;
        default:
            break;
    }
    if (reg_kind kind{}; reg_kind_of(type, kind)) return true;
    auto const* info = find_builtin_type(type);
    if (info == nullptr) return false;
    if (info->kind == 'd') return is_served_type(info->base);
    return info->element != type_oid{} && is_served_type(info->element);
}

}  // namespace sluice::sql
