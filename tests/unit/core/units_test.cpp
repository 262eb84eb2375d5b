#include "gateway/core/units.hpp"

#include <gtest/gtest.h>

#include "gateway/core/bytes.hpp"

namespace sluice {
namespace {

using namespace std::chrono_literals;

TEST(units, sizes) {
    EXPECT_EQ(parse_bytes("0").value(), 0u);
    EXPECT_EQ(parse_bytes("4096").value(), 4096u);
    EXPECT_EQ(parse_bytes("64 MiB").value(), 64 * mebibyte);
    EXPECT_EQ(parse_bytes("1KiB").value(), 1024u);
    EXPECT_EQ(parse_bytes("7 B").value(), 7u);
    EXPECT_EQ(parse_bytes("18446744073709551615").value(), ~std::uint64_t{0});
    for (auto text : {"", " ", "MiB", "1.5 GiB", "-1", "+1", "1 KB", "1 MB", "1mib", "1 MiB ", " 1 MiB",
                      "18446744073709551616", "16777216 TiB", "0x10", "1 M iB"})
        EXPECT_EQ(parse_bytes(text).error().code, error::invalid_argument) << text;
}

TEST(units, durations) {
    EXPECT_EQ(parse_duration("0").value(), 0ns);
    EXPECT_EQ(parse_duration("250ms").value(), 250ms);
    EXPECT_EQ(parse_duration("30 s").value(), 30s);
    EXPECT_EQ(parse_duration("5 min").value(), 5min);
    EXPECT_EQ(parse_duration("7 d").value(), 7 * 24h);
    for (auto text : {"", "1", "s", "1.5 s", "-1 s", "1 m", "1 S", "1 s ", "107000 d", "99999999999999999999 s"})
        EXPECT_EQ(parse_duration(text).error().code, error::invalid_argument) << text;
}

TEST(units, formatting_loses_nothing) {
    EXPECT_EQ(format_bytes(0), "0 B");
    EXPECT_EQ(format_bytes(64 * mebibyte), "64 MiB");
    EXPECT_EQ(format_bytes(1000), "1000 B");
    EXPECT_EQ(format_bytes(1536), "1536 B");
    EXPECT_EQ(format_duration(90s), "90 s");
    EXPECT_EQ(format_duration(2h), "2 h");
    EXPECT_EQ(format_duration(1500us), "1500 us");
    for (std::uint64_t value : {1ull, 1023ull, 1024ull, 1ull << 40, 3ull << 30})
        EXPECT_EQ(parse_bytes(format_bytes(value)).value(), value);
    for (auto length : {1ns, std::chrono::nanoseconds{1s}, std::chrono::nanoseconds{36h}})
        EXPECT_EQ(parse_duration(format_duration(length)).value(), length);
}

}  // namespace
}  // namespace sluice
