#include "protocols/sql/types/scalar_text.hpp"

#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <limits>

#include "protocols/sql/types/text_tools.hpp"

namespace sluice::sql {

sql_error invalid_text(std::string_view type, std::string_view text) {
    return {"22P02", "invalid input syntax for type " + std::string(type) + ": \"" +
                         std::string(text) + "\""};
}

sql_result<bool> parse_bool(std::string_view text) {
    auto const word = ascii_lower(trimmed(text));
    auto const begins = [&](std::string_view whole, std::size_t least) {
        return word.size() >= least && word.size() <= whole.size() &&
               whole.substr(0, word.size()) == word;
    };
    if (begins("true", 1) || begins("yes", 1) || word == "on" || word == "1") return true;
    if (begins("false", 1) || begins("no", 1) || begins("off", 2) || word == "0") return false;
    return invalid_text("boolean", text);
}

namespace {
std::string_view integer_name(int bits) {
    return bits == 16 ? "smallint" : bits == 32 ? "integer" : "bigint";
}
sql_error out_of_range(std::string_view text, std::string_view type) {
    return {"22003",
            "value \"" + std::string(text) + "\" is out of range for type " + std::string(type)};
}
}  // namespace

sql_result<std::int64_t> parse_integer(std::string_view text, int bits) {
    auto digits = trimmed(text);
    bool const plus = !digits.empty() && digits[0] == '+';
    if (plus) digits.remove_prefix(1);
    std::int64_t value = 0;
    auto const read = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (read.ec == std::errc::invalid_argument || read.ptr != digits.data() + digits.size() ||
        (plus && digits[0] == '-'))
        return invalid_text(integer_name(bits), text);
    auto const most =
        bits == 64 ? std::numeric_limits<std::int64_t>::max() : (std::int64_t{1} << (bits - 1)) - 1;
    if (read.ec != std::errc() || value > most || value < -most - 1)
        return out_of_range(text, integer_name(bits));
    return value;
}

sql_result<std::int64_t> parse_oid(std::string_view text, std::string_view type) {
    auto const digits = trimmed(text);
    std::int64_t value = 0;
    auto body = digits;
    if (!body.empty() && body[0] == '+') body.remove_prefix(1);
    auto const read = std::from_chars(body.data(), body.data() + body.size(), value);
    if (read.ec == std::errc::invalid_argument || read.ptr != body.data() + body.size())
        return invalid_text(type, text);
    if (read.ec != std::errc() || value > 4294967295LL || value < -2147483648LL)
        return out_of_range(text, type);
    return value & 0xFFFFFFFFLL;
}

namespace {

sql_error float_range(std::string_view text, std::string_view type) {
    return {"22003", "\"" + std::string(text) + "\" is out of range for type " + std::string(type)};
}

template <class Float, Float (*Read)(char const*, char**)>
sql_result<double> parse_float(std::string_view text, std::string_view type) {
    std::string const copy(trimmed(text));
    if (copy.empty() || copy.find('\0') != std::string::npos) return invalid_text(type, text);
    // strtod also takes nan(...), which is not a number here.
    if (copy.find('(') != std::string::npos) return invalid_text(type, text);
    char* end = nullptr;
    errno = 0;
    auto const value = Read(copy.c_str(), &end);
    if (end != copy.c_str() + copy.size()) return invalid_text(type, text);
    if (errno == ERANGE &&
        (value == 0 || std::isinf(value) || std::fabs(value) < std::numeric_limits<Float>::min()) &&
        (value == 0 || std::isinf(value)))
        return float_range(copy, type);
    return static_cast<double>(value);
}

// Is the decimal exactly half-way to the next float? Reading takes it to the even one; PostgreSQL's
// shortest form only takes decimals strictly inside a float's interval.
bool is_midpoint(char const* begin, char const* end, double value) {
    auto const decimal = std::strtold(std::string(begin, end).c_str(), nullptr);
    for (double const next : {std::nextafter(value, HUGE_VAL), std::nextafter(value, -HUGE_VAL)})
        if (decimal == (static_cast<long double>(value) + next) / 2) return true;
    return false;
}
bool is_midpoint(char const* begin, char const* end, float value) {
    auto const decimal = std::strtold(std::string(begin, end).c_str(), nullptr);
    for (float const next : {std::nextafterf(value, HUGE_VALF), std::nextafterf(value, -HUGE_VALF)})
        if (decimal == (static_cast<long double>(value) + next) / 2) return true;
    return false;
}

template <class Float>
char* shortest(Float value, char* text, char* limit) {
    auto* end = std::to_chars(text, limit, value, std::chars_format::scientific).ptr;
    if (value == 0 || !is_midpoint(text, end, value)) return end;
    for (int digits = 1; digits < 17; ++digits) {
        end = std::to_chars(text, limit, value, std::chars_format::scientific, digits).ptr;
        Float read = 0;
        std::from_chars(text, end, read);
        if (read == value && !is_midpoint(text, end, value)) break;
    }
    return end;
}

template <class Float>
void print_float(Float value, int extra_digits, int digits10, std::string& out) {
    if (std::isnan(value)) {
        out += "NaN";
        return;
    }
    if (std::isinf(value)) {
        out += value < 0 ? "-Infinity" : "Infinity";
        return;
    }
    char text[64];
    if (extra_digits <= 0) {
        auto const end = std::to_chars(text, text + sizeof text, value, std::chars_format::general,
                                       std::max(1, digits10 + extra_digits))
                             .ptr;
        out.append(text, static_cast<std::size_t>(end - text));
        return;
    }
    auto const end = shortest(value, text, text + sizeof text);
    std::string_view const all(text, static_cast<std::size_t>(end - text));
    auto const at = all.find('e');
    int exponent = 0;
    auto const power = all.substr(at + (all[at + 1] == '+' ? 2 : 1));
    std::from_chars(power.data(), power.data() + power.size(), exponent);
    if (exponent < -4 || exponent >= digits10) {
        out += all;
        return;
    }
    auto const fixed = std::to_chars(text, text + sizeof text, value, std::chars_format::fixed).ptr;
    out.append(text, static_cast<std::size_t>(fixed - text));
}

}  // namespace

sql_result<double> parse_float8(std::string_view text, std::string_view type) {
    return parse_float<double, std::strtod>(text, type);
}
sql_result<double> parse_float4(std::string_view text) {
    return parse_float<float, std::strtof>(text, "real");
}

void print_float8(double value, int extra_digits, std::string& out) {
    print_float(value, extra_digits, 15, out);
}
void print_float4(double value, int extra_digits, std::string& out) {
    print_float(static_cast<float>(value), extra_digits, 6, out);
}

// ---- bytea, uuid

namespace {
int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}
bool is_octal(char c, char most) { return c >= '0' && c <= most; }

sql_result<std::string> parse_hex(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == ' ' || text[i] == '\n' || text[i] == '\t' || text[i] == '\r') continue;
        int const high = hex_digit(text[i]);
        auto const bad = [](std::string_view at) {
            return sql_error(
                "22023",
                "invalid hexadecimal digit: \"" +
                    std::string(at.substr(0, character_bytes(static_cast<unsigned char>(at[0])))) +
                    "\"");
        };
        if (high < 0) return bad(text.substr(i));
        if (++i == text.size())
            return sql_error("22023", "invalid hexadecimal data: odd number of digits");
        int const low = hex_digit(text[i]);
        if (low < 0) return bad(text.substr(i));
        out.push_back(static_cast<char>(high * 16 + low));
    }
    return out;
}
}  // namespace

