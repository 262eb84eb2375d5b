#include "protocols/kafka/wire/frame.hpp"

#include <gtest/gtest.h>

#include <cstring>

#include "gateway/core/cursor.hpp"
#include "protocols/kafka/coordinator/group_record.hpp"

namespace sluice::kafka {
namespace {

void feed(frame_buffer& buffer, std::string_view bytes) {
    while (!bytes.empty()) {
        auto const room = buffer.room();
        auto const taken = std::min(room.size(), bytes.size());
        std::memcpy(room.data(), bytes.data(), taken);
        buffer.arrived(taken);
        bytes.remove_prefix(taken);
    }
}

std::string framed(std::string_view body) {
    std::string out;
    byte_writer(out).big(static_cast<std::int32_t>(body.size())).raw(body);
    return out;
}

TEST(kafka_frames, come_out_whole_and_in_order) {
    frame_buffer buffer(64);
    auto const large = std::string(100'000, 'l');
    feed(buffer, framed("one") + framed("") + framed(large) + framed("two").substr(0, 5));
    for (auto const& wanted : {std::string("one"), std::string(), large}) {
        auto const frame = buffer.next(1 << 20).value();
        ASSERT_TRUE(frame.has_value());
        EXPECT_EQ(*frame, wanted);
        buffer.consume();
    }
    EXPECT_FALSE(buffer.next(1 << 20).value().has_value());
    feed(buffer, framed("two").substr(5));
    EXPECT_EQ(*buffer.next(1 << 20).value(), "two");
    buffer.consume();
    EXPECT_TRUE(buffer.empty());
    EXPECT_TRUE(buffer.is_large());
    buffer.rest();
    EXPECT_EQ(buffer.capacity(), 0u);
}

TEST(kafka_frames, memory_follows_the_bytes_not_the_claim) {
    frame_buffer buffer(64);
    std::string claim;
    byte_writer(claim).big(std::int32_t{50 << 20}).raw("x");
    feed(buffer, claim);
    ASSERT_FALSE(buffer.next(100 << 20).value().has_value());
    buffer.room();
    EXPECT_LE(buffer.capacity(), 64u << 10);
}

TEST(kafka_frames, lengths_out_of_bounds_are_refused) {
    frame_buffer longer(64);
    feed(longer, framed("12345"));
    EXPECT_EQ(longer.next(4).error().code, error::too_large);
    EXPECT_TRUE(longer.next(5).has_value());
    frame_buffer negative(64);
    feed(negative, std::string(4, '\xff'));
    EXPECT_EQ(negative.next(4).error().code, error::malformed);
}

TEST(kafka_frames, headers_follow_the_version) {
    std::string plain;
    byte_writer(plain).big(std::int16_t{3}).big(std::int16_t{8}).big(std::int32_t{99});
    byte_writer(plain).big(std::int16_t{2}).raw("me").raw("body");
    auto const old = parse_request(plain).value();
    EXPECT_EQ(old.header.client_id, "me");
    EXPECT_EQ(old.header.correlation_id, 99);
    EXPECT_EQ(old.body, "body");
    EXPECT_EQ(response_head(old.header, 4).size(), 8u);

    std::string flexible;
    byte_writer(flexible).big(std::int16_t{3}).big(std::int16_t{9}).big(std::int32_t{99});
    byte_writer(flexible).big(std::int16_t{-1}).raw(std::string_view("\1\5\2ab", 5)).raw("body");
    auto const newer = parse_request(flexible).value();
    EXPECT_EQ(newer.header.client_id, "");
    EXPECT_EQ(newer.body, "body");
    EXPECT_EQ(response_head(newer.header, 4).size(), 9u);

    // ApiVersions answers never have tags in their header.
    EXPECT_EQ(response_head({18, 3, 1, ""}, 0).size(), 8u);
    EXPECT_FALSE(parse_request(plain.substr(0, 9)).has_value());
    EXPECT_FALSE(parse_request("").has_value());
}

TEST(kafka_group_record, golden_bytes_and_refusals) {
    group_record const one{5, "consumer"};
    EXPECT_EQ(encode(one), std::string("\x01\x05\0\0\0\x08"
                                       "consumer",
                                       14));
    EXPECT_EQ(decode_group_record(encode(one)).value(), one);
    EXPECT_EQ(decode_group_record("\x02").error().code, error::unsupported);
    EXPECT_EQ(decode_group_record("").error().code, error::malformed);
    EXPECT_EQ(decode_group_record(encode(one) + "x").error().code, error::malformed);
}

}  // namespace
}  // namespace sluice::kafka
