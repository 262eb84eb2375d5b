// Small helpers on text: UTF-8, letters, identifiers and literals as SQL writes them. Pure; any
// thread. Upper and lower case are Unicode's simple mappings of the C.UTF-8 locale.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace sluice::sql {

inline bool is_space(char byte) noexcept { return byte == ' ' || (byte >= '\t' && byte <= '\r'); }
inline std::string_view trimmed(std::string_view text) noexcept {
    while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
    while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
    return text;
}

// Bytes of the character that begins with `first`; 1 for what cannot begin one.
inline std::size_t character_bytes(unsigned char first) noexcept {
    return first < 0x80   ? 1
           : first < 0xE0 ? (first < 0xC0 ? 1 : 2)
           : first < 0xF0 ? 3
           : first < 0xF8 ? 4
                          : 1;
}
std::size_t character_count(std::string_view text) noexcept;
// Byte offset of the n-th character, at most the size.
std::size_t character_offset(std::string_view text, std::size_t n) noexcept;
// First offset of a byte that is not UTF-8 (PostgreSQL's rules: no surrogates, shortest form, no
// zero byte); npos: all of it is.
std::size_t find_invalid_utf8(std::string_view text) noexcept;
// Reads one character and moves on; text is valid UTF-8 and not empty.
char32_t next_character(std::string_view& text) noexcept;
void append_character(std::string& out, char32_t character);
std::string upper_case(std::string_view text);
std::string lower_case(std::string_view text);
std::string capitalised(std::string_view text);  // initcap
char32_t upper_case(char32_t) noexcept;
char32_t lower_case(char32_t) noexcept;
bool is_letter_or_digit(char32_t) noexcept;

std::string ascii_lower(std::string_view text);
bool same_ignoring_case(std::string_view left, std::string_view right) noexcept;  // ASCII

std::string quote_identifier(std::string_view name);  // only where it must be
std::string quote_literal(std::string_view text);

std::string hex_of(std::string_view bytes);

}  // namespace sluice::sql
