#include <gtest/gtest.h>

#include "tests/integration/s3/s3_world.hpp"

namespace sluice::s3 {
namespace {

constexpr auto long_ago = "Sun, 06 Nov 1994 08:49:37 GMT";
constexpr auto far_off = "Sun, 06 Nov 2094 08:49:37 GMT";

class conditions : public testing::Test {
protected:
    conditions() {
        world.put("/bucket", "");
        etag = world.put("/bucket/k", "content").header("ETag");
    }
    unsigned read(header_list headers) { return world.get("/bucket/k", std::move(headers)).status; }
    s3_world world;
    std::string etag;
};

TEST_F(conditions, of_reads_follow_the_precedence_of_http) {
    EXPECT_EQ(read({{"If-Match", etag}}), 200u);
    EXPECT_EQ(read({{"If-Match", "*"}}), 200u);
    EXPECT_EQ(read({{"If-Match", "\"other\", " + etag}}), 200u);
    EXPECT_EQ(read({{"If-Match", "\"other\""}}), 412u);
    EXPECT_EQ(read({{"If-None-Match", etag}}), 304u);
    EXPECT_EQ(read({{"If-None-Match", "*"}}), 304u);
    EXPECT_EQ(read({{"If-None-Match", "\"other\""}}), 200u);
    EXPECT_EQ(read({{"If-Modified-Since", long_ago}}), 200u);
    auto const changed = world.get("/bucket/k").header("Last-Modified");
    EXPECT_EQ(read({{"If-Modified-Since", changed}}), 304u);
    EXPECT_EQ(read({{"If-Modified-Since", far_off}}), 200u) << "nobody knows that yet";
    EXPECT_EQ(read({{"If-Unmodified-Since", long_ago}}), 412u);
    EXPECT_EQ(read({{"If-Unmodified-Since", far_off}}), 200u);
    EXPECT_EQ(read({{"If-Match", etag}, {"If-Unmodified-Since", long_ago}}), 200u);
    EXPECT_EQ(read({{"If-None-Match", etag}, {"If-Modified-Since", long_ago}}), 304u);
    EXPECT_EQ(read({{"If-None-Match", "\"other\""}, {"If-Modified-Since", changed}}), 200u);
    EXPECT_EQ(read({{"If-Modified-Since", "nonsense"}}), 200u);
}

TEST_F(conditions, of_reads_answer_without_a_body) {
    auto const reply = world.get("/bucket/k", {{"If-None-Match", etag}});
    EXPECT_EQ(reply.header("ETag"), etag);
    EXPECT_EQ(reply.body, "");
    EXPECT_EQ(reply.header("Content-Length"), "");
    EXPECT_EQ(world.get("/bucket/k", {{"If-Match", "x"}}).code(), "PreconditionFailed");
}

TEST_F(conditions, of_puts_guard_what_is_there) {
    auto const taken = world.put("/bucket/k", "new", {{"If-None-Match", "*"}});
    EXPECT_EQ(taken.status, 412u);
    EXPECT_EQ(taken.code(), "PreconditionFailed");
    EXPECT_EQ(world.put("/bucket/fresh", "new", {{"If-None-Match", "*"}}).status, 200u);
    EXPECT_EQ(world.put("/bucket/k", "new", {{"If-Match", "\"other\""}}).status, 412u);
    EXPECT_EQ(world.get("/bucket/k").body, "content");
    EXPECT_EQ(world.put("/bucket/k", "new", {{"If-Match", "*"}}).code(), "NotImplemented");
    EXPECT_EQ(world.put("/bucket/k", "new", {{"If-Match", etag}}).status, 200u);
    EXPECT_EQ(world.get("/bucket/k").body, "new");
    auto const absent = world.put("/bucket/absent", "new", {{"If-Match", etag}});
    EXPECT_EQ(absent.status, 404u);
    EXPECT_EQ(absent.code(), "NoSuchKey");
}

TEST_F(conditions, of_deletions_guard_what_is_there) {
    EXPECT_EQ(world.del("/bucket/k", {{"If-Match", "\"other\""}}).status, 412u);
    EXPECT_EQ(world.del("/bucket/k", {{"x-amz-if-match-size", "8"}}).status, 412u);
    EXPECT_EQ(world.del("/bucket/k", {{"If-None-Match", "*"}}).code(), "NotImplemented");
    EXPECT_EQ(world.del("/bucket/k", {{"If-Match", etag}, {"x-amz-if-match-size", "7"}}).status,
              204u);
    EXPECT_EQ(world.get("/bucket/k").status, 404u);
}

}  // namespace
}  // namespace sluice::s3
