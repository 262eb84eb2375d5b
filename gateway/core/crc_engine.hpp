// Reflected CRCs from their polynomial: constants derived at compile time, slice-by-8 tables, and
// folding by carry-less multiplication where the target has it. Everything works on the raw register
// (no inversion before or after); checksum.hpp is the interface for users. Pure functions.
//
// Bit order: in a reflected register of W bits, bit i holds the coefficient of x^(W-1-i), so that the
// first byte of the input, loaded little-endian, holds the highest powers.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "gateway/core/bytes.hpp"
#include "gateway/core/cursor.hpp"

#if defined(__PCLMUL__) && defined(__SSE4_1__)
#include <immintrin.h>
#endif

namespace sluice::crc {

struct castagnoli {
    using word = std::uint32_t;
    static constexpr word polynomial = 0x82F63B78u;
};
struct ieee {
    using word = std::uint32_t;
    static constexpr word polynomial = 0xEDB88320u;
};
struct nvme {
    using word = std::uint64_t;
    static constexpr word polynomial = 0x9A6C9329AC4BC9B5u;
};

// x^power modulo the polynomial, reflected.
template <class Kind>
consteval typename Kind::word power_of_x(unsigned power) {
    using word = typename Kind::word;
    word value = word{1} << (sizeof(word) * 8 - 1);
    for (unsigned i = 0; i < power; ++i)
        value = static_cast<word>((value >> 1) ^ ((value & 1) != 0 ? Kind::polynomial : 0));
    return value;
}

template <class Kind>
using slice_tables = std::array<std::array<typename Kind::word, 256>, 8>;

// tables[k][b] is the register after byte b and k zero bytes, from an empty register.
template <class Kind>
consteval slice_tables<Kind> make_tables() {
    using word = typename Kind::word;
    slice_tables<Kind> tables{};
    for (unsigned byte = 0; byte < 256; ++byte) {
        word value = byte;
        for (int bit = 0; bit < 8; ++bit)
            value = static_cast<word>((value >> 1) ^ ((value & 1) != 0 ? Kind::polynomial : 0));
        tables[0][byte] = value;
    }
    for (unsigned slice = 1; slice < 8; ++slice) {
        for (unsigned byte = 0; byte < 256; ++byte) {
            word const before = tables[slice - 1][byte];
            tables[slice][byte] = static_cast<word>((before >> 8) ^ tables[0][before & 0xff]);
        }
    }
    return tables;
}

template <class Kind>
inline constexpr slice_tables<Kind> tables_of = make_tables<Kind>();

// Works on every target, 1 to 2 GB/s.
template <class Kind>
typename Kind::word slice_by_8(const_byte_span bytes, typename Kind::word state) noexcept {
    using word = typename Kind::word;
    auto const& tables = tables_of<Kind>;
    auto const* at = reinterpret_cast<char const*>(bytes.data());
    auto left = bytes.size();
    for (; left >= 8; at += 8, left -= 8) {
        auto const chunk = load_little<std::uint64_t>(at) ^ state;
        state = tables[7][chunk & 0xff] ^ tables[6][(chunk >> 8) & 0xff] ^
                tables[5][(chunk >> 16) & 0xff] ^ tables[4][(chunk >> 24) & 0xff] ^
                tables[3][(chunk >> 32) & 0xff] ^ tables[2][(chunk >> 40) & 0xff] ^
                tables[1][(chunk >> 48) & 0xff] ^ tables[0][chunk >> 56];
    }
    for (; left > 0; ++at, --left)
        state = static_cast<word>((state >> 8) ^
                                  tables[0][(state ^ static_cast<unsigned char>(*at)) & 0xff]);
    return state;
}

#if defined(__PCLMUL__) && defined(__SSE4_1__)

// A reflected 64x64 bit product carries one factor x too many, hence the "- 1".
template <class Kind>
consteval std::uint64_t fold_constant(unsigned bits) {
    return static_cast<std::uint64_t>(power_of_x<Kind>(bits - 1)) << (64 - sizeof(typename Kind::word) * 8);
}

// `lane` moved `Bits` further from the end of the message, modulo the polynomial.
template <class Kind, unsigned Bits>
__m128i folded(__m128i lane) noexcept {
    constexpr auto low = fold_constant<Kind>(Bits + 64);
    constexpr auto high = fold_constant<Kind>(Bits);
    auto const by = _mm_set_epi64x(static_cast<long long>(high), static_cast<long long>(low));
    return _mm_xor_si128(_mm_clmulepi64_si128(lane, by, 0x00), _mm_clmulepi64_si128(lane, by, 0x11));
}

inline __m128i load_lane(char const* at) noexcept {
    return _mm_loadu_si128(reinterpret_cast<__m128i const*>(at));
}

// Four 16 byte lanes at a time, then one, then slice_by_8 reduces the last lane and the tail.
template <class Kind>
typename Kind::word fold(const_byte_span bytes, typename Kind::word state) noexcept {
    if (bytes.size() < 128) return slice_by_8<Kind>(bytes, state);
    auto const* at = reinterpret_cast<char const*>(bytes.data());
    auto left = bytes.size();
    __m128i lanes[4];
    for (int i = 0; i < 4; ++i) lanes[i] = load_lane(at + 16 * i);
    lanes[0] = _mm_xor_si128(
        lanes[0], _mm_cvtsi64_si128(static_cast<long long>(static_cast<std::uint64_t>(state))));
    for (at += 64, left -= 64; left >= 64; at += 64, left -= 64) {
        for (int i = 0; i < 4; ++i)
            lanes[i] = _mm_xor_si128(folded<Kind, 512>(lanes[i]), load_lane(at + 16 * i));
    }
    auto last = lanes[0];
    for (int i = 1; i < 4; ++i) last = _mm_xor_si128(folded<Kind, 128>(last), lanes[i]);
    for (; left >= 16; at += 16, left -= 16)
        last = _mm_xor_si128(folded<Kind, 128>(last), load_lane(at));
    std::array<std::byte, 16> remainder;
    _mm_storeu_si128(reinterpret_cast<__m128i*>(remainder.data()), last);
    auto const reduced = slice_by_8<Kind>(remainder, 0);
    return slice_by_8<Kind>(bytes.last(left), reduced);
}

#else

template <class Kind>
typename Kind::word fold(const_byte_span bytes, typename Kind::word state) noexcept {
    return slice_by_8<Kind>(bytes, state);
}

#endif

}  // namespace sluice::crc
