// What fuzz targets share: their input as text, and how they say that something is wrong.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "gateway/core/assert.hpp"

namespace sluice::fuzz {

inline std::string_view text_of(std::uint8_t const* data, std::size_t size) {
    return {reinterpret_cast<char const*>(data), size};
}

inline void expect(bool holds) {
    SLUICE_ASSERT(holds);
}

}  // namespace sluice::fuzz
