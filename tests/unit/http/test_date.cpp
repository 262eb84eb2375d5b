#include <gtest/gtest.h>

#include "gateway/core/ids.hpp"
#include "protocols/http/date.hpp"

namespace sluice::http {
namespace {

constexpr unix_millis moment{784111777000};  // RFC 9110's own example

TEST(date, writes_both_forms) {
    EXPECT_EQ(http_date(moment), "Sun, 06 Nov 1994 08:49:37 GMT");
    EXPECT_EQ(iso_date(moment), "1994-11-06T08:49:37.000Z");
    EXPECT_EQ(iso_date(unix_millis{1709210096789}), "2024-02-29T12:34:56.789Z");
    EXPECT_EQ(http_date(unix_millis{0}), "Thu, 01 Jan 1970 00:00:00 GMT");
}

TEST(date, reads_all_three_forms_of_http) {
    EXPECT_EQ(parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT"), moment);
    EXPECT_EQ(parse_http_date("Sunday, 06-Nov-94 08:49:37 GMT"), moment);
    EXPECT_EQ(parse_http_date("Sun Nov  6 08:49:37 1994"), moment);
}

TEST(date, refuses_what_is_no_date) {
    for (auto const* text : {"", "now", "Sun, 06 Nov 1994", "Sun, 31 Feb 2024 00:00:00 GMT",
                             "Sun, 06 Nov 1994 24:00:00 GMT", "Sun, 06 Nov 1994 08:49:37 CET",
                             "Sun, 06 Nov 1994 08:49:37 GMT trailing", "1994-11-06T08:49:37Z"})
        EXPECT_FALSE(parse_http_date(text)) << text;
}

TEST(date, reads_iso_with_and_without_fraction) {
    EXPECT_EQ(parse_iso_date("1994-11-06T08:49:37Z"), moment);
    EXPECT_EQ(parse_iso_date("1994-11-06T08:49:37.5Z"), unix_millis{to_underlying(moment) + 500});
    EXPECT_EQ(parse_iso_date("1994-11-06T08:49:37.123456Z"),
              unix_millis{to_underlying(moment) + 123});
    EXPECT_FALSE(parse_iso_date("1994-11-06T08:49:37+01:00"));
    EXPECT_FALSE(parse_iso_date("1994-13-06T08:49:37Z"));
}

}  // namespace
}  // namespace sluice::http
