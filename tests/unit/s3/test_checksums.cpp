#include <gtest/gtest.h>

#include "gateway/core/checksum.hpp"
#include "gateway/core/encoding.hpp"
#include "protocols/s3/wire/checksum_names.hpp"
#include "protocols/s3/wire/crc_combine.hpp"
#include "protocols/s3/wire/running_checksum.hpp"

namespace sluice::s3 {
namespace {

using store::checksum_algorithm;

std::string hex_of(checksum_algorithm algorithm, std::string_view text) {
    return hex_encode(running_checksum::of(algorithm, text));
}

TEST(checksums, agree_with_their_check_values) {
    EXPECT_EQ(hex_of(checksum_algorithm::crc32, "123456789"), "cbf43926");
    EXPECT_EQ(hex_of(checksum_algorithm::crc32c, "123456789"), "e3069283");
    EXPECT_EQ(hex_of(checksum_algorithm::crc64nvme, "123456789"), "ae8b14860a799888");
    EXPECT_EQ(hex_of(checksum_algorithm::sha1, "abc"), "a9993e364706816aba3e25717850c26c9cd0d89d");
    EXPECT_EQ(hex_of(checksum_algorithm::sha256, "abc"),
              "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    EXPECT_EQ(hex_of(checksum_algorithm::md5, ""), "d41d8cd98f00b204e9800998ecf8427e");
    EXPECT_EQ(hex_of(checksum_algorithm::sha512, "abc").substr(0, 16), "ddaf35a193617aba");
    EXPECT_EQ(hex_of(checksum_algorithm::xxh64, "abc"), "44bc2cf5ad770999");
    EXPECT_EQ(hex_of(checksum_algorithm::xxh3, "abc"), "78af5f94892f3950");
    EXPECT_EQ(hex_of(checksum_algorithm::xxh128, "abc"), "06b05ab6733a618578af5f94892f3950");
}

TEST(checksums, run_over_pieces) {
    for (auto const& spelling : checksum_spellings) {
        running_checksum running(spelling.algorithm);
        for (auto const* piece : {"one", "", " two", " three"})
            running.update(as_bytes(std::string_view(piece)));
        EXPECT_EQ(running.finish(), running_checksum::of(spelling.algorithm, "one two three"))
            << spelling.name;
    }
}

TEST(checksums, combine_like_the_bytes_they_stand_for) {
    std::string whole;
    for (int i = 0; i < 5000; ++i) whole.push_back(static_cast<char>(i * 31 + i / 7));
    for (std::size_t cut : {0u, 1u, 7u, 255u, 4096u, 5000u}) {
        auto const first = as_bytes(std::string_view(whole).substr(0, cut));
        auto const second = as_bytes(std::string_view(whole).substr(cut));
        auto const all = as_bytes(std::string_view(whole));
        EXPECT_EQ(crc32_combined(crc32(first), crc32(second), second.size()), crc32(all));
        EXPECT_EQ(crc32c_combined(crc32c(first), crc32c(second), second.size()), crc32c(all));
        EXPECT_EQ(crc64nvme_combined(crc64nvme(first), crc64nvme(second), second.size()),
                  crc64nvme(all));
    }
}

TEST(checksums, are_named_in_any_case) {
    EXPECT_EQ(checksum_named("crc64nvme")->algorithm, checksum_algorithm::crc64nvme);
    EXPECT_EQ(checksum_named("XXHash3")->algorithm, checksum_algorithm::xxh3);
    EXPECT_EQ(checksum_named("SHA224"), nullptr);
    EXPECT_EQ(checksum_of_header("x-amz-checksum-sha1")->algorithm, checksum_algorithm::sha1);
    EXPECT_EQ(checksum_of_header("x-amz-checksum-type"), nullptr);
}

TEST(checksums, have_a_text_form) {
    store::object_checksum const whole{checksum_algorithm::crc32,
                                       store::checksum_scope::full_object, "\xcb\xf4\x39\x26"};
    EXPECT_EQ(checksum_text(whole, 3), "y/Q5Jg==");
    store::object_checksum const parts{checksum_algorithm::crc32, store::checksum_scope::composite,
                                       "\xcb\xf4\x39\x26"};
    EXPECT_EQ(checksum_text(parts, 3), "y/Q5Jg==-3");
    auto const& crc = *checksum_named("CRC32");
    EXPECT_EQ(parse_checksum(crc, "y/Q5Jg=="), "\xcb\xf4\x39\x26");
    for (auto const* text : {"", "y/Q5", "y/Q5JgAA", "y/Q5Jg==-3", "!!!!!!!="})
        EXPECT_FALSE(parse_checksum(crc, text)) << text;
}

}  // namespace
}  // namespace sluice::s3
