// How variable text stands inside a key that goes on behind it: 0x00 -> 0x00 0xFF, end mark 0x00
// 0x01. Escaped
// texts compare as the texts do, and no escaped text with its end mark is a prefix of another.
// Used by key_space only.
#pragma once

#include <string>
#include <string_view>

#include "gateway/core/cursor.hpp"

namespace sluice::kv {

void append_escaped(std::string& key, std::string_view text);
void append_end_mark(std::string& key);
// Reads up to and over the end mark; the reader fails when there is none or an escape is unknown.
std::string take_escaped(byte_reader& in);

std::string hex_of(std::string_view bytes);
// 'text' with bytes that do not print as \xNN.
std::string quoted(std::string_view text);

}  // namespace sluice::kv
