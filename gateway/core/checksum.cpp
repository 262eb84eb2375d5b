#include "gateway/core/checksum.hpp"

#include "gateway/core/crc_engine.hpp"

namespace sluice {
namespace {

#if defined(__SSE4_2__) && defined(__PCLMUL__)

// The instruction takes 8 bytes a cycle but answers after three: three independent runs keep it busy.
// `Bytes` is the length of one run; the registers are joined by moving the earlier ones over the later
// runs: crc * x^(8 * Bytes). The product and the final reduction by the instruction bring x^33 along.
template <unsigned Bytes>
std::uint32_t over_run(std::uint32_t state) noexcept {
    constexpr auto by = crc::power_of_x<crc::castagnoli>(8 * Bytes - 33);
    auto const product = _mm_clmulepi64_si128(_mm_cvtsi32_si128(static_cast<int>(state)),
                                              _mm_cvtsi32_si128(static_cast<int>(by)), 0x00);
    return static_cast<std::uint32_t>(
        _mm_crc32_u64(0, static_cast<std::uint64_t>(_mm_cvtsi128_si64(product))));
}

template <unsigned Bytes>
std::uint32_t three_runs(char const*& at, std::size_t& left, std::uint32_t state) noexcept {
    static_assert(Bytes % 8 == 0);
    for (; left >= 3 * Bytes; at += 3 * Bytes, left -= 3 * Bytes) {
        std::uint64_t first = state, second = 0, third = 0;
        for (unsigned i = 0; i < Bytes; i += 8) {
            first = _mm_crc32_u64(first, load_little<std::uint64_t>(at + i));
            second = _mm_crc32_u64(second, load_little<std::uint64_t>(at + Bytes + i));
            third = _mm_crc32_u64(third, load_little<std::uint64_t>(at + 2 * Bytes + i));
        }
        state = over_run<2 * Bytes>(static_cast<std::uint32_t>(first)) ^
                over_run<Bytes>(static_cast<std::uint32_t>(second)) ^ static_cast<std::uint32_t>(third);
    }
    return state;
}

std::uint32_t castagnoli_register(const_byte_span bytes, std::uint32_t state) noexcept {
    auto const* at = reinterpret_cast<char const*>(bytes.data());
    auto left = bytes.size();
    state = three_runs<1024>(at, left, state);
    state = three_runs<64>(at, left, state);
    for (; left >= 8; at += 8, left -= 8)
        state = static_cast<std::uint32_t>(_mm_crc32_u64(state, load_little<std::uint64_t>(at)));
    for (; left > 0; ++at, --left) state = _mm_crc32_u8(state, static_cast<unsigned char>(*at));
    return state;
}

#else

std::uint32_t castagnoli_register(const_byte_span bytes, std::uint32_t state) noexcept {
    return crc::slice_by_8<crc::castagnoli>(bytes, state);
}

#endif

}  // namespace

std::uint32_t crc32c(const_byte_span bytes, std::uint32_t previous) noexcept {
    return ~castagnoli_register(bytes, ~previous);
}

std::uint32_t crc32(const_byte_span bytes, std::uint32_t previous) noexcept {
    return ~crc::fold<crc::ieee>(bytes, ~previous);
}

std::uint64_t crc64nvme(const_byte_span bytes, std::uint64_t previous) noexcept {
    return ~crc::fold<crc::nvme>(bytes, ~previous);
}

}  // namespace sluice
