// Objects that grow at their end, and objects that get another key.
#include <gtest/gtest.h>

#include "backend/store/reaper.hpp"
#include "tests/contract/store/store_world.hpp"

namespace sluice::test {
namespace {

using namespace store;

class object_growth : public testing::TestWithParam<world_kind> {
protected:
    object_growth() { world.make_bucket("b"); }

    result<object_stat> append(std::string key, std::uint64_t offset, std::string const& bytes) {
        append_object_request request;
        request.bucket = "b";
        request.key = std::move(key);
        request.offset = offset;
        request.payload = world.streamed(bytes);
        request.finish = [&](object_stat const* current) -> result<appended_object> {
            seen_ = current ? current->size : 0;
            appended_object made;
            made.etag = "e" + std::to_string(offset + bytes.size());
            if (current) made.attributes = current->attributes;
            return made;
        };
        return world.run(append_object(world.store(), std::move(request)));
    }
    result<object_stat> rename(std::string from, std::string to, conditions when = {}) {
        rename_object_request request;
        request.bucket = "b";
        request.source_key = std::move(from);
        request.key = std::move(to);
        request.when = std::move(when);
        return world.run(rename_object(world.store(), std::move(request)));
    }
    void copy(std::string from, std::string to) {
        copy_object_request request;
        request.source_bucket = request.bucket = "b";
        request.source_key = std::move(from);
        request.key = std::move(to);
        world.run(copy_object(world.store(), std::move(request))).value();
    }
    void remove(std::string key) {
        delete_object_request request;
        request.bucket = "b";
        request.key = std::move(key);
        EXPECT_TRUE(world.run(delete_object(world.store(), std::move(request))).value());
    }

