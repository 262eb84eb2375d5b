#include "protocols/sql/execute/record_partitions.hpp"

namespace sluice::sql {

// MurmurHash2 by Austin Appleby (public domain), 32 bits, with the seed of Kafka's clients.
std::int32_t murmur2(std::string_view bytes) noexcept {
    constexpr std::uint32_t seed = 0x9747b28c;
    constexpr std::uint32_t multiplier = 0x5bd1e995;
    constexpr int shift = 24;
    auto const byte = [&](std::size_t at) {
        return static_cast<std::uint32_t>(static_cast<unsigned char>(bytes[at]));
    };
    auto hash = seed ^ static_cast<std::uint32_t>(bytes.size());
    std::size_t at = 0;
    for (; at + 4 <= bytes.size(); at += 4) {
        auto word = byte(at) | byte(at + 1) << 8U | byte(at + 2) << 16U | byte(at + 3) << 24U;
        word *= multiplier;
        word ^= word >> shift;
        word *= multiplier;
        hash = hash * multiplier ^ word;
    }
    auto const rest = bytes.size() - at;
    if (rest > 2) hash ^= byte(at + 2) << 16U;
    if (rest > 1) hash ^= byte(at + 1) << 8U;
    if (rest > 0) hash = (hash ^ byte(at)) * multiplier;
    hash ^= hash >> 13U;
    hash *= multiplier;
    hash ^= hash >> 15U;
    return static_cast<std::int32_t>(hash);
}

partition_index record_partitions::of(std::optional<std::string_view> key) const noexcept {
    if (!key) return partition_index{static_cast<std::int32_t>(sticky_)};
    auto const positive = static_cast<std::uint32_t>(murmur2(*key)) & 0x7fff'ffffU;
    return partition_index{static_cast<std::int32_t>(positive % count_)};
}

}  // namespace sluice::sql
