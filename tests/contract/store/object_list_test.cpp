// Listings: prefix, delimiter, markers, pages, and that a common prefix costs one seek.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "tests/contract/store/store_world.hpp"

namespace sluice::test {
namespace {

using namespace store;

class object_lists : public testing::TestWithParam<world_kind> {
protected:
    object_lists() { world.make_bucket("b"); }

    list_page list(list_objects_request request) {
        request.bucket = "b";
        return world.run(list_objects(world.store(), std::move(request))).value();
    }
    // "o:key" and "p:prefix", each in order.
    static std::vector<std::string> names(list_page const& page) {
        std::vector<std::string> all;
        for (auto const& one : page.objects) all.push_back("o:" + one.key);
        for (auto const& one : page.common_prefixes) all.push_back("p:" + one);
        return all;
    }
    store_world world{{.kind = GetParam()}};
};

using names_of = std::vector<std::string>;

TEST_P(object_lists, prefix_delimiter_and_marker) {
    for (auto const* key : {"a", "a/1", "a/2", "a/b/3", "b/1", "c", "z"}) world.put(key, "x");
    EXPECT_EQ(names(list({})),
              (names_of{"o:a", "o:a/1", "o:a/2", "o:a/b/3", "o:b/1", "o:c", "o:z"}));
    EXPECT_EQ(names(list({.delimiter = "/"})), (names_of{"o:a", "o:c", "o:z", "p:a/", "p:b/"}));
    EXPECT_EQ(names(list({.prefix = "a/", .delimiter = "/"})),
              (names_of{"o:a/1", "o:a/2", "p:a/b/"}));
    EXPECT_EQ(names(list({.prefix = "a/b"})), (names_of{"o:a/b/3"}));
    EXPECT_EQ(names(list({.delimiter = "/", .after = "a/"})), (names_of{"o:c", "o:z", "p:b/"}));
    EXPECT_EQ(names(list({.delimiter = "/", .after = "a/1"})),
              (names_of{"o:c", "o:z", "p:a/", "p:b/"}));
    EXPECT_EQ(names(list({.after = "a/2"})), (names_of{"o:a/b/3", "o:b/1", "o:c", "o:z"}));
    EXPECT_EQ(names(list({.prefix = "nothing"})), names_of{});
    EXPECT_EQ(names(list({.prefix = "a/", .after = "b"})), names_of{});
}

TEST_P(object_lists, delimiters_of_any_length_and_byte) {
    std::string const nul("x\0y", 3);
    for (auto const& key : {std::string("k--1"), std::string("k--2"), std::string("k-3"), nul,
                            std::string("m\xff\xff"
                                        "1"),
                            std::string("m\xff\xff"
                                        "2"),
                            std::string("n")})
        world.put(key, "x");
    EXPECT_EQ(names(list({.delimiter = "--"})), (names_of{"o:k-3",
                                                          "o:m\xff\xff"
                                                          "1",
                                                          "o:m\xff\xff"
                                                          "2",
                                                          "o:n", "o:" + nul, "p:k--"}));
    EXPECT_EQ(names(list({.delimiter = std::string(1, '\0')})),
              (names_of{"o:k--1", "o:k--2", "o:k-3",
                        "o:m\xff\xff"
                        "1",
                        "o:m\xff\xff"
                        "2",
                        "o:n", "p:" + nul.substr(0, 2)}));
    EXPECT_EQ(names(list({.delimiter = "\xff\xff"})),
              (names_of{"o:k--1", "o:k--2", "o:k-3", "o:n", "o:" + nul, "p:m\xff\xff"}));
}

// Against a plain model, over all page sizes.
TEST_P(object_lists, pages_join_to_the_whole) {
    std::set<std::string> keys;
    for (int i = 0; i < 60; ++i)
        keys.insert("d" + std::to_string(i % 7) + "/" + std::to_string(i % 3) + "/" +
                    std::to_string(i));
    for (int i = 0; i < 10; ++i) keys.insert("f" + std::to_string(i));
    for (auto const& key : keys) world.put(key, "x");
    for (std::string const delimiter : {"", "/"}) {
        for (std::string const prefix : {"", "d", "d3/", "f"}) {
            std::set<std::string> expected;
            for (auto const& key : keys) {
                if (!key.starts_with(prefix)) continue;
                auto const at =
                    delimiter.empty() ? std::string::npos : key.find(delimiter, prefix.size());
                expected.insert(at == std::string::npos ? "o:" + key
                                                        : "p:" + key.substr(0, at + 1));
            }
            for (std::uint32_t const most : {1, 2, 3, 7, 1000}) {
                std::multiset<std::string> seen;
                std::string after;
                for (;;) {
                    auto const page = list({.prefix = prefix,
                                            .delimiter = delimiter,
                                            .after = after,
                                            .max_entries = most});
                    ASSERT_LE(page.objects.size() + page.common_prefixes.size(), most);
                    for (auto& name : names(page)) seen.insert(name);
                    if (!page.truncated) break;
                    ASSERT_GT(page.next_after, after);
                    after = page.next_after;
                }
                EXPECT_EQ(seen, std::multiset<std::string>(expected.begin(), expected.end()))
                    << prefix << " " << delimiter << " " << most;
            }
        }
    }
}

TEST_P(object_lists, a_common_prefix_costs_one_seek) {
    std::vector<task<result<object_stat>>> puts;
    for (int directory = 0; directory < 3; ++directory)
        for (int i = 0; i < 500; ++i)
            puts.push_back(put_object(world.store(), put_request("d" + std::to_string(directory) +
                                                                     "/" + std::to_string(i),
                                                                 small_payload("x"))));
    world.run_all(std::move(puts));
    auto const before = world.store().counters().listing_steps;
    EXPECT_EQ(names(list({.delimiter = "/"})), (names_of{"p:d0/", "p:d1/", "p:d2/"}));
    EXPECT_LE(world.store().counters().listing_steps - before, 5u);
}

TEST_P(object_lists, max_entries_zero_and_too_many) {
    for (int i = 0; i < 5; ++i) world.put("k" + std::to_string(i), "x");
    auto const none = list({.max_entries = 0});
    EXPECT_TRUE(none.objects.empty());
    EXPECT_FALSE(none.truncated);
    EXPECT_EQ(list({.max_entries = 1'000'000}).objects.size(), 5u);
}

INSTANTIATE_TEST_SUITE_P(stores, object_lists,
                         testing::Values(world_kind::simulated, world_kind::folder),
                         [](auto const& info) {
                             return info.param == world_kind::simulated ? "simulated" : "folder";
                         });

}  // namespace
}  // namespace sluice::test
