// Bytes as text: hexadecimal and base64 (RFC 4648, section 4, with padding). Decoding is strict: one text
// per value, so that what was signed or compared as text is what is decoded. Pure functions.
#pragma once

#include <string>
#include <string_view>

#include "gateway/core/bytes.hpp"
#include "gateway/core/result.hpp"

namespace sluice {

std::string hex_encode(const_byte_span bytes);  // lower case
inline std::string hex_encode(std::string_view chars) { return hex_encode(as_bytes(chars)); }
// Both cases; malformed for an odd length or any other character.
result<std::string> hex_decode(std::string_view text);

std::string base64_encode(const_byte_span bytes);
inline std::string base64_encode(std::string_view chars) { return base64_encode(as_bytes(chars)); }
// malformed for white space, missing or early padding, other alphabets and non-zero spare bits.
result<std::string> base64_decode(std::string_view text);
// The alphabet of section 5, without padding, as JSON web tokens have it; as strict.
result<std::string> base64url_decode(std::string_view text);

}  // namespace sluice
