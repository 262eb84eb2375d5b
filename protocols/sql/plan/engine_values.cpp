#include "protocols/sql/plan/engine_values.hpp"

#include <bit>
#include <cmath>
#include <limits>

#include "gateway/core/cursor.hpp"
#include "protocols/sql/types/row_values.hpp"
#include "protocols/sql/types/type_oids.hpp"

namespace sluice::sql {
namespace {

using relational::kind;

constexpr std::int64_t day_microseconds = 86'400'000'000;
constexpr std::int64_t month_days = 30;

// Bytes that compare as the integer does.
template <class Integer>
void append_ordered(std::string& to, Integer value) {
    using bits = std::make_unsigned_t<Integer>;
    byte_writer(to).big(static_cast<bits>(static_cast<bits>(value) ^
                                          (bits{1} << (8 * sizeof(bits) - 1))));
}

// An interval's length with months of 30 days, as two halves.
std::string interval_key(std::string_view raw) {
    auto const days = load_little<std::int32_t>(raw.data() + 12) * month_days +
                      load_little<std::int32_t>(raw.data() + 8);
    auto const length = static_cast<__int128>(days) * day_microseconds +
                        load_little<std::int64_t>(raw.data());
    std::string key;
    append_ordered(key, static_cast<std::int64_t>(length >> 64));
    byte_writer(key).big(static_cast<std::uint64_t>(length));
    return key;
}

// The integer order of a float's bits; -0 is 0, NaN the greatest.
std::int64_t float_key(double number) {
    if (std::isnan(number)) return std::numeric_limits<std::int64_t>::max();
    auto const bits = std::bit_cast<std::int64_t>(number == 0 ? 0.0 : number);
    return bits < 0 ? bits ^ std::numeric_limits<std::int64_t>::max() : bits;
}

std::string trimmed(std::string const& text) {
    return text.substr(0, text.find_last_not_of(' ') + 1);
}

}  // namespace

bool engine_carries(type_oid type) noexcept {
    auto const* info = find_builtin_type(type);
    return info != nullptr && info->kind == 'b' && type != oid::unknown;
}

relational::value_type engine_type_of(type_oid type) noexcept {
    switch (type) {
        case oid::boolean: return {kind::boolean};
        case oid::int2: return {kind::int16};
        case oid::int4: return {kind::int32};
        case oid::int8:
        case oid::oid:
        case oid::time: return {kind::int64};
        case oid::float4: return {kind::float32};
        case oid::float8: return {kind::float64};
        case oid::text:
        case oid::varchar:
        case oid::name: return {kind::text};
        case oid::bytea:
        case oid::uuid: return {kind::bytes};
        case oid::date: return {kind::date};
        case oid::timestamp:
        case oid::timestamptz: return {kind::timestamp};
        default: break;
    }
    // The other relatives of oid are numbers in a row.
    bool const number = column_kind_of(type) == store::column_kind::int64;
    return {number ? kind::int64 : kind::opaque};
}

engine_order engine_order_of(type_oid type) noexcept {
    switch (type) {
        case oid::float4:
        case oid::float8: return engine_order::itself_equal;
        case oid::numeric:
        case oid::bpchar:
        case oid::interval: return engine_order::by_key;
        case oid::xid:
        case oid::cid: return engine_order::none;
        default: break;
    }
    return engine_type_of(type).what == kind::opaque ? engine_order::none : engine_order::itself;
}

relational::value_type engine_key_type(type_oid type) noexcept {
    bool const number = engine_order_of(type) == engine_order::itself_equal;
    return {number ? kind::int64 : kind::bytes};
}

relational::value engine_key_of(type_oid type, relational::value const& of) {
    if (auto const* number = std::get_if<double>(&of.held)) return {float_key(*number)};
    auto const* bytes = std::get_if<std::string>(&of.held);
    if (bytes == nullptr) return {};
    switch (type) {
        case oid::numeric: return {ordered_numeric(*bytes)};
        case oid::interval: return {interval_key(*bytes)};
        default: return {trimmed(*bytes)};
    }
}

relational::value to_engine(type_oid type, datum const& value, io_context const& io) {
    auto stored = to_column_value(type, value, io);
    relational::value out;
    if (auto* text = std::get_if<std::string>(&stored)) out.held = std::move(*text);
    else if (auto const* number = std::get_if<std::int64_t>(&stored)) out.held = *number;
    else if (auto const* real = std::get_if<double>(&stored)) out.held = *real;
    else if (auto const* truth = std::get_if<bool>(&stored)) out.held = *truth;
    return out;
}

sql_result<datum> from_engine(type_oid type, relational::value const& value, io_context const& io) {
    if (auto const* text = std::get_if<std::string>(&value.held))
        return from_column_view(type, std::string_view{*text}, io);
    if (auto const* number = std::get_if<std::int64_t>(&value.held)) return datum(*number);
    if (auto const* real = std::get_if<double>(&value.held)) return datum(*real);
    if (auto const* truth = std::get_if<bool>(&value.held)) return datum(*truth);
    return datum();
}

__int128 wide_of(relational::int128 value) noexcept {
    return (static_cast<__int128>(value.high) << 64) | value.low;
}

}  // namespace sluice::sql
