#include "auth/authn/uri_encoding.hpp"

namespace sluice::auth {
namespace {

bool is_unreserved(char c) noexcept {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_' || c == '~';
}

int hex_value(char c) noexcept {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

std::optional<std::string> decode(std::string_view raw, bool plus_is_space) {
    std::string out;
    out.reserve(raw.size());
    for (std::size_t i = 0; i < raw.size(); ++i) {
        if (raw[i] == '+' && plus_is_space) {
            out += ' ';
        } else if (raw[i] != '%') {
            out += raw[i];
        } else {
            if (raw.size() - i < 3) return std::nullopt;
            int high = hex_value(raw[i + 1]), low = hex_value(raw[i + 2]);
            if (high < 0 || low < 0) return std::nullopt;
            out += static_cast<char>(high * 16 + low);
            i += 2;
        }
    }
    return out;
}

}  // namespace

std::string uri_encode(std::string_view bytes, bool keep_slash) {
    constexpr char digits[] = "0123456789ABCDEF";
    std::string out;
    out.reserve(bytes.size() + 16);
    for (char c : bytes) {
        if (is_unreserved(c) || (c == '/' && keep_slash)) {
            out += c;
            continue;
        }
        auto value = static_cast<unsigned char>(c);
        out += '%';
        out += digits[value >> 4];
        out += digits[value & 15];
    }
    return out;
}

std::optional<std::string> decode_path(std::string_view raw) { return decode(raw, false); }
std::optional<std::string> decode_query_text(std::string_view raw) { return decode(raw, true); }

std::optional<query_parameters> parse_query(std::string_view raw, std::size_t most) {
    query_parameters out;
    while (!raw.empty()) {
        auto end = raw.find('&');
        auto piece = raw.substr(0, end);
        raw.remove_prefix(end == std::string_view::npos ? raw.size() : end + 1);
        if (piece.empty()) continue;
        if (out.size() == most) return std::nullopt;
        auto equals = piece.find('=');
        auto name = decode_query_text(piece.substr(0, equals));
        auto value =
            decode_query_text(equals == std::string_view::npos ? "" : piece.substr(equals + 1));
        if (!name || !value) return std::nullopt;
        out.emplace_back(std::move(*name), std::move(*value));
    }
    return out;
}

}  // namespace sluice::auth
