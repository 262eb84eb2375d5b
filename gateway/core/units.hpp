// Sizes and durations as people write them in configuration: "64 MiB", "1.5 GiB" is refused (whole numbers
// only), "10 s", "250ms", "1h". Binary units only (KiB, MiB, GiB, TiB, and B): KB means two things.
// Pure functions; every failure is invalid_argument with a text that names the input.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "gateway/core/result.hpp"

namespace sluice {

// Digits only, no sign, no overflow.
result<std::uint64_t> parse_count(std::string_view text);
// Bytes: a count, optional blanks, and a unit; a bare count is bytes.
result<std::uint64_t> parse_bytes(std::string_view text);
// A count, optional blanks, and one of ns us ms s min h d; a bare 0 needs no unit.
result<std::chrono::nanoseconds> parse_duration(std::string_view text);

// The largest unit that loses nothing: 65536 -> "64 KiB", 1000 -> "1000 B", 90 s -> "90 s".
std::string format_bytes(std::uint64_t bytes);
std::string format_duration(std::chrono::nanoseconds length);

}  // namespace sluice
