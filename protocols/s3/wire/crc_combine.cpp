#include "protocols/s3/wire/crc_combine.hpp"

namespace sluice::s3 {
namespace {

// Polynomials over GF(2) modulo the CRC's, reflected: the highest bit is x^0. Appending n zero
// bytes to A multiplies its CRC by x^(8n); the inversions at both ends cancel out in the sum.
template <class Word, Word polynomial>
struct field {
    static constexpr Word one = Word{1} << (sizeof(Word) * 8 - 1);

    static constexpr Word product(Word a, Word b) {
        Word sum = 0;
        for (Word bit = one; bit != 0; bit >>= 1) {
            if (a & bit) sum ^= b;
            b = b & 1 ? (b >> 1) ^ polynomial : b >> 1;
        }
        return sum;
    }
    static constexpr Word x_to_the_8(std::uint64_t bytes) {
        Word power = one;
        Word square = one >> 8;  // x^8
        for (; bytes != 0; bytes >>= 1) {
            if (bytes & 1) power = product(power, square);
            square = product(square, square);
        }
        return power;
    }
    static constexpr Word combined(Word first, Word second, std::uint64_t second_length) {
        return product(x_to_the_8(second_length), first) ^ second;
    }
};

using ieee = field<std::uint32_t, 0xEDB88320u>;
using castagnoli = field<std::uint32_t, 0x82F63B78u>;
using nvme = field<std::uint64_t, 0x9A6C9329AC4BC9B5u>;

}  // namespace

std::uint32_t crc32_combined(std::uint32_t first, std::uint32_t second,
                             std::uint64_t second_length) {
    return ieee::combined(first, second, second_length);
}
std::uint32_t crc32c_combined(std::uint32_t first, std::uint32_t second,
                              std::uint64_t second_length) {
    return castagnoli::combined(first, second, second_length);
}
std::uint64_t crc64nvme_combined(std::uint64_t first, std::uint64_t second,
                                 std::uint64_t second_length) {
    return nvme::combined(first, second, second_length);
}

}  // namespace sluice::s3
