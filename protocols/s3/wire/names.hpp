// The rules for names (S3 user guide, "General purpose bucket naming rules", "Object key naming").
// Pure, thread-safe.
#pragma once

#include <string_view>

#include "protocols/s3/wire/s3_error.hpp"

namespace sluice::s3 {

inline constexpr std::size_t key_bytes_max = 1024;

// 3 to 63 of a-z 0-9 . -, beginning and ending with a letter or digit, no "..", not like an IPv4
// address, none of the reserved prefixes and suffixes.
s3_result<> check_bucket_name(std::string_view name);

// 1 to 1024 bytes of UTF-8 without NUL. Segments like ".." are part of the name: a key is not a
// path.
s3_result<> check_key(std::string_view key);

}  // namespace sluice::s3