sql_result<std::string> parse_bytea(std::string_view text) {
    if (text.size() >= 2 && text[0] == '\\' && text[1] == 'x') return parse_hex(text.substr(2));
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '\\') {
            out.push_back(text[i]);
        } else if (i + 3 < text.size() && is_octal(text[i + 1], '3') &&
                   is_octal(text[i + 2], '7') && is_octal(text[i + 3], '7')) {
            out.push_back(static_cast<char>((text[i + 1] - '0') * 64 + (text[i + 2] - '0') * 8 +
                                            (text[i + 3] - '0')));
            i += 3;
        } else if (i + 1 < text.size() && text[i + 1] == '\\') {
            out.push_back('\\');
            ++i;
        } else {
            return sql_error("22P02", "invalid input syntax for type bytea");
        }
    }
    return out;
}

void print_bytea(std::string_view bytes, bool hex, std::string& out) {
    if (hex) {
        out += "\\x";
        out += hex_of(bytes);
        return;
    }
    for (unsigned char const byte : bytes) {
        if (byte == '\\') {
            out += "\\\\";
        } else if (byte < 0x20 || byte > 0x7E) {
            out.push_back('\\');
            out.push_back(static_cast<char>('0' + (byte >> 6)));
            out.push_back(static_cast<char>('0' + ((byte >> 3) & 7)));
            out.push_back(static_cast<char>('0' + (byte & 7)));
        } else {
            out.push_back(static_cast<char>(byte));
        }
    }
}

