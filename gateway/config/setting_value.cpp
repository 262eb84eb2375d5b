#include "gateway/config/setting_value.hpp"

#include <array>
#include <charconv>
#include <limits>

namespace sluice::gateway {
namespace {

struct unit {
    std::string_view name;
    std::uint64_t factor;
};

// Largest first: rendering takes the first that divides.
constexpr std::array size_units{
    unit{"TiB", std::uint64_t{1} << 40}, unit{"GiB", std::uint64_t{1} << 30},
    unit{"MiB", std::uint64_t{1} << 20}, unit{"KiB", std::uint64_t{1} << 10}};
constexpr std::array duration_units{unit{"h", 3'600'000}, unit{"m", 60'000}, unit{"s", 1'000},
                                    unit{"ms", 1}};

failure expected(std::string_view what, std::string_view text) {
    return {error::invalid_argument,
            "expected " + std::string(what) + ", got '" + std::string(text) + "'"};
}

template <std::size_t count>
result<std::uint64_t> parse_with_units(std::string_view text, std::array<unit, count> const& units,
                                       bool unit_required, std::string_view what) {
    std::uint64_t number = 0;
    auto const* end = text.data() + text.size();
    auto const [rest, status] = std::from_chars(text.data(), end, number);
    if (status != std::errc{}) return expected(what, text);
    std::string_view const suffix(rest, static_cast<std::size_t>(end - rest));
    if (suffix.empty() && (!unit_required || number == 0)) return number;
    for (auto const& candidate : units) {
        if (candidate.name != suffix) continue;
        if (number > std::numeric_limits<std::uint64_t>::max() / candidate.factor)
            return expected(what, text);
        return number * candidate.factor;
    }
    return expected(what, text);
}

template <std::size_t count>
std::string render_with_units(std::uint64_t value, std::array<unit, count> const& units) {
    if (value == 0) return "0";
    for (auto const& candidate : units)
        if (value % candidate.factor == 0)
            return std::to_string(value / candidate.factor) + std::string(candidate.name);
    return std::to_string(value);
}

}  // namespace

std::string_view name_of(setting_kind kind) noexcept {
    switch (kind) {
        case setting_kind::text: return "text";
        case setting_kind::secret: return "secret";
        case setting_kind::port: return "port";
        case setting_kind::count: return "count";
        case setting_kind::size: return "size";
        case setting_kind::duration: return "duration";
        case setting_kind::boolean: return "boolean";
    }
    return "text";
}

result<std::uint64_t> parse_number(setting_kind kind, std::string_view text) {
    switch (kind) {
        case setting_kind::text:
        case setting_kind::secret: return expected("a number", text);
        case setting_kind::port: {
            SLUICE_TRY(auto value, parse_with_units(text, std::array<unit, 0>{}, false, "a port"));
            if (value > 65535) return expected("a port (0 to 65535)", text);
            return value;
        }
        case setting_kind::count:
            return parse_with_units(text, std::array<unit, 0>{}, false, "a whole number");
        case setting_kind::size:
            return parse_with_units(text, size_units, false, "a size such as 4096, 64KiB or 1GiB");
        case setting_kind::duration:
            return parse_with_units(text, duration_units, true, "a duration such as 500ms or 10s");
        case setting_kind::boolean:
            if (text == "true" || text == "1") return std::uint64_t{1};
            if (text == "false" || text == "0") return std::uint64_t{0};
            return expected("true or false", text);
    }
    return expected("a number", text);
}

std::string render_number(setting_kind kind, std::uint64_t value) {
    switch (kind) {
        case setting_kind::size: return render_with_units(value, size_units);
        case setting_kind::duration: return render_with_units(value, duration_units);
        case setting_kind::boolean: return value ? "true" : "false";
        case setting_kind::text:
        case setting_kind::secret:
        case setting_kind::port:
        case setting_kind::count: return std::to_string(value);
    }
    return std::to_string(value);
}

std::string toml_literal(setting_kind kind, std::string_view text) {
    if (kind == setting_kind::port || kind == setting_kind::count || kind == setting_kind::boolean)
        return std::string(text);
    std::string out = "\"";
    for (char const c : text) {
        if (c == '"' || c == '\\') {
            out += '\\';
            out += c;
        } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
            constexpr std::string_view digits = "0123456789abcdef";
            out += "\\u00";
            out += digits[static_cast<unsigned char>(c) >> 4];
            out += digits[static_cast<unsigned char>(c) & 15];
        } else {
            out += c;
        }
    }
    return out + '"';
}

}  // namespace sluice::gateway