    std::uint64_t seen_ = 0;
    store_world world{{.kind = GetParam()}};
};

TEST_P(object_growth, takes_pieces_of_every_size_at_its_end) {
    std::string whole;
    std::uint64_t seed = 1;
    for (std::size_t const size : {100u, 1u, 3'000u, 300'000u, 0u, 2'500'000u, 50u}) {
        auto const piece = pattern(size, seed++);
        auto const stat = append("k", whole.size(), piece).value();
        EXPECT_EQ(seen_, whole.size());
        whole += piece;
        EXPECT_EQ(stat.size, whole.size());
        EXPECT_EQ(stat.etag, "e" + std::to_string(whole.size()));
        EXPECT_EQ(world.get("k"), whole);
    }
    world.reopen();
    EXPECT_EQ(world.get("k"), whole);
    EXPECT_EQ(append("k", 5, "x").error().code, error::out_of_range);
    EXPECT_EQ(append("k", whole.size() + 1, "x").error().code, error::out_of_range);
    EXPECT_EQ(append("other", 1, "x").error().code, error::out_of_range);
    EXPECT_EQ(world.get("k"), whole);
}

TEST_P(object_growth, does_not_touch_what_readers_and_copies_have) {
    auto const first = pattern(400'000, 1), second = pattern(5'000, 2), third = pattern(7'000, 3);
    append("k", 0, first).value();
    append("k", first.size(), second).value();
    auto opened = world.run(open_object(world.store(), {"b", "k"})).value();
    copy("k", "copy");
    append("k", first.size() + second.size(), third).value();
    append("copy", first.size() + second.size(), "x").value();
    append("copy", first.size() + second.size() + 1, "y").value();
    EXPECT_EQ(world.get("k"), first + second + third);
    EXPECT_EQ(world.get("copy"), first + second + "xy");
    auto reader = world.run(opened.read()).value();
    EXPECT_EQ(world.run(read_all(std::move(reader))).value(), first + second);
    opened = {};   // a store waits for who holds its objects before it closes
    remove("k");
    world.store().reaping().run_once(blocking_token::for_this_thread()).value();
    world.reopen();
    EXPECT_EQ(world.get("copy"), first + second + "xy");
}

TEST_P(object_growth, costs_the_same_however_often) {
    append("k", 0, "0").value();
    append("k", 1, "1").value();
    auto const cost = [&](std::uint64_t offset) {
        auto const before = world.store().journal().statistics().group_bytes;
        append("k", offset, "x").value();
        return world.store().journal().statistics().group_bytes - before;
    };
    auto const early = cost(2);
    for (std::uint64_t at = 3; at < 300; ++at) append("k", at, "x").value();
    EXPECT_LT(cost(300), early + 200);
    EXPECT_EQ(world.get("k").size(), 301u);
}

TEST_P(object_growth, ends_at_the_number_of_pieces) {
    store_limits few;
    few.upload_parts = 5;
    store_world small{{.kind = GetParam(), .limits = few}};
    small.make_bucket("b");
    small.put("k", "0");
    std::optional<failure> refused;
    for (std::uint64_t at = 1; at < 10 && !refused; ++at) {
        append_object_request request;
        request.bucket = "b";
        request.key = "k";
        request.offset = at;
        request.payload = small_payload("x");
        request.finish = [](object_stat const*) -> result<appended_object> {
            return appended_object{"e", {}};
        };
        auto const done = small.run(append_object(small.store(), std::move(request)));
        if (!done) refused = done.error();
    }
    ASSERT_TRUE(refused);
    EXPECT_EQ(refused->code, error::too_large);
    EXPECT_EQ(small.get("k").size(), 5u);
}

TEST_P(object_growth, of_two_at_the_same_time_one_wins) {
    world.put("k", "0");
    std::vector<task<result<object_stat>>> both;
    for (auto const* bytes : {"a", "b"}) {
        append_object_request request;
        request.bucket = "b";
        request.key = "k";
        request.offset = 1;
        request.payload = small_payload(bytes);
        request.finish = [](object_stat const*) -> result<appended_object> {
            return appended_object{"e", {}};
        };
        both.push_back(append_object(world.store(), std::move(request)));
    }
    auto const outcomes = world.run_all(std::move(both));
    EXPECT_NE(outcomes[0].has_value(), outcomes[1].has_value());
    EXPECT_EQ(world.get("k").size(), 2u);
}

TEST_P(object_growth, renames_in_one_commit) {
    auto const bytes = pattern(2'500'000);
    auto const before = world.put("from", bytes);
    world.put("to", pattern(300'000, 9));
    auto const written = world.store().journal().statistics().group_bytes;
    auto const stat = rename("from", "to").value();
    EXPECT_LT(world.store().journal().statistics().group_bytes - written, 20'000u);
    EXPECT_EQ(stat.etag, before.etag);
    EXPECT_EQ(stat.last_modified, before.last_modified);
    EXPECT_EQ(world.get("to"), bytes);
    EXPECT_EQ(world.try_get("from").error().code, error::not_found);
    EXPECT_EQ(rename("from", "x").error().code, error::not_found);
    EXPECT_EQ(rename("to", "to").error().code, error::invalid_argument);
    world.put("there", "1");
    conditions none;
    none.if_none_match = etag_match{.any = true, .etags = {}};
    EXPECT_EQ(rename("to", "there", none).error().code, error::precondition_failed);
    world.reopen();
    EXPECT_EQ(world.get("to"), bytes);
    EXPECT_EQ(world.get("there"), "1");
}

TEST_P(object_growth, is_refused_where_versions_are_kept) {
    world.put("k", "1");
    change_versioning_request keep;
    keep.name = "b";
    world.run(change_bucket_versioning(world.store(), std::move(keep))).value();
    EXPECT_EQ(append("k", 1, "x").error().code, error::unsupported);
    EXPECT_EQ(rename("k", "l").error().code, error::unsupported);
    EXPECT_EQ(world.get("k"), "1");
}

INSTANTIATE_TEST_SUITE_P(stores, object_growth,
                         testing::Values(world_kind::simulated, world_kind::folder),
                         [](auto const& info) {
                             return info.param == world_kind::simulated ? "simulated" : "folder";
                         });

}  // namespace
}  // namespace sluice::test