sql_result<std::string> parse_uuid(std::string_view text) {
    auto rest = text;
    bool const braces = !rest.empty() && rest[0] == '{';
    if (braces) rest.remove_prefix(1);
    std::string bytes;
    for (int i = 0; i < 16; ++i) {
        if (rest.size() < 2 || hex_digit(rest[0]) < 0 || hex_digit(rest[1]) < 0)
            return invalid_text("uuid", text);
        bytes.push_back(static_cast<char>(hex_digit(rest[0]) * 16 + hex_digit(rest[1])));
        rest.remove_prefix(2);
        if (!rest.empty() && rest[0] == '-' && i % 2 == 1 && i < 15) rest.remove_prefix(1);
    }
    if (braces) {
        if (rest != "}") return invalid_text("uuid", text);
        rest.remove_prefix(1);
    }
    if (!rest.empty()) return invalid_text("uuid", text);
    return bytes;
}

void print_uuid(std::string_view bytes, std::string& out) {
    auto const hex = hex_of(bytes);
    for (std::size_t i = 0; i < hex.size(); ++i) {
        if (i == 8 || i == 12 || i == 16 || i == 20) out.push_back('-');
        out.push_back(hex[i]);
    }
}

// ---- lengths

namespace {
sql_error too_long(std::string_view type, std::int32_t limit) {
    return {"22001",
            "value too long for type " + std::string(type) + "(" + std::to_string(limit) + ")"};
}
bool is_blank(std::string_view text) {
    return text.find_first_not_of(' ') == std::string_view::npos;
}
}  // namespace

sql_result<std::string> fit_varchar(std::string text, std::int32_t limit, bool is_explicit) {
    if (text.size() <= static_cast<std::size_t>(limit)) return text;
    auto const end = character_offset(text, static_cast<std::size_t>(limit));
    if (end == text.size()) return text;
    if (!is_explicit && !is_blank(std::string_view(text).substr(end)))
        return too_long("character varying", limit);
    text.resize(end);
    return text;
}

sql_result<std::string> fit_bpchar(std::string text, std::int32_t limit, bool is_explicit) {
    auto const wanted = static_cast<std::size_t>(limit);
    auto const count = character_count(text);
    if (count < wanted) {
        text.append(wanted - count, ' ');
        return text;
    }
    auto const end = character_offset(text, wanted);
    if (!is_explicit && !is_blank(std::string_view(text).substr(end)))
        return too_long("character", limit);
    text.resize(end);
    return text;
}

std::string fit_name(std::string_view text) {
    constexpr std::size_t most = 63;
    if (text.size() <= most) return std::string(text);
    auto end = most;
    while (end > 0 && (text[end] & 0xC0) == 0x80) --end;
    return std::string(text.substr(0, end));
}

sql_result<void> check_utf8(std::string_view text) {
    auto const at = find_invalid_utf8(text);
    if (at == std::string_view::npos) return {};
    auto const length = character_bytes(static_cast<unsigned char>(text[at]));
    std::string bytes;
    for (auto i = at; i < std::min(at + length, text.size()); ++i) {
        if (i != at) bytes += ' ';
        bytes += "0x" + hex_of(text.substr(i, 1));
    }
    return sql_error("22021", "invalid byte sequence for encoding \"UTF8\": " + bytes);
}

}  // namespace sluice::sql
