#include <charconv>

#include "protocols/sql/types/datetime.hpp"
#include "protocols/sql/types/network_text.hpp"
#include "protocols/sql/types/numeric.hpp"
#include "protocols/sql/types/scalar_text.hpp"
#include "protocols/sql/types/type_io.hpp"
#include "protocols/sql/types/type_oids.hpp"

namespace sluice::sql {
namespace {

constexpr std::int32_t header = 4;  // what PostgreSQL adds to length modifiers
constexpr int max_precision = 1000, max_length = 10485760;

struct numeric_modifier {
    int precision = 0, scale = 0;
};
numeric_modifier split_numeric(std::int32_t modifier) {
    auto const packed = modifier - header;
    return {(packed >> 16) & 0xFFFF, ((packed & 0x7FF) ^ 1024) - 1024};
}

sql_result<datum> fit_numeric(std::string const& stored, std::int32_t modifier) {
    auto const [precision, scale] = split_numeric(modifier);
    auto const value = numeric::decode(stored);
    if (value.is_nan()) return datum(stored);
    auto const overflow = [&](std::string what) {
        return sql_error("22003", "numeric field overflow")
            .with_detail("A field with precision " + std::to_string(precision) + ", scale " +
                         std::to_string(scale) + " " + what);
    };
    if (value.is_infinite()) return overflow("cannot hold an infinite value.");
    auto const rounded = value.rounded(scale);
    int const most = precision - scale;
    if (!rounded.is_zero() && rounded.leading_exponent() + 1 > most)
        return overflow("must round to an absolute value less than " +
                        (most == 0 ? std::string("1") : "10^" + std::to_string(most)) + ".");
    return datum(rounded.encode());
}

sql_result<datum> fit_bits(sql_type type, std::string const& bits, bool is_explicit) {
    auto digits = bits_text(bits);
    auto const limit = static_cast<std::size_t>(type.modifier);
    if (type.oid == oid::varbit) {
        if (digits.size() <= limit) return datum(bits);
        if (!is_explicit)
            return sql_error("22001", "bit string too long for type bit varying(" +
                                          std::to_string(type.modifier) + ")");
    } else if (digits.size() != limit && !is_explicit) {
        return sql_error("22026", "bit string length " + std::to_string(digits.size()) +
                                      " does not match type bit(" + std::to_string(type.modifier) +
                                      ")");
    }
    digits.resize(limit, '0');
    return datum(make_bits(digits));
}

sql_result<datum> as_datum(sql_result<std::string> text) {
    if (text.has_error()) return std::move(text).error();
    return datum(std::move(*text));
}

}  // namespace

sql_result<datum> apply_modifier(sql_type type, datum value, bool is_explicit,
                                 io_context const& context) {
    if (type.modifier < 0 || is_null(value)) return value;
    if (auto const* array = std::get_if<std::shared_ptr<array_value const>>(&value)) {
        auto fitted = std::make_shared<array_value>(**array);
        for (auto& each : fitted->elements) {
            SLUICE_TRY(each, apply_modifier({(*array)->element, type.modifier}, std::move(each),
                                            is_explicit, context));
        }
        return datum(std::shared_ptr<array_value const>(std::move(fitted)));
    }
    auto* text = std::get_if<std::string>(&value);
    auto* integer = std::get_if<std::int64_t>(&value);
    switch (type.oid) {
        case oid::varchar:
            return as_datum(fit_varchar(std::move(*text), type.modifier - header, is_explicit));
        case oid::bpchar:
            return as_datum(fit_bpchar(std::move(*text), type.modifier - header, is_explicit));
        case oid::numeric:
            return fit_numeric(*text, type.modifier);
        case oid::bit:
        case oid::varbit:
            return fit_bits(type, *text, is_explicit);
        case oid::time:
            return datum(round_to_precision(*integer, std::min(type.modifier, 6)));
        case oid::timestamp:
        case oid::timestamptz: {
            if (!is_finite_timestamp(*integer)) return value;
            auto const rounded = round_to_precision(*integer, std::min(type.modifier, 6));
            if (!is_timestamp(rounded)) return sql_error("22008", "timestamp out of range");
            return datum(rounded);
        }
        case oid::timetz: {
            auto time = std::get<timetz_value>(value);
            time.microseconds = round_to_precision(time.microseconds, std::min(type.modifier, 6));
            return datum(time);
        }
        case oid::interval:
            return datum(apply_interval_modifier(std::get<interval_value>(value), type.modifier));
        default:
            return value;
    }
}

namespace {

sql_error bad_modifier(std::string text) { return {"22023", std::move(text)}; }

sql_result<std::int32_t> numeric_from_text(std::vector<int> const& parts) {
    if (parts.size() > 2) return bad_modifier("invalid NUMERIC type modifier");
    int const precision = parts[0], scale = parts.size() == 2 ? parts[1] : 0;
    if (precision < 1 || precision > max_precision)
        return bad_modifier("NUMERIC precision " + std::to_string(precision) +
                            " must be between 1 and " + std::to_string(max_precision));
    if (scale < -1000 || scale > 1000)
        return bad_modifier("NUMERIC scale " + std::to_string(scale) +
                            " must be between -1000 and 1000");
    return ((precision << 16) | (scale & 0x7FF)) + header;
}

sql_result<std::int32_t> length_from_text(std::vector<int> const& parts, std::string const& name,
                                          std::int32_t added, int most) {
    if (parts.size() != 1) return bad_modifier("invalid type modifier");
    if (parts[0] < 1) return bad_modifier("length for type " + name + " must be at least 1");
    if (parts[0] > most)
        return bad_modifier("length for type " + name + " cannot exceed " + std::to_string(most));
    return parts[0] + added;
}

std::string precision_name(type_oid type) {
    switch (type) {
        case oid::time:
            return "TIME";
        case oid::timetz:
            return "TIME WITH TIME ZONE";
        case oid::timestamp:
            return "TIMESTAMP";
        case oid::timestamptz:
            return "TIMESTAMP WITH TIME ZONE";
        default:
            return "INTERVAL";
    }
}

}  // namespace

sql_result<std::int32_t> modifier_from_text(type_oid type, std::vector<std::string> const& texts) {
    std::vector<int> parts;
    for (auto const& text : texts) {
        SLUICE_TRY(auto const value, parse_integer(text, 32));
        parts.push_back(static_cast<int>(value));
    }
    if (parts.empty()) return bad_modifier("invalid type modifier");
    if (auto const element = builtin_element_of(type); element != type_oid{})
        return modifier_from_text(element, texts);
    switch (type) {
        case oid::numeric:
            return numeric_from_text(parts);
        case oid::varchar:
            return length_from_text(parts, "varchar", header, max_length);
        case oid::bpchar:
            return length_from_text(parts, "char", header, max_length);
        case oid::bit:
            return length_from_text(parts, "bit", 0, 83886080);
        case oid::varbit:
            return length_from_text(parts, "varbit", 0, 83886080);
        case oid::time:
        case oid::timetz:
        case oid::timestamp:
        case oid::timestamptz:
            if (parts.size() != 1) return bad_modifier("invalid type modifier");
            if (parts[0] < 0)
                return bad_modifier(
                    precision_name(type).substr(0, precision_name(type).find(' ')) + "(" +
                    std::to_string(parts[0]) + ")" +
                    (type == oid::timetz || type == oid::timestamptz ? " WITH TIME ZONE" : "") +
                    " precision must not be negative");
            return std::min(parts[0], 6);
        case oid::interval: {
            // The grammar gives the field mask, then the precision.
            auto const fields = parts[0];
            if (parts.size() > 2) return bad_modifier("invalid INTERVAL type modifier");
            auto const precision = parts.size() == 2 ? parts[1] : 0xFFFF;
            if (precision < 0)
                return bad_modifier("INTERVAL(" + std::to_string(precision) +
                                    ") precision must not be negative");
            if (parts.size() == 1 && fields == 0x7FFF) return -1;
            return (fields << 16) | (precision == 0xFFFF ? precision : std::min(precision, 6));
        }
        default:
            break;
    }
    return sql_error(
        "42601", "type modifier is not allowed for type \"" +
                     std::string(find_builtin_type(type) != nullptr ? find_builtin_type(type)->name
                                                                    : std::string_view("???")) +
                     "\"");
}

std::string modifier_to_text(type_oid type, std::int32_t modifier) {
    if (modifier < 0) return {};
    switch (type) {
        case oid::varchar:
        case oid::bpchar:
            return modifier > header ? "(" + std::to_string(modifier - header) + ")" : "";
        case oid::bit:
        case oid::varbit:
        case oid::time:
        case oid::timetz:
        case oid::timestamp:
        case oid::timestamptz:
            return "(" + std::to_string(modifier) + ")";
        case oid::numeric: {
            auto const [precision, scale] = split_numeric(modifier);
            return "(" + std::to_string(precision) + "," + std::to_string(scale) + ")";
        }
        case oid::interval: {
            constexpr int year = 4, month = 2, day = 8, hour = 1024, minute = 2048, second = 4096;
            struct name {
                int fields;
                char const* text;
            };
            constexpr name names[] = {{year, " year"},
                                      {month, " month"},
                                      {day, " day"},
                                      {hour, " hour"},
                                      {minute, " minute"},
                                      {second, " second"},
                                      {year | month, " year to month"},
                                      {day | hour, " day to hour"},
                                      {day | hour | minute, " day to minute"},
                                      {day | hour | minute | second, " day to second"},
                                      {hour | minute, " hour to minute"},
                                      {hour | minute | second, " hour to second"},
                                      {minute | second, " minute to second"}};
            std::string out;
            for (auto const& each : names)
                if (each.fields == ((modifier >> 16) & 0x7FFF)) out = each.text;
            int const precision = modifier & 0xFFFF;
            if (precision != 0xFFFF) out += "(" + std::to_string(precision) + ")";
            return out;
        }
        default:
            return {};
    }
}

}  // namespace sluice::sql
