#include "protocols/kafka/wire/primitives.hpp"

#include <gtest/gtest.h>

namespace sluice::kafka {
namespace {

TEST(kafka_primitives, a_claimed_array_is_bounded_by_the_remaining_bytes) {
    std::string frame("\x7f\xff\xff\xff", 4);
    wire_reader in(frame, 1'000'000'000);
    in.array(false, false);
    EXPECT_FALSE(in.ok());
}

TEST(kafka_primitives, a_message_has_a_budget_of_elements) {
    std::string frame;
    byte_writer(frame).big(std::int32_t{5}).raw("12345").big(std::int32_t{5}).raw("12345");
    wire_reader in(frame, 9);
    EXPECT_EQ(in.array(false, false), 5u);
    for (int i = 0; i < 5; ++i) in.integer<std::int8_t>();
    in.array(false, false);
    EXPECT_FALSE(in.ok());
}

TEST(kafka_primitives, null_only_where_it_is_allowed) {
    for (bool flexible : {false, true}) {
        wire_writer out;
        out.null_string(flexible);
        wire_reader nullable(out.flat(), 1);
        EXPECT_EQ(nullable.string(flexible, true), std::nullopt);
        EXPECT_TRUE(nullable.ok());
        wire_reader strict(out.flat(), 1);
        strict.string(flexible, false);
        EXPECT_FALSE(strict.ok());
    }
}

TEST(kafka_primitives, lengths_below_minus_one_are_refused) {
    std::string frame("\xff\xfe", 2);
    wire_reader in(frame, 1);
    in.string(false, true);
    EXPECT_FALSE(in.ok());
}

TEST(kafka_primitives, a_varint_of_more_than_32_bits_is_refused) {
    wire_reader long_form("\x80\x80\x80\x80\x80\x01", 1);
    long_form.unsigned_varint();
    EXPECT_FALSE(long_form.ok());
    wire_reader too_big("\xff\xff\xff\xff\x7f", 1);
    too_big.unsigned_varint();
    EXPECT_FALSE(too_big.ok());
    wire_reader most("\xff\xff\xff\xff\x0f", 1);
    EXPECT_EQ(most.unsigned_varint(), 0xffffffffu);
}

TEST(kafka_primitives, record_data_is_gathered_not_copied) {
    std::string batch = "batch-bytes";
    record_data data;
    data.pieces.push_back({nullptr, batch});
    data.pieces.push_back({nullptr, std::string_view(batch).substr(0, 5)});
    wire_writer out;
    out.integer(std::int16_t{1});
    out.records(data, false);
    out.integer(std::int16_t{2});
    auto pieces = out.pieces();
    ASSERT_EQ(pieces.size(), 4u);
    EXPECT_EQ(pieces[1].bytes.data(), batch.data());
    EXPECT_EQ(out.size(), 2u + 4 + 16 + 2);
    EXPECT_EQ(pieces[0].bytes, std::string_view("\x00\x01\x00\x00\x00\x10", 6));
}

TEST(kafka_primitives, a_known_tag_must_be_read_to_its_end) {
    wire_writer out;
    out.unsigned_varint(1);
    out.tag(0, "abcd");
    wire_reader in(out.flat(), 10);
    ASSERT_EQ(in.tag_count(), 1u);
    auto field = in.next_tag();
    in.integer<std::int16_t>();
    in.finish_tag(field);
    EXPECT_FALSE(in.ok());
}

}  // namespace
}  // namespace sluice::kafka
