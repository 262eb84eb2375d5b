// Cast functions between types, and the length coercions that the parser writes as calls.
#include <charconv>
#include <cmath>

#include "protocols/sql/functions/registry.hpp"
#include "protocols/sql/types/datetime.hpp"
#include "protocols/sql/types/json_value.hpp"
#include "protocols/sql/types/network_text.hpp"
#include "protocols/sql/types/numeric.hpp"
#include "protocols/sql/types/scalar_text.hpp"
#include "protocols/sql/types/text_tools.hpp"
#include "protocols/sql/types/type_oids.hpp"

namespace sluice::sql {
namespace {

datum same(function_frame& f) { return f[0]; }

// value, modifier[, is_explicit]
datum with_length(function_frame& f) {
    bool const is_explicit = f.size() > 2 ? f.boolean(2) : true;
    return f.take(apply_modifier({f.result.oid, static_cast<std::int32_t>(f.integer(1))}, f[0],
                                 is_explicit, f.context.io));
}
std::string_view without_blanks(std::string_view text) {
    return text.substr(0, text.find_last_not_of(' ') + 1);
}
datum text_of_bpchar(function_frame& f) { return std::string(without_blanks(f.text(0))); }
datum name_of_text(function_frame& f) { return fit_name(f.text(0)); }
datum name_of_bpchar(function_frame& f) { return fit_name(without_blanks(f.text(0))); }
datum char_of_text(function_frame& f) { return f.text(0).substr(0, 1); }
datum char_of_int(function_frame& f) {
    auto const value = f.integer(0);
    if (value < -128 || value > 127) return f.fail({"22003", "\"char\" out of range"});
    return value == 0 ? std::string() : std::string(1, static_cast<char>(value));
}
datum int_of_char(function_frame& f) {
    return f.text(0).empty() ? std::int64_t{0}
                             : std::int64_t{static_cast<signed char>(f.text(0)[0])};
}
datum text_of_bool(function_frame& f) { return std::string(f.boolean(0) ? "true" : "false"); }

// ---- dates and times

datum timestamp_range(function_frame& f) { return f.fail({"22008", "timestamp out of range"}); }
datum date_to_timestamp(function_frame& f, bool zone) {
    auto const days = f.integer(0);
    if (days == date_infinity) return timestamp_infinity;
    if (days == date_minus_infinity) return timestamp_minus_infinity;
    auto const wide = static_cast<__int128>(days) * day_us;
    if (!is_timestamp(wide)) return f.fail({"22008", "date out of range for timestamp"});
    auto const local = static_cast<std::int64_t>(wide);
    if (!zone) return local;
    auto const at = utc_of_local(local, zone_of(f.context.io.style));
    if (!is_timestamp(at)) return f.fail({"22008", "date out of range for timestamp"});
    return at;
}
datum timestamp_of_date(function_frame& f) { return date_to_timestamp(f, false); }
datum timestamptz_of_date(function_frame& f) { return date_to_timestamp(f, true); }
std::int64_t local_of(function_frame& f) {
    return local_of_utc(f.integer(0), zone_of(f.context.io.style));
}
datum date_of(std::int64_t at) {
    if (at == timestamp_infinity) return date_infinity;
    if (at == timestamp_minus_infinity) return date_minus_infinity;
    return day_part(at);
}
datum date_of_timestamp(function_frame& f) { return date_of(f.integer(0)); }
datum date_of_timestamptz(function_frame& f) {
    return date_of(is_finite_timestamp(f.integer(0)) ? local_of(f) : f.integer(0));
}
datum timestamptz_of_timestamp(function_frame& f) {
    if (!is_finite_timestamp(f.integer(0))) return f[0];
    auto const at = utc_of_local(f.integer(0), zone_of(f.context.io.style));
    return is_timestamp(at) ? datum(at) : timestamp_range(f);
}
datum timestamp_of_timestamptz(function_frame& f) {
    return is_finite_timestamp(f.integer(0)) ? datum(local_of(f)) : f[0];
}
datum time_of_timestamp(function_frame& f) {
    if (!is_finite_timestamp(f.integer(0))) return sql_null{};
    return time_part(f.integer(0));
}
datum time_of_timestamptz(function_frame& f) {
    if (!is_finite_timestamp(f.integer(0))) return sql_null{};
    return time_part(local_of(f));
}
datum timetz_of_timestamptz(function_frame& f) {
    if (!is_finite_timestamp(f.integer(0))) return sql_null{};
    auto const offset = offset_at(zone_of(f.context.io.style), f.integer(0));
    return timetz_value{time_part(local_of(f)), -offset.seconds_east};
}
datum timetz_of_time(function_frame& f) {
    auto const offset = offset_at(zone_of(f.context.io.style), f.context.io.transaction_time);
    return timetz_value{f.integer(0), -offset.seconds_east};
}
datum time_of_timetz(function_frame& f) { return std::get<timetz_value>(f[0]).microseconds; }
datum interval_of_time(function_frame& f) { return interval_value{f.integer(0), 0, 0}; }
datum time_of_interval(function_frame& f) {
    return time_part(std::get<interval_value>(f[0]).microseconds);
}

// ---- jsonb, bits, network

char const* kind_name(json_value const& value) {
    switch (value.what) {
        case json_value::kind::null:
            return "null";
        case json_value::kind::string:
            return "string";
        case json_value::kind::number:
            return "numeric";
        case json_value::kind::boolean:
            return "boolean";
        case json_value::kind::array:
            return "array or object";
        case json_value::kind::object:
            return "array or object";
    }
    return "";
}
datum cannot_cast(function_frame& f, json_value const& value) {
    auto const name = value.what == json_value::kind::array    ? "array"
                      : value.what == json_value::kind::object ? "object"
                                                               : kind_name(value);
    return f.fail({"22023", std::string("cannot cast jsonb ") + name + " to type " +
                                format_type({f.result.oid, -1}, nullptr)});
}
datum of_jsonb(function_frame& f) {
    auto const parsed = parse_json(f.text(0), f.context.io.limits);
    if (parsed.has_error()) return f.fail(parsed.error());
    if (f.result.oid == oid::boolean)
        return parsed->what == json_value::kind::boolean ? datum(parsed->truth)
                                                         : cannot_cast(f, *parsed);
    if (parsed->what != json_value::kind::number) return cannot_cast(f, *parsed);
    bool overflow = false;
    auto const number = *numeric::parse(parsed->text, overflow);
    int bits = 0;
    switch (f.result.oid) {
        case oid::int2:
            bits = 16;
            break;
        case oid::int4:
            bits = 32;
            break;
        case oid::int8:
            bits = 64;
            break;
        case oid::float8:
            return f.take(input_text({oid::float8, -1}, parsed->text, f.context.io));
        case oid::float4:
            return f.take(input_text({oid::float4, -1}, parsed->text, f.context.io));
        default:
            return number.encode();
    }
    auto const integer = number.to_int64();
    auto const most = bits == 64 ? 0 : (std::int64_t{1} << (bits - 1)) - 1;
    if (!integer || (bits != 64 && (*integer > most || *integer < -most - 1)))
        return f.fail({"22003", format_type({f.result.oid, -1}, nullptr) + " out of range"});
    return *integer;
}

template <int Bits>
datum bits_of_integer(function_frame& f) {
    auto const wanted = f.size() > 1 && f.integer(1) > 0 ? static_cast<int>(f.integer(1)) : 1;
    std::string digits;
    for (int i = wanted - 1; i >= 0; --i) {
        auto const place = std::min(i, Bits - 1);
        digits.push_back(((f.integer(0) >> place) & 1) != 0 ? '1' : '0');
    }
    return make_bits(digits);
}
template <int Bits>
datum integer_of_bits(function_frame& f) {
    auto const digits = bits_text(f.text(0));
    if (digits.size() > Bits)
        return f.fail({"22003", Bits == 32 ? "integer out of range" : "bigint out of range"});
    std::uint64_t value = 0;
    for (char const c : digits) value = value * 2 + (c == '1' ? 1 : 0);
    if constexpr (Bits == 32) return std::int64_t{static_cast<std::int32_t>(value)};
    return static_cast<std::int64_t>(value);
}
datum through_text(function_frame& f) {
    std::string text;
    output_text(f.types[0].oid, f[0], f.context.io, text);
    return f.take(input_text({f.result.oid, -1}, text, f.context.io));
}

}  // namespace

void register_casts(function_registry& to) {
    to.scalars({
        {"varchar", with_length},
        {"bpchar", with_length},
        {"bit", with_length},
        {"varbit", with_length},
        {"timestamp_scale", with_length},
        {"timestamptz_scale", with_length},
        {"time_scale", with_length},
        {"timetz_scale", with_length},
        {"interval_scale", with_length},
        {"text_name", name_of_text},
        {"name_text", same},
        {"bpchar_name", name_of_bpchar},
        {"name_bpchar", same},
        {"rtrim1", text_of_bpchar},
        {"text_char", char_of_text},
        {"char_text", same},
        {"char_bpchar", same},
        {"i4tochar", char_of_int},
        {"chartoi4", int_of_char},
        {"booltext", text_of_bool},
        {"date_timestamp", timestamp_of_date},
        {"date_timestamptz", timestamptz_of_date},
        {"timestamp_date", date_of_timestamp},
        {"timestamptz_date", date_of_timestamptz},
        {"timestamp_timestamptz", timestamptz_of_timestamp},
        {"timestamptz_timestamp", timestamp_of_timestamptz},
        {"timestamp_time", time_of_timestamp},
        {"timestamptz_time", time_of_timestamptz},
        {"timestamptz_timetz", timetz_of_timestamptz},
        {"time_timetz", timetz_of_time},
        {"timetz_time", time_of_timetz},
        {"time_interval", interval_of_time},
        {"interval_time", time_of_interval},
        {"jsonb_bool", of_jsonb},
        {"jsonb_numeric", of_jsonb},
        {"jsonb_int2", of_jsonb},
        {"jsonb_int4", of_jsonb},
        {"jsonb_int8", of_jsonb},
        {"jsonb_float4", of_jsonb},
        {"jsonb_float8", of_jsonb},
        {"bitfromint4", bits_of_integer<32>},
        {"bitfromint8", bits_of_integer<64>},
        {"bittoint4", integer_of_bits<32>},
        {"bittoint8", integer_of_bits<64>},
        {"text_regclass", through_text},
    });
}

}  // namespace sluice::sql
