// The control protocol's codec: round trips, every split, hostile bytes.
#include "gateway/admin/control_codec.hpp"

#include <gtest/gtest.h>

namespace sluice::gateway {
namespace {

std::string body_of(std::string const& frame) { return frame.substr(4); }

TEST(control_codec, requests_round_trip) {
    control_request const request{"user.add", {{"name", "alice"}, {"password", "p\"\\\n\xc3\xa9"}}};
    EXPECT_EQ(decode_request(body_of(encode(request))).value(), request);
    EXPECT_EQ(*request.find("name"), "alice");
    EXPECT_EQ(request.find("nope"), nullptr);
    EXPECT_EQ(decode_request(R"({"command":"x"})").value(), (control_request{"x", {}}));
}

TEST(control_codec, replies_round_trip) {
    for (control_reply const& reply :
         {control_reply{control_row{{{"a", "1"}, {"b", ""}}}}, control_reply{control_done{"fine"}},
          control_reply{control_failed{error::corrupt, "segment 3"}},
          control_reply{control_failed{error::invalid_argument, ""}}})
        EXPECT_EQ(decode_reply(body_of(encode(reply))).value(), reply);
}

TEST(control_codec, anything_else_is_malformed) {
    for (auto const* text :
         {"", "[]", "1", "{}", R"({"command":1})", R"({"command":"a","arguments":[]})",
          R"({"command":"a","arguments":{"b":1}})", R"({"command":"a","extra":"b"})",
          R"({"command":"a","arguments":{"b":{"c":{"d":{"e":"f"}}}}})", "{\"command\":\"a\"",
          R"({"command":"a"} x)", "{\"command\":\"\xff\"}"}) {
        auto const request = decode_request(text);
        ASSERT_TRUE(request.has_error()) << text;
        EXPECT_EQ(request.error().code, error::malformed) << text;
    }
    for (auto const* text : {"{}", R"({"row":1})", R"({"done":1})", R"({"failed":"nonsense","text":""})",
                             R"({"failed":"corrupt"})", R"({"done":"a","row":{}})"})
        EXPECT_TRUE(decode_reply(text).has_error()) << text;
}

TEST(frame_decoder, takes_frames_from_any_split) {
    auto const bytes = encode_frame("one") + encode_frame("") + encode_frame("three");
    for (std::size_t step = 1; step <= bytes.size(); ++step) {
        frame_decoder decoder(16);
        std::vector<std::string> frames;
        for (std::size_t at = 0; at < bytes.size(); at += step) {
            decoder.feed(std::string_view(bytes).substr(at, step));
            while (auto frame = decoder.next().value()) frames.push_back(*frame);
        }
        EXPECT_EQ(frames, (std::vector<std::string>{"one", "", "three"})) << step;
        EXPECT_TRUE(decoder.empty());
    }
}

TEST(frame_decoder, wanted_never_asks_beyond_the_frame_or_the_limit) {
    frame_decoder decoder(8);
    EXPECT_EQ(decoder.wanted(), 4u);
    decoder.feed(std::string_view("\0\0", 2));
    EXPECT_EQ(decoder.wanted(), 2u);
    decoder.feed(std::string_view("\0\5", 2));
    EXPECT_EQ(decoder.wanted(), 5u);
    frame_decoder hostile(8);
    hostile.feed(std::string_view("\xff\xff\xff\xff", 4));
    EXPECT_EQ(hostile.wanted(), 0u);
    EXPECT_EQ(hostile.next().error().code, error::too_large);
}

TEST(frame_decoder, json_objects_keep_the_order_of_fields) {
    EXPECT_EQ(json_object({{"z", "1"}, {"a", "\""}}), R"({"z":"1","a":"\""})");
}

}  // namespace
}  // namespace sluice::gateway
