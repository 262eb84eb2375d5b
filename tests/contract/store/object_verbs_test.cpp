// The object and bucket verbs, on the simulated store and on the real one.
#include <gtest/gtest.h>

#include "backend/store/payload_cache.hpp"
#include "tests/contract/store/store_world.hpp"

namespace sluice::test {
namespace {

using namespace store;

class object_verbs : public testing::TestWithParam<world_kind> {
protected:
    store_world world{{.kind = GetParam()}};
};

TEST_P(object_verbs, bucket_lives_from_create_to_delete) {
    EXPECT_EQ(world.run(head_bucket(world.store(), "b")).error().code, error::not_found);
    auto const made =
        world.run(create_bucket(world.store(), {"b", principal_id{7}, "settings", {}})).value();
    EXPECT_EQ(made.owner, principal_id{7});
    auto const seen = world.run(head_bucket(world.store(), "b")).value();
    EXPECT_EQ(seen.id, made.id);
    EXPECT_EQ(seen.settings, "settings");
    EXPECT_EQ(seen.changed, made.changed);
    EXPECT_EQ(seen.created, fake_clock::start);
    EXPECT_EQ(world.run(create_bucket(world.store(), {"b", {}, {}, {}})).error().code,
              error::already_exists);
    world.put("k", "x");
    EXPECT_EQ(world.run(delete_bucket(world.store(), {"b", {}})).error().code, error::not_empty);
    EXPECT_TRUE(world.run(delete_object(world.store(), {"b", "k", {}, {}})).value());
    EXPECT_TRUE(world.run(delete_bucket(world.store(), {"b", {}})));
    EXPECT_EQ(world.run(delete_bucket(world.store(), {"b", {}})).error().code, error::not_found);
    EXPECT_EQ(world.try_get("k").error().code, error::not_found);
}

TEST_P(object_verbs, buckets_list_in_order_and_in_pages) {
    for (auto const* name : {"c", "a", "b-2", "b-1"}) world.make_bucket(name);
    auto page = world.run(list_buckets(world.store(), {"", "", 2})).value();
    ASSERT_EQ(page.buckets.size(), 2u);
    EXPECT_EQ(page.buckets[0].name, "a");
    EXPECT_EQ(page.buckets[1].name, "b-1");
    EXPECT_TRUE(page.truncated);
    page = world.run(list_buckets(world.store(), {"", "b-1", 10})).value();
    ASSERT_EQ(page.buckets.size(), 2u);
    EXPECT_EQ(page.buckets[1].name, "c");
    EXPECT_FALSE(page.truncated);
    page = world.run(list_buckets(world.store(), {"b-", "", 10})).value();
    EXPECT_EQ(page.buckets.size(), 2u);
}

// In the record, in the commit, in one frame, in several.
TEST_P(object_verbs, bytes_of_every_size_come_back) {
    world.make_bucket("b");
    std::vector<std::size_t> const sizes{0,      1,       2047,    2048,      2049,      4096,
                                         65'536, 262'144, 262'145, 1'048'576, 1'048'577, 3'500'000};
    for (auto const size : sizes) world.put("k" + std::to_string(size), pattern(size, size));
    for (auto const size : sizes)
        EXPECT_EQ(world.get("k" + std::to_string(size)), pattern(size, size)) << size;
    world.reopen();
    for (auto const size : sizes)
        EXPECT_EQ(world.get("k" + std::to_string(size)), pattern(size, size)) << size;
}

// A payload that is another form of the object's bytes.
TEST_P(object_verbs, an_object_may_have_another_size_than_its_payload) {
    world.make_bucket("b");
    for (std::size_t const stored : {100u, 50'000u, 3'000'000u}) {
        auto const bytes = pattern(stored, stored);
        auto request = put_request("k", world.streamed(bytes));
        request.size = stored - 48;
        EXPECT_EQ(world.run(put_object(world.store(), std::move(request))).value().size,
                  stored - 48);
        world.run(copy_object(world.store(), {.source_bucket = "b",
                                              .source_key = "k",
                                              .bucket = "b",
                                              .key = "copy"})).value();
        world.reopen();
        for (auto const* key : {"k", "copy"}) {
            auto const opened = world.run(open_object(world.store(), {"b", key})).value();
            EXPECT_EQ(opened.stat().size, stored - 48);
            EXPECT_EQ(opened.stored_bytes(), stored);
            EXPECT_EQ(world.get(key), bytes);
            byte_range const end{stored - 10, 10};
            auto reader = world.run(opened.read(end)).value();
            EXPECT_EQ(world.run(read_all(std::move(reader))).value(), bytes.substr(stored - 10));
            byte_range const past{stored - 10, 11};
            EXPECT_EQ(world.run(opened.read(past)).error().code, error::out_of_range);
        }
        list_objects_request all;
        all.bucket = "b";
        auto const page = world.run(list_objects(world.store(), std::move(all))).value();
        EXPECT_EQ(page.objects.front().size, stored - 48);
    }
}

TEST_P(object_verbs, a_copy_is_adapted_under_the_locks) {
    world.make_bucket("b");
    auto request = put_request("k", small_payload("hello"));
    request.attributes.encryption = "sealed for k";
    world.run(put_object(world.store(), std::move(request))).value();
    copy_object_request copy;
    copy.source_bucket = copy.bucket = "b";
    copy.source_key = "k";
    copy.key = "copy";
    copy.adapt = [](object_stat const& source, object_attributes& target, std::string& etag) {
        EXPECT_EQ(source.attributes.encryption, "sealed for k");
        EXPECT_EQ(etag, source.etag);
        target.encryption = "sealed for copy";
        etag = "fresh";
        return success();
    };
    auto refusing = copy;
    auto const made = world.run(copy_object(world.store(), std::move(copy))).value();
    EXPECT_EQ(made.attributes.encryption, "sealed for copy");
    EXPECT_EQ(world.run(open_object(world.store(), {"b", "copy"})).value().stat().etag, "fresh");
    refusing.key = "none";
    refusing.adapt = [](object_stat const&, object_attributes&, std::string&) -> result<void> {
        return failure{error::unsupported, "no"};
    };
    EXPECT_EQ(world.run(copy_object(world.store(), std::move(refusing))).error().code,
              error::unsupported);
    EXPECT_EQ(world.try_get("none").error().code, error::not_found);
}

TEST_P(object_verbs, stat_says_what_was_put) {
    world.make_bucket("b");
    auto request = put_request("k", small_payload("hello"));
    request.attributes.content_type = "text/plain";
    request.attributes.user_metadata = {{"Colour", "blue"}, {"a", ""}};
    request.attributes.checksums = {
        {checksum_algorithm::crc32, checksum_scope::full_object, std::string("\0\1\2\3", 4)}};
    auto const attributes = request.attributes;
    auto const put = world.run(put_object(world.store(), std::move(request))).value();
    auto const opened = world.run(open_object(world.store(), {"b", "k"})).value();
    EXPECT_EQ(opened.stat().attributes, attributes);
    EXPECT_EQ(opened.stat().size, 5u);
    EXPECT_EQ(opened.stat().etag, "etag-5");
    EXPECT_EQ(opened.stat().last_modified, fake_clock::start);
    EXPECT_EQ(opened.stat().changed, put.changed);
    EXPECT_GT(put.changed, lsn{});
}

task<result<std::string>> read_range(engine& store, std::string key, byte_range range) {
    open_object_request wanted{"b", std::move(key)};
    SLUICE_CO_TRY(auto object, co_await open_object(store, std::move(wanted)));
    SLUICE_CO_TRY(auto reader, co_await object.read(range));
    co_return co_await read_all(std::move(reader));
}

TEST_P(object_verbs, ranges_of_small_and_large_objects) {
    world.make_bucket("b");
    for (std::size_t const size : {1000, 100'000, 3'000'000}) {
        auto const key = "k" + std::to_string(size);
        auto const bytes = pattern(size);
        world.put(key, bytes);
        std::vector<byte_range> const ranges{{0, 1},
                                             {0, size},
                                             {size - 1, 1},
                                             {size / 3, size / 2},
                                             {size, 0},
                                             {999, 1},
                                             {size / 2, size - size / 2}};
        for (int round = 0; round < 2; ++round)   // the second from the cache, where it may
            for (auto const& range : ranges)
                EXPECT_EQ(world.run(read_range(world.store(), key, range)).value(),
                          bytes.substr(range.offset, range.length))
                    << size << " " << range.offset << "+" << range.length;
        EXPECT_EQ(world.run(read_range(world.store(), key, {size, 1})).error().code,
                  error::out_of_range);
        EXPECT_EQ(world.run(read_range(world.store(), key, {1, size})).error().code,
                  error::out_of_range);
    }
}

TEST_P(object_verbs, small_hot_objects_are_read_without_leaving_the_thread) {
    world.make_bucket("b");
    world.put("k", pattern(4096));
    auto const before = world.store().counters();
    EXPECT_EQ(world.get("k"), pattern(4096));
    auto const after = world.store().counters();
    EXPECT_EQ(after.index_reads_blocking, before.index_reads_blocking);
    EXPECT_EQ(after.cache_misses, before.cache_misses);
    EXPECT_GT(after.cache_hits, before.cache_hits);
}

TEST_P(object_verbs, a_reader_keeps_what_it_opened) {
    world.make_bucket("b");
    for (std::size_t const size : {100, 50'000, 400'000, 9'000'000}) {
        world.put("k", pattern(size, 1));
        auto const opened = world.run(open_object(world.store(), {"b", "k"})).value();
        world.put("k", pattern(size, 2));
        EXPECT_TRUE(world.run(delete_object(world.store(), {"b", "k", {}, {}})).value());
        auto reader = world.run(opened.read()).value();
        EXPECT_EQ(world.run(read_all(std::move(reader))).value(), pattern(size, 1)) << size;
        EXPECT_EQ(world.try_get("k").error().code, error::not_found);
    }
}

TEST_P(object_verbs, conditions_decide_under_the_lock) {
    world.make_bucket("b");
    auto put_if = [&](conditions when) {
        auto request = put_request("k", small_payload("x"));
        request.when = std::move(when);
        return world.run(put_object(world.store(), std::move(request)));
    };
    conditions const absent{.if_none_match = etag_match{.any = true}};
    conditions const same{.if_match = etag_match{.etags = {"etag-1"}}};
    conditions const other{.if_match = etag_match{.etags = {"etag-2"}}};
    EXPECT_EQ(put_if(same).error().code, error::not_found);
    EXPECT_TRUE(put_if(absent));
    EXPECT_EQ(put_if(absent).error().code, error::precondition_failed);
    EXPECT_EQ(put_if(other).error().code, error::precondition_failed);
    EXPECT_TRUE(put_if(same));
    EXPECT_EQ(world.run(delete_object(world.store(), {"b", "k", other, {}})).error().code,
              error::precondition_failed);
    EXPECT_TRUE(world.run(delete_object(world.store(), {"b", "k", same, {}})).value());
    EXPECT_FALSE(world.run(delete_object(world.store(), {"b", "k", same, {}})).value());
}

TEST_P(object_verbs, exactly_one_of_racing_conditional_puts_wins) {
    world.make_bucket("b");
    for (int round = 0; round < 10; ++round) {
        std::vector<task<result<object_stat>>> racers;
        for (int i = 0; i < 16; ++i) {
            auto request =
                put_request("k" + std::to_string(round), small_payload(std::to_string(i)));
            request.when.if_none_match = etag_match{.any = true};
            racers.push_back(put_object(world.store(), std::move(request)));
        }
        int won = 0;
        for (auto const& outcome : world.run_all(std::move(racers))) {
            if (outcome) ++won;
            else EXPECT_EQ(outcome.error().code, error::precondition_failed);
        }
        EXPECT_EQ(won, 1);
    }
}

// The order of commit LSNs is the order of effects: the last put or delete decides what is there.
TEST_P(object_verbs, concurrent_writers_of_one_key_have_one_order) {
    world.make_bucket("b");
    std::vector<task<result<object_stat>>> puts;
    for (int i = 0; i < 40; ++i)
        puts.push_back(
            put_object(world.store(), put_request("k", small_payload(pattern(3000, i)))));
    auto const outcomes = world.run_all(std::move(puts));
    std::size_t last = 0;
    for (std::size_t i = 0; i < outcomes.size(); ++i)
        if (outcomes[i].value().changed > outcomes[last].value().changed) last = i;
    EXPECT_EQ(world.get("k"), pattern(3000, last));
    auto const page = world.run(list_objects(world.store(), {.bucket = "b"})).value();
    EXPECT_EQ(page.objects.size(), 1u);
    EXPECT_EQ(world.store().counters().locks_held, 0u);
}

TEST_P(object_verbs, a_bucket_is_not_deleted_under_a_put) {
    for (int round = 0; round < 10; ++round) {
        auto const name = "b" + std::to_string(round);
        world.make_bucket(name);
        std::vector<task<result<bool>>> racers;
        auto put = [](engine& store, std::string bucket) -> task<result<bool>> {
            auto done = co_await put_object(store, put_request("k", small_payload("x"), bucket));
            if (!done) co_return done.error();
            co_return true;
        };
        auto remove = [](engine& store, std::string bucket) -> task<result<bool>> {
            delete_bucket_request request{bucket, {}};
            auto done = co_await delete_bucket(store, std::move(request));
            if (!done) co_return done.error();
            co_return true;
        };
        racers.push_back(round % 2 == 0 ? put(world.store(), name) : remove(world.store(), name));
        racers.push_back(round % 2 == 0 ? remove(world.store(), name) : put(world.store(), name));
        auto const outcomes = world.run_all(std::move(racers));
        EXPECT_NE(outcomes[0].has_value(), outcomes[1].has_value());
    }
}

TEST_P(object_verbs, copy_shares_the_payload_and_survives_its_source) {
    world.make_bucket("b");
    world.make_bucket("c");
    for (std::size_t const size : {100, 10'000, 2'500'000}) {
        world.put("source", pattern(size));
        auto const written = world.store().journal().statistics();
        copy_object_request request;
        request.source_bucket = "b";
        request.source_key = "source";
        request.bucket = "c";
        request.key = "copy";
        EXPECT_EQ(world.run(copy_object(world.store(), std::move(request))).value().size, size);
        auto const after = world.store().journal().statistics();
        EXPECT_EQ(after.bulk_frames, written.bulk_frames);
        EXPECT_LT(after.group_bytes - written.group_bytes, 20'000u);
        EXPECT_TRUE(world.run(delete_object(world.store(), {"b", "source", {}, {}})).value());
        world.store().cache().clear();
        EXPECT_EQ(world.get("copy", "c"), pattern(size));
    }
}

TEST_P(object_verbs, copy_onto_itself_changes_attributes_only) {
    world.make_bucket("b");
    world.put("k", pattern(10'000));
    copy_object_request request;
    request.source_bucket = request.bucket = "b";
    request.source_key = request.key = "k";
    request.attributes.emplace().content_type = "image/png";
    auto const copied = world.run(copy_object(world.store(), std::move(request))).value();
    EXPECT_EQ(copied.attributes.content_type, "image/png");
    EXPECT_EQ(world.get("k"), pattern(10'000));
    EXPECT_TRUE(world.run(delete_object(world.store(), {"b", "k", {}, {}})).value());
}

TEST_P(object_verbs, delete_many_answers_for_each_key) {
    world.make_bucket("b");
    delete_objects_request request;
    request.bucket = "b";
    for (int i = 0; i < 250; ++i) {
        auto const key = "k" + std::to_string(i);
        if (i % 5 != 0) world.put(key, pattern(i * 20, i));
        request.items.push_back({key, {}, {}});
    }
    request.items.push_back({"k1", {}, {}});
    request.items.push_back({"", {}, {}});
    request.items[2].when.if_match = etag_match{.etags = {"other"}};
    auto const outcomes = world.run(delete_objects(world.store(), std::move(request))).value();
    for (int i = 0; i < 250; ++i) {
        if (i == 2) EXPECT_EQ(outcomes[i].error().code, error::precondition_failed);
        else EXPECT_EQ(outcomes[i].value().existed, i % 5 != 0) << i;
    }
    EXPECT_FALSE(outcomes[250].value().existed);
    EXPECT_EQ(outcomes[251].error().code, error::invalid_argument);
    auto const page = world.run(list_objects(world.store(), {.bucket = "b"})).value();
    ASSERT_EQ(page.objects.size(), 1u);
    EXPECT_EQ(page.objects[0].key, "k2");
}

TEST_P(object_verbs, a_removal_is_checked_under_the_lock) {
    world.make_bucket("b");
    world.put("k", "x");
    std::vector<bool> seen;
    auto const check = [&](object_attributes const* found) -> result<void> {
        seen.push_back(found != nullptr);
        return failure{error::conflict, "not this one"};
    };
    for (std::string const key : {"k", "none"}) {
        delete_object_request request{"b", key, {}, {}};
        request.check = check;
        EXPECT_EQ(world.run(delete_object(world.store(), std::move(request))).error().code,
                  error::conflict);
    }
    ASSERT_FALSE(seen.empty());
    EXPECT_TRUE(seen.front());
    EXPECT_FALSE(seen.back());
    EXPECT_EQ(world.get("k"), "x");
    delete_objects_request many;
    many.bucket = "b";
    many.items.push_back({"k", {}, {}, {}, false, check});
    many.items.push_back({"none", {}, {}});
    auto const done = world.run(delete_objects(world.store(), std::move(many))).value();
    EXPECT_EQ(done[0].error().code, error::conflict);
    EXPECT_TRUE(done[1]);
    EXPECT_EQ(world.get("k"), "x");
}

TEST_P(object_verbs, a_buckets_access_stays_until_it_is_given) {
    create_bucket_request make;
    make.name = "b";
    make.access = "list";
    auto const made = world.run(create_bucket(world.store(), std::move(make))).value();
    EXPECT_EQ(made.access, "list");
    change_bucket_request change{"b", "settings", {}};
    EXPECT_EQ(world.run(change_bucket_settings(world.store(), change)).value().access, "list");
    world.reopen();
    EXPECT_EQ(world.run(head_bucket(world.store(), "b")).value().access, "list");
    change.access = "";
    EXPECT_EQ(world.run(change_bucket_settings(world.store(), change)).value().access, "");
    EXPECT_EQ(world.run(head_bucket(world.store(), "b")).value().settings, "settings");
}

TEST_P(object_verbs, limits_have_names) {
    world.make_bucket("b");
    auto const long_key = put_request(std::string(1025, 'k'), small_payload("x"));
    EXPECT_EQ(
        world
            .run(put_object(world.store(), put_request(std::string(1025, 'k'), small_payload("x"))))
            .error()
            .text,
        "limits.object_key_bytes");
    auto request = put_request("k", small_payload("x"));
    request.attributes.user_metadata = {{"m", std::string(70'000, 'v')}};
    EXPECT_EQ(world.run(put_object(world.store(), std::move(request))).error().text,
              "limits.attributes_bytes");
}

INSTANTIATE_TEST_SUITE_P(stores, object_verbs,
                         testing::Values(world_kind::simulated, world_kind::folder),
                         [](auto const& info) {
                             return info.param == world_kind::simulated ? "simulated" : "folder";
                         });

}  // namespace
}  // namespace sluice::test
