// The kinds of value a setting can have, and the one reader and writer of their text. The same text
// form serves the file, the environment, flags and `sluice config`. Pure functions, any thread.
//
//   size      bytes with an optional unit: 4096, 64 KiB, 1MiB, 2 GiB (gateway/core/units.hpp)
//   duration  a number with a unit: 500ms, 10 s, 5 min, 1 h
//   boolean   true/false, also 1/0 (environment variables)
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "gateway/core/result.hpp"

namespace sluice::gateway {

enum class setting_kind : std::uint8_t { text, secret, port, count, size, duration, boolean };

template <setting_kind>
struct setting_type;
template <> struct setting_type<setting_kind::text> { using type = std::string; };
template <> struct setting_type<setting_kind::secret> { using type = std::string; };
template <> struct setting_type<setting_kind::port> { using type = std::uint16_t; };
template <> struct setting_type<setting_kind::count> { using type = std::uint64_t; };
template <> struct setting_type<setting_kind::size> { using type = std::uint64_t; };
template <> struct setting_type<setting_kind::duration> { using type = std::chrono::milliseconds; };
template <> struct setting_type<setting_kind::boolean> { using type = bool; };
template <setting_kind kind>
using setting_type_t = typename setting_type<kind>::type;

std::string_view name_of(setting_kind) noexcept;

// A number in the kind's smallest unit (bytes, milliseconds, 0/1): what bounds are compared in.
// invalid_argument says what was expected. Not for text and secret.
result<std::uint64_t> parse_number(setting_kind, std::string_view text);

// A text that parses back to the same value.
std::string render_number(setting_kind, std::uint64_t value);

// A TOML literal: numbers and booleans bare, everything else quoted and escaped.
std::string toml_literal(setting_kind, std::string_view text);

}  // namespace sluice::gateway
