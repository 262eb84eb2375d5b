#include <gtest/gtest.h>

#include "gateway/core/encoding.hpp"
#include "protocols/s3/ops/compose_upload.hpp"
#include "protocols/s3/wire/running_checksum.hpp"
#include "tests/unit/s3/request_from_text.hpp"

namespace sluice::s3 {
namespace {

using store::checksum_algorithm;
using store::checksum_scope;

store::part_info part_of(std::string_view bytes, checksum_algorithm algorithm) {
    store::part_info part;
    part.size = bytes.size();
    part.etag = hex_encode(running_checksum::of(checksum_algorithm::md5, bytes));
    part.checksums.push_back(
        {algorithm, checksum_scope::full_object, running_checksum::of(algorithm, bytes)});
    return part;
}

upload_settings settings_for(std::string const& headers) {
    auto const settings = upload_settings_of(test::request_from("POST /b/k?uploads", headers));
    if (!settings) throw std::logic_error(settings.error().message);
    return *settings;
}

TEST(compose_upload, makes_the_etag_of_all_parts) {
    std::vector parts{part_of("a", checksum_algorithm::crc32),
                      part_of("b", checksum_algorithm::crc32)};
    // md5(md5("a") + md5("b")) by any other tool
    EXPECT_EQ(*composed_etag(parts), "96e024ba2074fe77e8e965ba43a704be-2");
    parts[1].etag = "no digest";
    EXPECT_EQ(composed_etag(parts).error().code, error::corrupt);
}

TEST(compose_upload, combines_full_object_checksums) {
    for (auto const algorithm :
         {checksum_algorithm::crc32, checksum_algorithm::crc32c, checksum_algorithm::crc64nvme}) {
        upload_settings const settings{algorithm, checksum_scope::full_object, true};
        std::vector const parts{part_of("one ", algorithm), part_of("two ", algorithm),
                                part_of("three", algorithm)};
        auto const whole = composed_checksum(settings, parts);
        ASSERT_TRUE(whole);
        EXPECT_EQ(whole->value, running_checksum::of(algorithm, "one two three"));
    }
}

TEST(compose_upload, digests_the_digests_for_composite_ones) {
    upload_settings const settings{checksum_algorithm::sha256, checksum_scope::composite, true};
    std::vector const parts{part_of("one", checksum_algorithm::sha256),
                            part_of("two", checksum_algorithm::sha256)};
    auto const whole = composed_checksum(settings, parts);
    ASSERT_TRUE(whole);
    EXPECT_EQ(whole->value,
              running_checksum::of(checksum_algorithm::sha256,
                                   running_checksum::of(checksum_algorithm::sha256, "one") +
                                       running_checksum::of(checksum_algorithm::sha256, "two")));
    std::vector const foreign{part_of("one", checksum_algorithm::sha1)};
    EXPECT_EQ(composed_checksum(settings, foreign).error().code, error::corrupt);
}

TEST(upload_settings, follow_the_algorithm) {
    EXPECT_FALSE(settings_for("").chosen);
    EXPECT_EQ(settings_for("").algorithm, checksum_algorithm::crc64nvme);
    EXPECT_EQ(settings_for("x-amz-checksum-algorithm: CRC32\r\n").scope, checksum_scope::composite);
    EXPECT_EQ(settings_for("x-amz-checksum-algorithm: CRC64NVME\r\n").scope,
              checksum_scope::full_object);
    EXPECT_EQ(
        settings_for("x-amz-checksum-algorithm: crc32c\r\nx-amz-checksum-type: FULL_OBJECT\r\n")
            .scope,
        checksum_scope::full_object);
    for (auto const* headers :
         {"x-amz-checksum-algorithm: SHA224\r\n", "x-amz-checksum-type: COMPOSITE\r\n",
          "x-amz-checksum-algorithm: SHA1\r\nx-amz-checksum-type: FULL_OBJECT\r\n",
          "x-amz-checksum-algorithm: CRC64NVME\r\nx-amz-checksum-type: COMPOSITE\r\n",
          "x-amz-checksum-algorithm: CRC32\r\nx-amz-checksum-type: other\r\n"})
        EXPECT_FALSE(upload_settings_of(test::request_from("POST /b/k?uploads", headers)))
            << headers;
}

TEST(upload_settings, are_kept_with_the_upload_and_dropped_from_the_object) {
    store::object_attributes attributes;
    attributes.extra.emplace_back("other", "stays");
    keep(settings_for("x-amz-checksum-algorithm: SHA1\r\n"), attributes);
    auto const kept = kept_settings(attributes);
    EXPECT_TRUE(kept.chosen);
    EXPECT_EQ(kept.algorithm, checksum_algorithm::sha1);
    EXPECT_EQ(kept.scope, checksum_scope::composite);
    drop_settings(attributes);
    EXPECT_EQ(attributes.extra.size(), 1u);
    EXPECT_FALSE(kept_settings(attributes).chosen);
}

TEST(upload_settings, spell_upload_ids) {
    store::upload_id const id{0x1234abcd};
    EXPECT_EQ(parse_upload_id(upload_id_text(id)), id);
    for (auto const* text : {"", "1", "000000001234abcg", "-00000001234abcd", "00000000001234abcd",
                             "+000000001234abc"})
        EXPECT_FALSE(parse_upload_id(text)) << text;
}

}  // namespace
}  // namespace sluice::s3
