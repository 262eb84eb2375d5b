#include "protocols/sql/types/text_tools.hpp"

#include <algorithm>
#include <clocale>
#include <cwctype>
#include <iterator>

#include "gateway/core/assert.hpp"

namespace sluice::sql {
namespace {

constexpr std::string_view reserved_words[] = {
#include "protocols/sql/types/reserved_words.inc"
};

locale_t utf8_locale() {
    static locale_t const locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
    SLUICE_ASSERT(locale != nullptr);
    return locale;
}

}  // namespace

std::size_t character_count(std::string_view text) noexcept {
    return static_cast<std::size_t>(
        std::count_if(text.begin(), text.end(), [](char byte) { return (byte & 0xC0) != 0x80; }));
}

std::size_t character_offset(std::string_view text, std::size_t n) noexcept {
    std::size_t at = 0;
    while (n > 0 && at < text.size()) {
        at += character_bytes(static_cast<unsigned char>(text[at]));
        --n;
    }
    return std::min(at, text.size());
}

std::size_t find_invalid_utf8(std::string_view text) noexcept {
    for (std::size_t at = 0; at < text.size();) {
        auto const first = static_cast<unsigned char>(text[at]);
        if (first != 0 && first < 0x80) {
            ++at;
            continue;
        }
        auto const length = character_bytes(first);
        if (length == 1 || at + length > text.size()) return at;
        for (std::size_t i = 1; i < length; ++i)
            if ((static_cast<unsigned char>(text[at + i]) & 0xC0) != 0x80) return at;
        auto const second = static_cast<unsigned char>(text[at + 1]);
        if (first < 0xC2 || first > 0xF4 || (first == 0xE0 && second < 0xA0) ||
            (first == 0xED && second > 0x9F) || (first == 0xF0 && second < 0x90) ||
            (first == 0xF4 && second > 0x8F))
            return at;
        at += length;
    }
    return std::string_view::npos;
}

char32_t next_character(std::string_view& text) noexcept {
    auto const first = static_cast<unsigned char>(text[0]);
    auto const length = std::min(character_bytes(first), text.size());
    char32_t value = length == 1 ? first : first & (0xFFU >> (length + 1));
    for (std::size_t i = 1; i < length; ++i)
        value = (value << 6) | (static_cast<unsigned char>(text[i]) & 0x3F);
    text.remove_prefix(length);
    return value;
}

void append_character(std::string& out, char32_t c) {
    if (c < 0x80) {
        out.push_back(static_cast<char>(c));
    } else if (c < 0x800) {
        out.push_back(static_cast<char>(0xC0 | (c >> 6)));
        out.push_back(static_cast<char>(0x80 | (c & 0x3F)));
    } else if (c < 0x10000) {
        out.push_back(static_cast<char>(0xE0 | (c >> 12)));
        out.push_back(static_cast<char>(0x80 | ((c >> 6) & 0x3F)));
        out.push_back(static_cast<char>(0x80 | (c & 0x3F)));
    } else {
        out.push_back(static_cast<char>(0xF0 | (c >> 18)));
        out.push_back(static_cast<char>(0x80 | ((c >> 12) & 0x3F)));
        out.push_back(static_cast<char>(0x80 | ((c >> 6) & 0x3F)));
        out.push_back(static_cast<char>(0x80 | (c & 0x3F)));
    }
}

char32_t upper_case(char32_t c) noexcept {
    return static_cast<char32_t>(towupper_l(static_cast<wint_t>(c), utf8_locale()));
}
char32_t lower_case(char32_t c) noexcept {
    return static_cast<char32_t>(towlower_l(static_cast<wint_t>(c), utf8_locale()));
}
bool is_letter_or_digit(char32_t c) noexcept {
    return iswalnum_l(static_cast<wint_t>(c), utf8_locale()) != 0;
}

std::string upper_case(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    while (!text.empty()) append_character(out, upper_case(next_character(text)));
    return out;
}
std::string lower_case(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    while (!text.empty()) append_character(out, lower_case(next_character(text)));
    return out;
}
std::string capitalised(std::string_view text) {
    std::string out;
    bool in_word = false;
    while (!text.empty()) {
        auto const c = next_character(text);
        append_character(out, in_word ? lower_case(c) : upper_case(c));
        in_word = is_letter_or_digit(c);
    }
    return out;
}

std::string ascii_lower(std::string_view text) {
    std::string out(text);
    for (auto& byte : out)
        if (byte >= 'A' && byte <= 'Z') byte = static_cast<char>(byte | 0x20);
    return out;
}

bool same_ignoring_case(std::string_view left, std::string_view right) noexcept {
    auto const lower = [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
    };
    return left.size() == right.size() &&
           std::equal(left.begin(), left.end(), right.begin(),
                      [&](char a, char b) { return lower(a) == lower(b); });
}

std::string quote_identifier(std::string_view name) {
    auto const plain = [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; };
    bool safe = !name.empty() && plain(name[0]);
    for (char const c : name)
        if (!plain(c) && !(c >= '0' && c <= '9')) safe = false;
    if (safe && !std::binary_search(std::begin(reserved_words), std::end(reserved_words), name))
        return std::string(name);
    std::string out = "\"";
    for (char const c : name) {
        if (c == '"') out.push_back('"');
        out.push_back(c);
    }
    out.push_back('"');
    return out;
}

std::string quote_literal(std::string_view text) {
    std::string out;
    if (text.find('\\') != std::string_view::npos) out.push_back('E');
    out.push_back('\'');
    for (char const c : text) {
        if (c == '\'' || c == '\\') out.push_back(c);
        out.push_back(c);
    }
    out.push_back('\'');
    return out;
}

std::string hex_of(std::string_view bytes) {
    constexpr char digits[] = "0123456789abcdef";
    std::string out;
    out.reserve(bytes.size() * 2);
    for (unsigned char const byte : bytes) {
        out.push_back(digits[byte >> 4]);
        out.push_back(digits[byte & 15]);
    }
    return out;
}

}  // namespace sluice::sql
