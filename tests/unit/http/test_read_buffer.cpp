#include <gtest/gtest.h>

#include <cstring>

#include "protocols/http/read_buffer.hpp"

namespace sluice::http {
namespace {

void put(read_buffer& buffer, std::string_view text, std::size_t limit) {
    auto const room = buffer.room(limit);
    ASSERT_GE(room.size(), text.size());
    std::memcpy(room.data(), text.data(), text.size());
    buffer.arrived(text.size());
}

TEST(read_buffer, keeps_what_was_not_consumed) {
    read_buffer buffer(8);
    put(buffer, "abcdef", 64);
    buffer.consume(2);
    put(buffer, "gh", 64);
    EXPECT_EQ(buffer.view(), "cdefgh");
    buffer.consume(6);
    EXPECT_TRUE(buffer.empty());
}

TEST(read_buffer, grows_up_to_the_limit_and_no_further) {
    read_buffer buffer(4);
    std::string sent;
    while (true) {
        auto const room = buffer.room(20);
        if (room.empty()) break;
        std::memset(room.data(), 'x', room.size());
        buffer.arrived(room.size());
        sent.append(room.size(), 'x');
    }
    EXPECT_EQ(sent.size(), 20u);
    EXPECT_EQ(buffer.view(), sent);
}

TEST(read_buffer, settles_to_its_idle_size) {
    read_buffer buffer(8);
    put(buffer, "0123", 64);
    put(buffer, "4567", 64);
    EXPECT_GT(buffer.room(64).size(), 0u);
    buffer.consume(6);
    buffer.settle();
    EXPECT_EQ(buffer.view(), "67");
    EXPECT_EQ(buffer.room(64).size(), 6u);
}

}  // namespace
}  // namespace sluice::http
