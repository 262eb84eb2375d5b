// The variable-length fields of records in a batch: zigzag numbers, and texts that may be null
// (length -1). For the files that take batches apart. Pure functions, any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/core/cursor.hpp"

namespace sluice::store {

inline void put_zigzag(std::string& out, std::int64_t value) {
    byte_writer(out).varint((static_cast<std::uint64_t>(value) << 1) ^
                            static_cast<std::uint64_t>(value >> 63));
}

inline std::int64_t take_zigzag(byte_reader& in) noexcept {
    auto const raw = in.varint();
    return static_cast<std::int64_t>(raw >> 1) ^ -static_cast<std::int64_t>(raw & 1);
}

inline void put_nullable(std::string& out, std::optional<std::string_view> text) {
    put_zigzag(out, text ? static_cast<std::int64_t>(text->size()) : -1);
    if (text) out.append(*text);
}

inline std::optional<std::string_view> take_nullable(byte_reader& in) {
    auto const length = take_zigzag(in);
    if (length < -1) in.fail();
    if (length < 0 || !in.ok()) return std::nullopt;
    return in.raw(static_cast<std::size_t>(length));
}

}  // namespace sluice::store
