#include <bit>
#include <cmath>
#include <limits>

#include "gateway/core/cursor.hpp"
#include "protocols/sql/types/array_text.hpp"
#include "protocols/sql/types/datetime.hpp"
#include "protocols/sql/types/json_value.hpp"
#include "protocols/sql/types/numeric.hpp"
#include "protocols/sql/types/scalar_text.hpp"
#include "protocols/sql/types/text_tools.hpp"
#include "protocols/sql/types/type_io.hpp"
#include "protocols/sql/types/type_oids.hpp"

namespace sluice::sql {
namespace {

sql_error bad_format() { return {"22P03", "incorrect binary data format"}; }
sql_error too_short() { return {"08P01", "insufficient data left in message"}; }

sql_result<datum> receive(sql_type type, std::string_view bytes, io_context const&,
                          std::uint32_t depth);

std::uint32_t number_of(type_oid type) { return static_cast<std::uint32_t>(type); }

type_oid element_of(type_oid type, io_context const& context) {
    if (auto const* info = find_builtin_type(type)) return info->element;
    auto const described = context.types == nullptr ? nullptr : context.types->describe(type);
    return described ? described->element : type_oid{};
}

// A value with its length before it; -1: null.
sql_result<datum> receive_sized(byte_reader& in, sql_type type, io_context const& context,
                                std::uint32_t depth) {
    auto const length = in.big<std::int32_t>();
    if (!in.ok()) return too_short();
    if (length == -1) return datum();
    if (length < -1) return bad_format();
    auto const bytes = in.raw(static_cast<std::size_t>(length));
    if (!in.ok()) return too_short();
    return receive(type, bytes, context, depth + 1);
}

// `is_vector`: int2vector and oidvector have their one dimension also when they are empty.
sql_result<datum> receive_array(type_oid element, std::int32_t modifier, std::string_view bytes,
                                io_context const& context, std::uint32_t depth, bool is_vector) {
    byte_reader in(bytes);
    auto array = std::make_shared<array_value>();
    auto const dimensions = in.big<std::int32_t>();
    auto const flags = in.big<std::int32_t>();
    auto const sent = in.big<std::uint32_t>();
    if (!in.ok()) return too_short();
    if (dimensions < 0)
        return sql_error("22P03", "invalid number of dimensions: " + std::to_string(dimensions));
    if (dimensions > 6)
        return sql_error("54000", "number of array dimensions (" + std::to_string(dimensions) +
                                      ") exceeds the maximum allowed (6)");
    if (flags != 0 && flags != 1) return sql_error("22P03", "invalid array flags");
    if (sent != number_of(element))
        return sql_error("42804", "binary data has array element type " + std::to_string(sent) +
                                      " (" + format_type({type_oid{sent}, -1}, context.types) +
                                      ") instead of expected " +
                                      std::to_string(number_of(element)) + " (" +
                                      format_type({element, -1}, context.types) + ")");
    array->element = element;
    std::uint64_t count = dimensions == 0 ? 0 : 1;
    for (std::int32_t i = 0; i < dimensions; ++i) {
        array_value::dimension each{in.big<std::int32_t>(), in.big<std::int32_t>()};
        if (!in.ok()) return too_short();
        if (each.length < 0) return bad_format();
        count *= static_cast<std::uint64_t>(each.length);
        if (count > context.limits.array_elements)
            return sql_error("54000", "array size exceeds the maximum allowed (" +
                                          std::to_string(context.limits.array_elements) + ")");
        array->dimensions.push_back(each);
    }
    if (count == 0 && !is_vector) array->dimensions.clear();
    for (std::uint64_t i = 0; i < count; ++i) {
        SLUICE_TRY(auto value, receive_sized(in, {element, modifier}, context, depth));
        array->elements.push_back(std::move(value));
    }
    if (!in.at_end()) return bad_format();
    return datum(std::shared_ptr<array_value const>(array));
}

sql_result<datum> receive_record(type_oid type, std::string_view bytes, io_context const& context,
                                 std::uint32_t depth) {
    auto const described = context.types == nullptr ? nullptr : context.types->describe(type);
    byte_reader in(bytes);
    auto const count = in.big<std::int32_t>();
    if (!in.ok()) return too_short();
    if (described && static_cast<std::size_t>(count) != described->fields.size())
        return sql_error("42804", "wrong number of columns: " + std::to_string(count) +
                                      ", expected " + std::to_string(described->fields.size()));
    auto row = std::make_shared<row_value>();
    for (std::int32_t i = 0; i < count; ++i) {
        type_oid const field{in.big<std::uint32_t>()};
        SLUICE_TRY(auto value, receive_sized(in, {field, -1}, context, depth));
        row->types.push_back(field);
        row->fields.push_back(std::move(value));
    }
    if (!in.at_end()) return bad_format();
    return datum(std::shared_ptr<row_value const>(row));
}

template <class Integer>
sql_result<datum> receive_integer(std::string_view bytes) {
    if (bytes.size() < sizeof(Integer)) return too_short();
    if (bytes.size() > sizeof(Integer)) return bad_format();
    return datum(static_cast<std::int64_t>(load_big<Integer>(bytes.data())));
}

sql_result<datum> receive_string(std::string_view bytes) {
    SLUICE_CHECK(check_utf8(bytes));
    return datum(std::string(bytes));
}

sql_result<datum> receive_timetz(std::string_view bytes) {
    if (bytes.size() != 12) return bytes.size() < 12 ? too_short() : bad_format();
    timetz_value const value{load_big<std::int64_t>(bytes.data()),
                             load_big<std::int32_t>(bytes.data() + 8)};
    if (value.microseconds < 0 || value.microseconds > day_us)
        return sql_error("22008", "time out of range");
    if (value.seconds_west <= -16 * 3600 || value.seconds_west >= 16 * 3600)
        return sql_error("22009", "time zone displacement out of range");
    return datum(value);
}

sql_result<datum> receive_bits(std::string_view bytes) {
    byte_reader in(bytes);
    auto const count = in.big<std::int32_t>();
    if (!in.ok()) return too_short();
    if (count < 0) return sql_error("22P03", "invalid length in external bit string");
    auto const size = (static_cast<std::size_t>(count) + 7) / 8;
    if (in.rest().size() != size) return in.rest().size() < size ? too_short() : bad_format();
    std::string value(bytes);
    if (count % 8 != 0) value.back() = static_cast<char>(value.back() & (0xFF << (8 - count % 8)));
    return datum(std::move(value));
}

sql_result<datum> receive_network(std::string_view bytes, bool is_cidr) {
    std::string_view const name = is_cidr ? "cidr" : "inet";
    auto const bad = [&](std::string what) {
        return sql_error("22P03",
                         "invalid " + what + " in external \"" + std::string(name) + "\" value");
    };
    if (bytes.size() < 4) return too_short();
    bool const six = bytes[0] == 3;
    if (!six && bytes[0] != 2) return bad("address family");
    if (static_cast<unsigned char>(bytes[1]) > (six ? 128 : 32)) return bad("bits");
    if (bytes[3] != (six ? 16 : 4)) return bad("length");
    if (bytes.size() != (six ? 20U : 8U))
        return bytes.size() < (six ? 20U : 8U) ? too_short() : bad_format();
    std::string value(bytes);
    value[2] = static_cast<char>(is_cidr);
    return datum(std::move(value));
}

sql_result<datum> receive_moment(sql_type type, std::string_view bytes) {
    if (type.oid == oid::date) {
        SLUICE_TRY(auto value, receive_integer<std::int32_t>(bytes));
        auto const days = std::get<std::int64_t>(value);
        if (is_finite_date(days) && !is_date(days)) return sql_error("22008", "date out of range");
        return value;
    }
    SLUICE_TRY(auto value, receive_integer<std::int64_t>(bytes));
    auto const at = std::get<std::int64_t>(value);
    if (type.oid == oid::time) {
        if (at < 0 || at > day_us) return sql_error("22008", "time out of range");
    } else if (is_finite_timestamp(at) && !is_timestamp(at)) {
        return sql_error("22008", "timestamp out of range");
    }
    return value;
}

sql_result<datum> receive_plain(sql_type type, std::string_view bytes, io_context const& context,
                                std::uint32_t depth) {
    switch (type.oid) {
        case oid::boolean:
            if (bytes.size() != 1) return bytes.empty() ? too_short() : bad_format();
            return datum(bytes[0] != 0);
        case oid::int2:
            return receive_integer<std::int16_t>(bytes);
        case oid::int4:
            return receive_integer<std::int32_t>(bytes);
        case oid::int8:
            return receive_integer<std::int64_t>(bytes);
        case oid::float4: {
            SLUICE_TRY(auto const bits, receive_integer<std::uint32_t>(bytes));
            return datum(static_cast<double>(
                std::bit_cast<float>(static_cast<std::uint32_t>(std::get<std::int64_t>(bits)))));
        }
        case oid::float8: {
            SLUICE_TRY(auto const bits, receive_integer<std::int64_t>(bytes));
            return datum(std::bit_cast<double>(std::get<std::int64_t>(bits)));
        }
        case oid::numeric: {
            SLUICE_TRY(auto const value, numeric::receive(bytes));
            return datum(value.encode());
        }
        case oid::text:
        case oid::varchar:
        case oid::bpchar:
        case oid::unknown:
        case oid::cstring:
        case oid::refcursor:
            return receive_string(bytes);
        case oid::name: {
            SLUICE_CHECK(check_utf8(bytes));
            return datum(fit_name(bytes));
        }
        case oid::internal_char:
            if (bytes.size() != 1) return bytes.empty() ? too_short() : bad_format();
            return datum(bytes[0] == 0 ? std::string() : std::string(bytes));
        case oid::bytea:
            return datum(std::string(bytes));
        case oid::uuid:
            if (bytes.size() != 16) return bytes.size() < 16 ? too_short() : bad_format();
            return datum(std::string(bytes));
        case oid::json:
            return input_text({oid::json, -1}, bytes, context);
        case oid::jsonb:
            if (bytes.empty()) return too_short();
            if (bytes[0] != 1)
                return sql_error("XX000", "unsupported jsonb version number " +
                                              std::to_string(static_cast<unsigned char>(bytes[0])));
            return input_text({oid::jsonb, -1}, bytes.substr(1), context);
        case oid::date:
        case oid::time:
        case oid::timestamp:
        case oid::timestamptz:
            return receive_moment(type, bytes);
        case oid::timetz:
            return receive_timetz(bytes);
        case oid::interval:
            if (bytes.size() != 16) return bytes.size() < 16 ? too_short() : bad_format();
            return datum(interval_value{load_big<std::int64_t>(bytes.data()),
                                        load_big<std::int32_t>(bytes.data() + 8),
                                        load_big<std::int32_t>(bytes.data() + 12)});
        case oid::bit:
        case oid::varbit:
            return receive_bits(bytes);
        case oid::inet:
        case oid::cidr:
            return receive_network(bytes, type.oid == oid::cidr);
        case oid::void_type:
            return datum(std::string());
        case oid::record:
            return receive_record(type.oid, bytes, context, depth);
        default:
            break;
    }
    auto const* info = find_builtin_type(type.oid);
    if (info != nullptr && info->kind == 'd')
        return receive({info->base, info->base_modifier}, bytes, context, depth + 1);
    if (info != nullptr && is_served_type(type.oid) && info->element == type_oid{})
        return receive_integer<std::uint32_t>(bytes);  // oid, xid, cid, reg*
    if (auto const element = element_of(type.oid, context);
        element != type_oid{} && (info == nullptr || is_served_type(element)))
        return receive_array(element, type.modifier, bytes, context, depth,
                             type.oid == oid::int2vector || type.oid == oid::oidvector);
    if (info == nullptr && context.types != nullptr) {
        if (auto const described = context.types->describe(type.oid)) {
            if (described->kind == 'e') return input_text(type, bytes, context);
            if (described->kind == 'd') return receive(described->base, bytes, context, depth + 1);
            if (described->kind == 'c') return receive_record(type.oid, bytes, context, depth);
        }
    }
    return sql_error("0A000",
                     "type " + format_type({type.oid, -1}, context.types) + " is not supported");
}

sql_result<datum> receive(sql_type type, std::string_view bytes, io_context const& context,
                          std::uint32_t depth) {
    if (depth > context.limits.nesting) return sql_error("54001", "stack depth limit exceeded");
    auto value = receive_plain(type, bytes, context, depth);
    if (value.has_error() || type.modifier < 0) return value;
    return apply_modifier(type, std::move(*value), false, context);
}

}  // namespace

sql_result<datum> input_binary(sql_type type, std::string_view bytes, io_context const& context) {
    if (bytes.size() > context.limits.value_bytes)
        return sql_error("54000", "value is longer than the limit of " +
                                      std::to_string(context.limits.value_bytes) + " bytes");
    return receive(type, bytes, context, 0);
}

namespace {

void send_sized(type_oid type, datum const& value, io_context const& context, std::string& out) {
    byte_writer writer(out);
    if (is_null(value)) {
        writer.big(std::int32_t{-1});
        return;
    }
    auto const at = out.size();
    writer.big(std::int32_t{0});
    output_binary(type, value, context, out);
    store_big(out.data() + at, static_cast<std::int32_t>(out.size() - at - 4));
}

void send_array(array_value const& array, io_context const& context, std::string& out) {
    byte_writer writer(out);
    bool nulls = false;
    for (auto const& each : array.elements) nulls = nulls || is_null(each);
    writer.big(static_cast<std::int32_t>(array.dimensions.size()));
    writer.big(static_cast<std::int32_t>(nulls)).big(number_of(array.element));
    for (auto const& each : array.dimensions) writer.big(each.length).big(each.lower_bound);
    for (auto const& each : array.elements) send_sized(array.element, each, context, out);
}

int integer_width(type_oid type) {
    switch (type) {
        case oid::int2:
            return 2;
        case oid::int8:
        case oid::time:
        case oid::timestamp:
        case oid::timestamptz:
            return 8;
        default:
            return 4;
    }
}

}  // namespace

void output_binary(type_oid type, datum const& value, io_context const& context, std::string& out) {
    byte_writer writer(out);
    if (auto const* info = find_builtin_type(type); info != nullptr && info->kind == 'd')
        type = info->base;
    if (auto const* integer = std::get_if<std::int64_t>(&value)) {
        switch (integer_width(type)) {
            case 2:
                writer.big(static_cast<std::int16_t>(*integer));
                return;
            case 8:
                writer.big(*integer);
                return;
            default:
                writer.big(static_cast<std::int32_t>(*integer));
                return;
        }
    }
    if (auto const* boolean = std::get_if<bool>(&value))
        return out.push_back(*boolean ? '\1' : '\0');
    if (auto const* number = std::get_if<double>(&value)) {
        if (type == oid::float4)
            writer.big(std::bit_cast<std::uint32_t>(static_cast<float>(*number)));
        else
            writer.big(std::bit_cast<std::uint64_t>(*number));
        return;
    }
    if (auto const* interval = std::get_if<interval_value>(&value)) {
        writer.big(interval->microseconds).big(interval->days).big(interval->months);
        return;
    }
    if (auto const* time = std::get_if<timetz_value>(&value)) {
        writer.big(time->microseconds).big(time->seconds_west);
        return;
    }
    if (auto const* array = std::get_if<std::shared_ptr<array_value const>>(&value))
        return send_array(**array, context, out);
    if (auto const* row = std::get_if<std::shared_ptr<row_value const>>(&value)) {
        writer.big(static_cast<std::int32_t>((*row)->fields.size()));
        for (std::size_t i = 0; i < (*row)->fields.size(); ++i) {
            byte_writer(out).big(number_of((*row)->types[i]));
            send_sized((*row)->types[i], (*row)->fields[i], context, out);
        }
        return;
    }
    if (auto const* bytes = std::get_if<std::string>(&value)) {
        if (type == oid::jsonb) out.push_back('\1');
        if (type == oid::internal_char && bytes->empty()) out.push_back('\0');
        out += *bytes;
    }
}

}  // namespace sluice::sql
