#include <gtest/gtest.h>

#include "auth/authn/uri_encoding.hpp"
#include "tests/integration/s3/s3_world.hpp"

namespace sluice::s3 {
namespace {

using names = std::vector<std::string>;

class listings : public testing::Test {
protected:
    listings() {
        world.put("/bucket", "");
        for (auto const* key : {"a", "dir/1", "dir/2", "dir/sub/3", "dir2/4", "e%20f", "z%3C%01"})
            world.put("/bucket/" + std::string(key), key);
    }
    names prefixes(s3_reply const& reply) {
        auto all = reply.elements("Prefix");
        all.erase(all.begin());  // the request's own
        return all;
    }
    s3_world world;
};

TEST_F(listings, show_all_keys_in_byte_order) {
    auto const reply = world.get("/bucket?list-type=2");
    EXPECT_EQ(reply.elements("Key"),
              (names{"a", "dir/1", "dir/2", "dir/sub/3", "dir2/4", "e f", "z&lt;&#1;"}));
    EXPECT_EQ(reply.element("KeyCount"), "7");
    EXPECT_EQ(reply.element("IsTruncated"), "false");
    EXPECT_EQ(reply.element("Size"), "1");
    EXPECT_EQ(reply.element("StorageClass"), "STANDARD");
    EXPECT_EQ(reply.element("LastModified"), "2026-01-01T00:00:00.000Z");
    EXPECT_EQ(reply.elements("Owner").size(), 0u);
    EXPECT_EQ(world.get("/bucket?list-type=2&fetch-owner=true").elements("Owner").size(), 7u);
    auto const encoded = world.get("/bucket?list-type=2&encoding-type=url&prefix=z%3C");
    EXPECT_EQ(encoded.elements("Key"), names{"z%3C%01"});
    EXPECT_EQ(encoded.element("Prefix"), "z%3C");
    EXPECT_EQ(encoded.element("EncodingType"), "url");
}

TEST_F(listings, group_by_delimiter) {
    auto const top = world.get("/bucket?list-type=2&delimiter=/");
    EXPECT_EQ(top.elements("Key"), (names{"a", "e f", "z&lt;&#1;"}));
    EXPECT_EQ(prefixes(top), (names{"dir/", "dir2/"}));
    EXPECT_EQ(top.element("KeyCount"), "5");
    auto const below = world.get("/bucket?list-type=2&delimiter=/&prefix=dir/");
    EXPECT_EQ(below.elements("Key"), (names{"dir/1", "dir/2"}));
    EXPECT_EQ(prefixes(below), names{"dir/sub/"});
    EXPECT_EQ(prefixes(world.get("/bucket?list-type=2&delimiter=ub")), names{"dir/sub"});
}

TEST_F(listings, of_version_2_continue_with_tokens) {
    for (std::string const& query : {std::string(), std::string("&delimiter=/")}) {
        names seen;
        std::string token;
        for (int page = 0; page < 20; ++page) {
            auto const reply = world.get("/bucket?list-type=2&max-keys=1" + query +
                                         (token.empty() ? "" : "&continuation-token=" + token));
            ASSERT_EQ(reply.status, 200u) << reply.body;
            for (auto const& key : reply.elements("Key")) seen.push_back(key);
            auto const grouped = reply.elements("Prefix");
            seen.insert(seen.end(), grouped.begin() + 1, grouped.end());
            token = reply.element("NextContinuationToken");
            if (reply.element("IsTruncated") == "false") break;
            ASSERT_FALSE(token.empty());
        }
        EXPECT_EQ(seen, query.empty() ? (names{"a", "dir/1", "dir/2", "dir/sub/3", "dir2/4", "e f",
                                               "z&lt;&#1;"})
                                      : (names{"a", "dir/", "dir2/", "e f", "z&lt;&#1;"}));
    }
}

TEST_F(listings, refuse_tokens_of_another_listing) {
    auto const token = world.get("/bucket?list-type=2&max-keys=1").element("NextContinuationToken");
    EXPECT_EQ(world.get("/bucket?list-type=2&prefix=d&continuation-token=" + token).code(),
              "InvalidArgument");
    EXPECT_EQ(world.get("/bucket?list-type=2&continuation-token=" + token + "00").code(),
              "InvalidArgument");
    EXPECT_EQ(world.get("/bucket?list-type=2&continuation-token=").code(), "InvalidArgument");
}

TEST_F(listings, start_after_a_key) {
    EXPECT_EQ(world.get("/bucket?list-type=2&start-after=dir/2").elements("Key"),
              (names{"dir/sub/3", "dir2/4", "e f", "z&lt;&#1;"}));
    EXPECT_EQ(world.get("/bucket?list-type=2&start-after=dir/2").element("StartAfter"), "dir/2");
}

TEST_F(listings, of_version_1_continue_with_markers) {
    auto const first = world.get("/bucket?max-keys=2&delimiter=/");
    EXPECT_EQ(first.elements("Key"), names{"a"});
    EXPECT_EQ(prefixes(first), names{"dir/"});
    EXPECT_EQ(first.element("NextMarker"), "dir/");
    EXPECT_EQ(first.elements("Owner").size(), 1u);
    auto const second = world.get("/bucket?delimiter=/&marker=dir/");
    EXPECT_EQ(second.elements("Key"), (names{"e f", "z&lt;&#1;"}));
    EXPECT_EQ(prefixes(second), names{"dir2/"});
    EXPECT_EQ(second.element("Marker"), "dir/");
    EXPECT_EQ(world.get("/bucket?max-keys=2").element("NextMarker"), "");
    EXPECT_EQ(world.get("/bucket?marker=dir/1&max-keys=1").elements("Key"), names{"dir/2"});
}

TEST_F(listings, go_on_behind_the_prefix_that_a_marker_lies_below) {
    for (auto const* asked : {"/bucket?delimiter=/&marker=dir/1", "/bucket?delimiter=/&marker=dir/sub/3",
                              "/bucket?list-type=2&delimiter=/&start-after=dir/1",
                              "/bucket?versions&delimiter=/&key-marker=dir/1"}) {
        auto const reply = world.get(asked);
        EXPECT_EQ(reply.elements("Key"), (names{"e f", "z&lt;&#1;"})) << asked;
        EXPECT_EQ(prefixes(reply), names{"dir2/"}) << asked;
    }
    auto const inside = world.get("/bucket?prefix=dir/&delimiter=/&marker=dir/1");
    EXPECT_EQ(inside.elements("Key"), names{"dir/2"});
    EXPECT_EQ(prefixes(inside), names{"dir/sub/"});
    EXPECT_EQ(inside.element("Marker"), "dir/1");
}

TEST_F(listings, have_page_sizes) {
    EXPECT_EQ(world.get("/bucket?list-type=2&max-keys=0").element("KeyCount"), "0");
    EXPECT_EQ(world.get("/bucket?list-type=2&max-keys=0").element("IsTruncated"), "false");
    EXPECT_EQ(world.get("/bucket?list-type=2&max-keys=5000").element("MaxKeys"), "1000");
    EXPECT_EQ(world.get("/bucket?list-type=2&max-keys=-1").code(), "InvalidArgument");
    EXPECT_EQ(world.get("/absent?list-type=2&max-keys=0").code(), "NoSuchBucket");
    EXPECT_EQ(world.get("/absent").code(), "NoSuchBucket");
}

}  // namespace
}  // namespace sluice::s3
