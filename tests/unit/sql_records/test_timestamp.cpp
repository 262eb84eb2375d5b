#include <gtest/gtest.h>

#include "protocols/sql/records/timestamp.hpp"

namespace sluice::sql::records {
namespace {

TEST(record_timestamp, keeps_the_precision_it_was_written_in) {
    for (std::string const text :
         {"2007T", "2007-02T", "2007-02-23T", "2007-02-23T12:14Z", "2007-02-23T12:14:33Z",
          "2007-02-23T12:14:33.079-08:00", "0001-01-01T00:00:00Z",
          "9999-12-31T23:59:59.999999999+00:30", "2007-02-23T12:14:33-00:00"}) {
        auto const moment = parse_timestamp(text);
        ASSERT_TRUE(moment) << text;
        std::string shown;
        print(*moment, shown);
        EXPECT_EQ(shown, text);
    }
    auto const without_mark = parse_timestamp("2007-02-23");
    ASSERT_TRUE(without_mark);
    EXPECT_EQ(extract(time_part::day, *without_mark), 23);
}

TEST(record_timestamp, takes_nothing_else) {
    for (std::string const text :
         {"", "2007", "2007-2T", "2007-02-30T", "2007-13T", "2007-02-23T12Z", "2007-02-23T12:14",
          "2007-02-23T24:00Z", "2007-02-23T12:60Z", "2007-02-23T12:14:33.Z",
          "2007-02-23T12:14:33.0123456789Z", "2007-02-23T12:14:33+24:00", "0000T",
          "2007-02-23T12:14Zx", "2007-02-23 12:14Z"})
        EXPECT_FALSE(parse_timestamp(text)) << text;
}

TEST(record_timestamp, counts_whole_units) {
    auto const a = *parse_timestamp("2020-01-31T12:00:00.5Z");
    auto const b = *parse_timestamp("2020-02-29T12:00:00Z");
    EXPECT_EQ(difference(time_part::month, a, b), 0);
    EXPECT_EQ(difference(time_part::day, a, b), 28);
    EXPECT_EQ(difference(time_part::second, b, a), -2505599);
    EXPECT_TRUE(add_to(a, time_part::year, INT64_MAX).has_error());
    EXPECT_TRUE(add_to(a, time_part::second, INT64_MIN).has_error());
}

}  // namespace
}  // namespace sluice::sql::records
