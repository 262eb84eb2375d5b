#include "gateway/config/setting_value.hpp"

#include <chrono>

#include "gateway/core/units.hpp"

namespace sluice::gateway {
namespace {

failure expected(std::string_view what, std::string_view text) {
    return {error::invalid_argument,
            "expected " + std::string(what) + ", got '" + std::string(text) + "'"};
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
            auto const value = parse_count(text);
            if (value.has_error() || *value > 65535) return expected("a port (0 to 65535)", text);
            return *value;
        }
        case setting_kind::count: return parse_count(text);
        case setting_kind::size: return parse_bytes(text);
        case setting_kind::duration: {
            SLUICE_TRY(auto const length, parse_duration(text));
            auto const whole = std::chrono::floor<std::chrono::milliseconds>(length);
            if (whole != length) return expected("whole milliseconds", text);
            return static_cast<std::uint64_t>(whole.count());
        }
        case setting_kind::boolean:
            if (text == "true" || text == "1") return std::uint64_t{1};
            if (text == "false" || text == "0") return std::uint64_t{0};
            return expected("true or false", text);
    }
    return expected("a number", text);
}

std::string render_number(setting_kind kind, std::uint64_t value) {
    switch (kind) {
        case setting_kind::size: return format_bytes(value);
        case setting_kind::duration: return format_duration(std::chrono::milliseconds(value));
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
