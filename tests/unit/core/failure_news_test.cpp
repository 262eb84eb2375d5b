#include "gateway/core/failure_news.hpp"

#include <gtest/gtest.h>

namespace sluice {
namespace {

TEST(failure_news, the_same_again_is_news_only_after_a_while) {
    failure_news news;
    failure const broken{error::io_failed, "cannot write 'a' at 4096"};
    auto const now = monotonic_time{} + std::chrono::hours{1};
    EXPECT_TRUE(news.is_news("reaper", broken, now));
    EXPECT_FALSE(news.is_news("reaper", broken, now + std::chrono::seconds{5}));
    EXPECT_TRUE(news.is_news("reclaim", broken, now + std::chrono::seconds{5})) << "another part";
    auto const later = now + failure_news::repeated_after;
    EXPECT_FALSE(news.is_news("reaper", broken, later - std::chrono::nanoseconds{1}));
    EXPECT_TRUE(news.is_news("reaper", broken, later)) << "it lasts";
    EXPECT_TRUE(news.is_news("reaper", {error::io_failed, "cannot write 'b'"}, later));
    EXPECT_TRUE(news.is_news("reaper", {error::corrupt, "cannot write 'b'"}, later));
}

TEST(failure_news, inner_failures_are_those_a_client_is_told_little_of) {
    EXPECT_TRUE(is_inner_failure(error::io_failed));
    EXPECT_TRUE(is_inner_failure(error::corrupt));
    EXPECT_TRUE(is_inner_failure(error::outcome_unknown));
    EXPECT_FALSE(is_inner_failure(error::not_found));
    EXPECT_FALSE(is_inner_failure(error::overloaded));
    EXPECT_FALSE(is_inner_failure(error::read_only)) << "why it is so was told when it became so";
}

}  // namespace
}  // namespace sluice
