#include "gateway/core/encoding.hpp"

#include <array>
#include <cstdint>

namespace sluice {
namespace {

constexpr std::string_view hex_digits = "0123456789abcdef";
constexpr std::string_view base64_digits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

constexpr std::array<std::int8_t, 256> values_of(std::string_view digits) {
    std::array<std::int8_t, 256> values{};
    values.fill(-1);
    for (std::size_t i = 0; i < digits.size(); ++i)
        values[static_cast<unsigned char>(digits[i])] = static_cast<std::int8_t>(i);
    return values;
}

constexpr auto base64_values = values_of(base64_digits);

constexpr std::array<std::int8_t, 256> make_hex_values() {
    auto values = values_of(hex_digits);
    for (int i = 0; i < 6; ++i) values[static_cast<unsigned char>('A' + i)] = static_cast<std::int8_t>(10 + i);
    return values;
}

constexpr auto hex_values = make_hex_values();

constexpr int value_at(std::array<std::int8_t, 256> const& values, char digit) {
    return values[static_cast<unsigned char>(digit)];
}

}  // namespace

std::string hex_encode(const_byte_span bytes) {
    std::string text;
    text.reserve(bytes.size() * 2);
    for (auto byte : bytes) {
        text.push_back(hex_digits[std::to_integer<unsigned>(byte) >> 4]);
        text.push_back(hex_digits[std::to_integer<unsigned>(byte) & 15]);
    }
    return text;
}

result<std::string> hex_decode(std::string_view text) {
    if (text.size() % 2 != 0) return failure{error::malformed, "hex: odd number of digits"};
    std::string bytes;
    bytes.reserve(text.size() / 2);
    for (std::size_t i = 0; i < text.size(); i += 2) {
        auto const high = value_at(hex_values, text[i]);
        auto const low = value_at(hex_values, text[i + 1]);
        if (high < 0 || low < 0) return failure{error::malformed, "hex: not a digit"};
        bytes.push_back(static_cast<char>(high << 4 | low));
    }
    return bytes;
}

std::string base64_encode(const_byte_span bytes) {
    std::string text;
    text.reserve((bytes.size() + 2) / 3 * 4);
    while (!bytes.empty()) {
        auto const taken = std::min<std::size_t>(bytes.size(), 3);
        std::uint32_t group = 0;
        for (std::size_t i = 0; i < 3; ++i)
            group = group << 8 | (i < taken ? std::to_integer<std::uint32_t>(bytes[i]) : 0);
        for (std::size_t i = 0; i < 4; ++i)
            text.push_back(i <= taken ? base64_digits[group >> (18 - 6 * i) & 63] : '=');
        bytes = bytes.subspan(taken);
    }
    return text;
}

result<std::string> base64_decode(std::string_view text) {
    if (text.size() % 4 != 0) return failure{error::malformed, "base64: length is no multiple of 4"};
    std::size_t padding = 0;
    if (text.ends_with("==")) padding = 2;
    else if (text.ends_with('=')) padding = 1;
    std::string bytes;
    bytes.reserve(text.size() / 4 * 3);
    for (std::size_t i = 0; i < text.size(); i += 4) {
        auto const digits = i + 4 == text.size() ? 4 - padding : 4;
        std::uint32_t group = 0;
        for (std::size_t j = 0; j < 4; ++j) {
            auto const value = j < digits ? value_at(base64_values, text[i + j]) : 0;
            if (value < 0) return failure{error::malformed, "base64: not a digit"};
            group = group << 6 | static_cast<std::uint32_t>(value);
        }
        auto const spare_bits = group & ((1u << (8 * (4 - digits))) - 1);
        if (spare_bits != 0) return failure{error::malformed, "base64: spare bits are set"};
        for (std::size_t j = 0; j + 1 < digits; ++j)
            bytes.push_back(static_cast<char>(group >> (16 - 8 * j) & 0xff));
    }
    return bytes;
}

result<std::string> base64url_decode(std::string_view text) {
    std::string other(text);
    for (auto& c : other) {
        if (c == '+' || c == '/' || c == '=') return failure{error::malformed, "base64: not a digit"};
        if (c == '-') c = '+';
        if (c == '_') c = '/';
    }
    other.append((4 - other.size() % 4) % 4, '=');
    if (other.ends_with("===")) return failure{error::malformed, "base64: a digit too many"};
    return base64_decode(other);
}

}  // namespace sluice
