#include "gateway/core/checksum.hpp"

#include <gtest/gtest.h>

#include <string>

#include "gateway/core/crc_engine.hpp"
#include "gateway/core/random.hpp"

namespace sluice {
namespace {

std::string random_bytes(std::size_t length, std::uint64_t seed) {
    seeded_random random{seed};
    std::string bytes(length, '\0');
    random.fill(std::as_writable_bytes(std::span{bytes}));
    return bytes;
}

// The definition, one bit at a time: the oracle for the fast ways.
template <class Kind>
typename Kind::word bitwise(std::string_view bytes, typename Kind::word previous = 0) {
    using word = typename Kind::word;
    word state = static_cast<word>(~previous);
    for (unsigned char byte : bytes) {
        state ^= byte;
        for (int bit = 0; bit < 8; ++bit)
            state = static_cast<word>((state >> 1) ^ ((state & 1) != 0 ? Kind::polynomial : 0));
    }
    return static_cast<word>(~state);
}

TEST(checksum, published_check_values) {
    auto const check = as_bytes("123456789");
    EXPECT_EQ(crc32c(check), 0xE3069283u);
    EXPECT_EQ(crc32(check), 0xCBF43926u);
    EXPECT_EQ(crc64nvme(check), 0xAE8B14860A799888u);
}

TEST(checksum, rfc_3720_crc32c_vectors) {
    std::string ascending;
    for (int i = 0; i < 32; ++i) ascending.push_back(static_cast<char>(i));
    EXPECT_EQ(crc32c(as_bytes(std::string(32, '\0'))), 0x8A9136AAu);
    EXPECT_EQ(crc32c(as_bytes(std::string(32, '\xff'))), 0x62A8AB43u);
    EXPECT_EQ(crc32c(as_bytes(ascending)), 0x46DD794Eu);
}

TEST(checksum, empty_input_keeps_the_value) {
    EXPECT_EQ(crc32c({}), 0u);
    EXPECT_EQ(crc32({}, 0x12345678u), 0x12345678u);
    EXPECT_EQ(crc64nvme({}, 42), 42u);
}

TEST(checksum, every_length_and_alignment_agrees_with_the_definition) {
    auto const bytes = random_bytes(700, 1);
    for (std::size_t start = 0; start < 9; ++start) {
        for (std::size_t length = 0; start + length <= bytes.size(); length += 1 + length / 40) {
            auto const part = std::string_view{bytes}.substr(start, length);
            ASSERT_EQ(crc32c(as_bytes(part)), bitwise<crc::castagnoli>(part)) << start << ' ' << length;
            ASSERT_EQ(crc32(as_bytes(part)), bitwise<crc::ieee>(part)) << start << ' ' << length;
            ASSERT_EQ(crc64nvme(as_bytes(part)), bitwise<crc::nvme>(part)) << start << ' ' << length;
        }
    }
}

TEST(checksum, large_inputs_agree_with_the_definition_and_the_portable_way) {
    for (std::size_t length : {1024u, 3071u, 3072u, 3073u, 6200u, 65536u, 100003u}) {
        auto const bytes = random_bytes(length, length);
        auto const all = as_bytes(bytes);
        EXPECT_EQ(crc32c(all), bitwise<crc::castagnoli>(bytes));
        EXPECT_EQ(crc32c(all), ~crc::slice_by_8<crc::castagnoli>(all, ~0u));
        EXPECT_EQ(crc32(all), bitwise<crc::ieee>(bytes));
        EXPECT_EQ(crc32(all), ~crc::slice_by_8<crc::ieee>(all, ~0u));
        EXPECT_EQ(crc64nvme(all), bitwise<crc::nvme>(bytes));
        EXPECT_EQ(crc64nvme(all), ~crc::slice_by_8<crc::nvme>(all, ~std::uint64_t{0}));
    }
}

TEST(checksum, pieces_continue_where_the_last_ended) {
    auto const bytes = random_bytes(20000, 2);
    auto const all = as_bytes(bytes);
    for (std::size_t cut : {0u, 1u, 7u, 64u, 127u, 128u, 4096u, 19999u, 20000u}) {
        EXPECT_EQ(crc32c(all.subspan(cut), crc32c(all.first(cut))), crc32c(all));
        EXPECT_EQ(crc32(all.subspan(cut), crc32(all.first(cut))), crc32(all));
        EXPECT_EQ(crc64nvme(all.subspan(cut), crc64nvme(all.first(cut))), crc64nvme(all));
    }
}

TEST(checksum, any_flipped_bit_is_seen) {
    auto bytes = random_bytes(512, 3);
    auto const right = crc32c(as_bytes(bytes));
    for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
        bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << (bit % 8)));
        ASSERT_NE(crc32c(as_bytes(bytes)), right) << bit;
        bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << (bit % 8)));
    }
}

}  // namespace
}  // namespace sluice
