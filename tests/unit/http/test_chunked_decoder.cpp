#include <gtest/gtest.h>

#include "protocols/http/chunked_decoder.hpp"

namespace sluice::http {
namespace {

struct decoded {
    std::string payload;
    std::string rest;
    bool finished = false;
    unsigned refused = 0;  // status
    std::vector<std::pair<std::string, std::string>> trailers;
};

// Feeds `text` in pieces of `piece` bytes.
decoded decode(std::string_view text, std::size_t piece, http_options const& limits = {}) {
    chunked_decoder decoder(limits);
    decoded out;
    std::string pending;
    while (!decoder.finished()) {
        if (text.empty() && pending.empty()) break;
        pending.append(text.substr(0, piece));
        text.remove_prefix(std::min(piece, text.size()));
        while (!pending.empty() && !decoder.finished()) {
            auto const step = decoder.decode(pending);
            if (!step) {
                out.refused = step.error().status;
                return out;
            }
            out.payload.append(step->payload);
            pending.erase(0, step->consumed);
        }
    }
    out.finished = decoder.finished();
    out.rest = pending.append(text);
    out.trailers = decoder.trailers();
    return out;
}

constexpr std::string_view plain = "5\r\nhello\r\n6;name=\"v\"\r\n world\r\n0\r\n\r\nGET";

TEST(chunked_decoder, decodes_however_the_bytes_are_cut) {
    for (std::size_t piece = 1; piece <= plain.size(); ++piece) {
        auto const out = decode(plain, piece);
        EXPECT_TRUE(out.finished);
        EXPECT_EQ(out.payload, "hello world");
        EXPECT_EQ(out.rest, "GET");
    }
}

TEST(chunked_decoder, is_not_finished_before_the_last_byte) {
    auto const whole = plain.substr(0, plain.size() - 3);
    for (std::size_t size = 0; size < whole.size(); ++size) {
        auto const out = decode(whole.substr(0, size), 3);
        EXPECT_FALSE(out.finished) << size;
        EXPECT_EQ(out.refused, 0u) << size;
    }
}

TEST(chunked_decoder, keeps_trailers) {
    auto const out = decode("1\r\nx\r\n0\r\nA: b \r\nc:d\r\n\r\n", 4);
    ASSERT_EQ(out.trailers.size(), 2u);
    EXPECT_EQ(out.trailers[0], (std::pair<std::string, std::string>("A", "b")));
    EXPECT_EQ(out.trailers[1], (std::pair<std::string, std::string>("c", "d")));
}

TEST(chunked_decoder, refuses_what_two_readers_could_take_differently) {
    for (auto const* text : {"\r\n", "x\r\n", "-1\r\n", "+1\r\n", " 1\r\n", "1 \r\n", "0x1\r\n",
                             "11111111111111111\r\n", "FFFFFFFFFFFFFFFF\r\n", "1\n", "1\rx\r\n",
                             "1\r\nxy\r\n", "1\r\nx\n", "0\r\nbad\r\n\r\n", "0\r\n: v\r\n\r\n",
                             "0\r\na b: v\r\n\r\n", "0\r\n folded: v\r\n\r\n"})
        EXPECT_EQ(decode(text, 2).refused, 400u) << text;
}

TEST(chunked_decoder, bounds_its_lines) {
    http_options limits;
    limits.chunk_line_bytes = 16;
    limits.trailer_bytes = 32;
    EXPECT_EQ(decode("1;" + std::string(20, 'e') + "\r\n", 5, limits).refused, 400u);
    EXPECT_EQ(decode("0\r\na: " + std::string(40, 'v') + "\r\n\r\n", 5, limits).refused, 400u);
    EXPECT_EQ(decode("0\r\na: 1234567\r\nb: 1234567\r\nc: 1234567\r\n\r\n", 5, limits).refused,
              400u);
}

}  // namespace
}  // namespace sluice::http
