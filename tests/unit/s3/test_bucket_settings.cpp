#include <gtest/gtest.h>

#include "gateway/core/encoding.hpp"
#include "protocols/s3/model/bucket_settings.hpp"

namespace sluice::s3 {
namespace {

bucket_settings sample() {
    bucket_settings all;
    all.tags = {{"b", "2"}, {"a", ""}};
    all.cors = {{"one", {"https://a", "*"}, {"GET", "PUT"}, {"x-*"}, {"etag"}, 300},
                {"", {"https://b"}, {"GET"}, {}, {}, std::nullopt}};
    all.public_access = public_access_block{true, false, true, false};
    all.ownership_removed = true;
    all.acceleration_suspended = true;
    return all;
}

// gateway/design/0005-store.md, "Settings of a bucket": version, then tag, length, value.
TEST(bucket_settings, have_the_stored_form) {
    EXPECT_EQ(encode(bucket_settings{}), "");
    EXPECT_EQ(hex_encode(encode(sample())),
              "01"
              "01" "04" "01620132"
              "01" "03" "016100"
              "02" "2c"
              "01036f6e65" "020968747470733a2f2f61" "02012a" "0303474554" "0303505554"
              "0403782d2a" "050465746167" "0602ac02"
              "02" "10" "020968747470733a2f2f62" "0303474554"
              "03" "01" "05"
              "04" "00"
              "05" "00");
}

TEST(bucket_settings, are_read_back_as_they_were) {
    EXPECT_EQ(decode_bucket_settings(encode(sample())).value(), sample());
    EXPECT_EQ(decode_bucket_settings("").value(), bucket_settings{});
    EXPECT_EQ(decode_bucket_settings("\1").value(), bucket_settings{});
}

TEST(bucket_settings, of_a_later_version_are_left_alone) {
    EXPECT_EQ(decode_bucket_settings("\2\1\4anything").error().code, error::unsupported);
}

TEST(bucket_settings, that_are_cut_or_unknown_are_corrupt) {
    auto const good = encode(sample());
    std::size_t refused = 0;
    for (std::size_t i = 1; i < good.size(); ++i) {
        auto const cut = decode_bucket_settings(good.substr(0, i));
        if (cut) continue;  // between two fields
        ++refused;
        EXPECT_EQ(cut.error().code, error::corrupt);
    }
    EXPECT_EQ(refused, good.size() - 1 - 7);
    for (auto const* hex : {
             "00",              // no such version
             "010700",          // a tag of a later version
             "010600",          // a notification of nothing
             "01060c01016102016104016d07016e",  // a notification with a field of a later version
             "0105000400",      // descending tags
             "010301050301ff",  // twice
             "01030110",        // a bit of a later version
             "0103020505",      // too long
             "01040101",        // a flag with a value
             "010104016201",    // a pair that is cut
             "0101050162013200",     // a pair with a rest
             "0102020100",           // an empty id
             "01020406028080",       // a number that does not end
             "0102060603ffffffff7f"  // a number that is cut
         })
        EXPECT_EQ(decode_bucket_settings(*hex_decode(hex)).error().code, error::corrupt) << hex;
}

TEST(bucket_settings, notifications_have_fixed_bytes) {
    bucket_settings settings;
    settings.notifications = {{"n", false, "arn:t", {"s3:a", "s3:b"}, "in/", ""},
                              {"q", true, "arn:q", {"s3:a"}, "", ".x"}};
    auto const bytes = encode(settings);
    EXPECT_EQ(hex_encode(bytes),
              "01061b01016e020561726e3a740404"
              "73333a61040473333a620503696e2f0614010171030561726e3a71040473333a6106022e78");
    EXPECT_EQ(decode_bucket_settings(bytes).value(), settings);
}

TEST(bucket_settings, default_encryption_has_fixed_bytes) {
    bucket_settings settings;
    settings.encryption = {default_encryption::kind::named_key, "k", true, false};
    EXPECT_EQ(hex_encode(encode(settings)), "010a040201016b");
    EXPECT_EQ(decode_bucket_settings(encode(settings)).value(), settings);
    settings.encryption = {default_encryption::kind::server_key, "", false, true};
    EXPECT_EQ(hex_encode(encode(settings)), "010a03010600");
    EXPECT_EQ(decode_bucket_settings(encode(settings)).value(), settings);
    settings.encryption = default_encryption{};
    EXPECT_EQ(hex_encode(encode(settings)), "010a03000000");
    EXPECT_EQ(decode_bucket_settings(encode(settings)).value(), settings);
    // Another kind, a bit that is none, a bucket key on and off, twice, cut.
    for (auto const* hex : {"010a03030000", "010a03010800", "010a03010300",
                            "010a030100000a03010000", "010a020100"})
        EXPECT_EQ(decode_bucket_settings(*hex_decode(hex)).error().code, error::corrupt) << hex;
}

TEST(bucket_settings, object_locks_have_fixed_bytes) {
    bucket_settings settings;
    settings.lock.emplace();
    EXPECT_EQ(hex_encode(encode(settings)), "010900");
    EXPECT_EQ(decode_bucket_settings(encode(settings)).value(), settings);
    settings.lock->rule = default_retention{store::retention_mode::compliance, true, 300};
    EXPECT_EQ(hex_encode(encode(settings)), "010904" "0202ac02");
    EXPECT_EQ(decode_bucket_settings(encode(settings)).value(), settings);
    for (auto const* hex : {"0109030301" "01", "0109030103" "01", "0109030101" "00", "01090900",
                            "010900" "0900", "010904" "01010101"})
        EXPECT_EQ(decode_bucket_settings(*hex_decode(hex)).error().code, error::corrupt) << hex;
}

}  // namespace
}  // namespace sluice::s3
