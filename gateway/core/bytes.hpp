// Byte strings. Keys, values, records and wire text are std::string / std::string_view (that is what
// every library below takes); buffers that the kernel fills are std::span<std::byte>.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace sluice {

using byte_span = std::span<std::byte>;
using const_byte_span = std::span<std::byte const>;

inline std::string_view as_chars(const_byte_span bytes) noexcept {
    return {reinterpret_cast<char const*>(bytes.data()), bytes.size()};
}
inline const_byte_span as_bytes(std::string_view chars) noexcept {
    return {reinterpret_cast<std::byte const*>(chars.data()), chars.size()};
}

inline constexpr std::size_t kibibyte = 1024;
inline constexpr std::size_t mebibyte = 1024 * kibibyte;
inline constexpr std::size_t gibibyte = 1024 * mebibyte;

// `alignment` must be a power of two.
constexpr std::uint64_t align_up(std::uint64_t value, std::uint64_t alignment) noexcept {
    return (value + alignment - 1) & ~(alignment - 1);
}
constexpr std::uint64_t align_down(std::uint64_t value, std::uint64_t alignment) noexcept {
    return value & ~(alignment - 1);
}

}  // namespace sluice
