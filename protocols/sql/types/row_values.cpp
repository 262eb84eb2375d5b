#include "protocols/sql/types/row_values.hpp"

#include <cstring>

#include "gateway/core/cursor.hpp"
#include "protocols/sql/types/numeric.hpp"
#include "protocols/sql/types/type_oids.hpp"

namespace sluice::sql {
namespace {

using store::column_kind;

type_oid base_of(type_oid type) {
    auto const* info = find_builtin_type(type);
    return info != nullptr && info->kind == 'd' ? info->base : type;
}

std::string interval_bytes(interval_value value) {
    std::string raw;
    byte_writer(raw).little(value.microseconds).little(value.days).little(value.months);
    return raw;
}

sql_error corrupt(type_oid type) {
    return {"XX001", "stored value is not of type " + format_type({type, -1}, nullptr)};
}

}  // namespace

column_kind column_kind_of(type_oid given) noexcept {
    auto const type = base_of(given);
    switch (type) {
        case oid::boolean:
            return column_kind::boolean;
        case oid::int2:
            return column_kind::int16;
        case oid::int4:
        case oid::date:
            return column_kind::int32;
        case oid::int8:
        case oid::time:
        case oid::timestamp:
        case oid::timestamptz:
            return column_kind::int64;
        case oid::float4:
            return column_kind::float32;
        case oid::float8:
            return column_kind::float64;
        case oid::interval:
            return column_kind::interval;
        case oid::uuid:
            return column_kind::uuid;
        default:
            break;
    }
    // oid and its relatives are unsigned 32-bit numbers: int64 keeps their order.
    auto const* info = find_builtin_type(type);
    if (info != nullptr && info->element == type_oid{} && info->length == 4 && is_served_type(type))
        return column_kind::int64;
    return column_kind::bytes;
}

store::column_value to_column_value(type_oid given, datum const& value, io_context const& context) {
    auto const type = base_of(given);
    if (is_null(value)) return std::monostate{};
    if (auto const* boolean = std::get_if<bool>(&value)) return *boolean;
    if (auto const* integer = std::get_if<std::int64_t>(&value)) return *integer;
    if (auto const* number = std::get_if<double>(&value)) return *number;
    if (auto const* interval = std::get_if<interval_value>(&value))
        return interval_bytes(*interval);
    if (auto const* text = std::get_if<std::string>(&value)) return *text;
    std::string bytes;
    output_binary(type, value, context, bytes);
    return bytes;
}

sql_result<datum> from_column_view(type_oid given, store::column_view const& view,
                                   io_context const& context) {
    auto const type = base_of(given);
    if (std::holds_alternative<std::monostate>(view)) return datum();
    if (auto const* boolean = std::get_if<bool>(&view)) return datum(*boolean);
    if (auto const* integer = std::get_if<std::int64_t>(&view)) return datum(*integer);
    if (auto const* number = std::get_if<double>(&view)) return datum(*number);
    auto const bytes = *std::get_if<std::string_view>(&view);
    switch (type) {
        case oid::interval:
            if (bytes.size() != 16) return corrupt(type);
            return datum(interval_value{load_little<std::int64_t>(bytes.data()),
                                        load_little<std::int32_t>(bytes.data() + 8),
                                        load_little<std::int32_t>(bytes.data() + 12)});
        case oid::numeric:
            if (bytes.size() < 8 ||
                bytes.size() !=
                    8 + 2 * static_cast<std::size_t>(load_big<std::uint16_t>(bytes.data())))
                return corrupt(type);
            return datum(std::string(bytes));
        case oid::timetz:
        case oid::record:
            return input_binary({type, -1}, bytes, context);
        default:
            break;
    }
    auto const* info = find_builtin_type(type);
    if (info != nullptr)
        return info->element != type_oid{} ? input_binary({type, -1}, bytes, context)
                                           : sql_result<datum>(datum(std::string(bytes)));
    auto const described = context.types == nullptr ? nullptr : context.types->describe(type);
    if (!described) return corrupt(type);
    if (described->kind == 'd') return from_column_view(described->base.oid, view, context);
    if (described->element != type_oid{} || described->kind == 'c')
        return input_binary({type, -1}, bytes, context);
    return datum(std::string(bytes));
}

// ---- keys

bool can_be_key(type_oid given) noexcept {
    auto const type = base_of(given);
    switch (type) {
        case oid::text:
        case oid::varchar:
        case oid::bpchar:
        case oid::name:
        case oid::internal_char:
        case oid::bytea:
        case oid::numeric:
        case oid::timetz:
            return true;
        default:
            return column_kind_of(type) != column_kind::bytes;
    }
}

column_kind key_kind_of(type_oid type) noexcept { return column_kind_of(type); }

store::column_value to_key_value(type_oid given, datum const& value) {
    auto const type = base_of(given);
    if (is_null(value)) return std::monostate{};
    if (auto const* text = std::get_if<std::string>(&value)) {
        if (type == oid::numeric) return ordered_numeric(*text);
        if (type == oid::bpchar) return text->substr(0, text->find_last_not_of(' ') + 1);
        return *text;
    }
    if (auto const* time = std::get_if<timetz_value>(&value)) {
        std::string key;
        auto const sign = std::uint64_t{1} << 63;
        auto const at = time->microseconds + time->seconds_west * std::int64_t{1000000};
        byte_writer(key).big(static_cast<std::uint64_t>(at) ^ sign);
        byte_writer(key).big(static_cast<std::uint32_t>(time->seconds_west) ^ 0x80000000U);
        return key;
    }
    return to_column_value(type, value, {});
}

// class byte: 0 -infinity, 1 negative, 2 zero, 3 positive, 4 infinity, 5 NaN. A finite number then
// has its weight (base 10000, big-endian, biased) and its digits, each two bytes plus one so that a
// shorter sequence sorts first, closed by 0; a negative number has all of that inverted.
std::string ordered_numeric(std::string_view stored) {
    auto const value = numeric::decode(stored);
    if (value.is_nan()) return "\x05";
    if (value.is_infinite()) return value.negative() ? std::string(1, '\0') : "\x04";
    if (value.is_zero()) return "\x02";
    std::string key;
    byte_writer out(key);
    out.big(static_cast<std::uint16_t>(value.weight() + 0x8000));
    for (auto const digit : value.digits()) out.big(static_cast<std::uint16_t>(digit + 1));
    out.big(std::uint16_t{0});
    if (value.negative())
        for (auto& byte : key) byte = static_cast<char>(~byte);
    return (value.negative() ? "\x01" : "\x03") + key;
}

}  // namespace sluice::sql
