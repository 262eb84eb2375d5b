// Multipart uploads, on the simulated store and on the real one.
#include <gtest/gtest.h>

#include "backend/store/payload_cache.hpp"
#include "backend/store/reaper.hpp"
#include "backend/store/upload_verbs.hpp"
#include "backend/kv/key_space.hpp"
#include "tests/contract/store/store_world.hpp"

namespace sluice::test {
namespace {

using namespace store;

class upload_verbs : public testing::TestWithParam<world_kind> {
protected:
    upload_verbs() { world.make_bucket("b"); }

    upload_name begin(std::string key = "k") {
        create_upload_request request;
        request.bucket = "b";
        request.key = key;
        request.initiator = principal_id{9};
        request.attributes.content_type = "video/mp4";
        auto const info = world.run(create_upload(world.store(), std::move(request))).value();
        return {"b", key, info.id};
    }
    result<part_info> try_part(upload_name const& upload, std::uint32_t number, std::string bytes) {
        put_part_request request;
        request.upload = upload;
        request.number = number;
        request.etag = "p" + std::to_string(number) + "-" + std::to_string(bytes.size());
        request.payload = bytes.size() <= 256 * kibibyte ? small_payload(std::move(bytes))
                                                         : world.streamed(bytes);
        return world.run(put_part(world.store(), std::move(request)));
    }
    part_info part(upload_name const& upload, std::uint32_t number, std::string bytes) {
        return try_part(upload, number, std::move(bytes)).value();
    }
    result<completed_upload> complete(upload_name const& upload, std::vector<named_part> parts,
                                      std::uint64_t minimum = 1000, conditions when = {}) {
        complete_upload_request request;
        request.upload = upload;
        request.parts = std::move(parts);
        request.minimum_part_bytes = minimum;
        request.when = std::move(when);
        request.finish = [](upload_info const& info,
                            std::vector<part_info> const& parts) -> result<completed_object> {
            return completed_object{"whole-" + std::to_string(parts.size()), info.attributes};
        };
        return world.run(complete_upload(world.store(), std::move(request)));
    }
    static named_part named(part_info const& info) {
        return {info.number, info.etag, info.checksums};
    }

    store_world world{{.kind = GetParam()}};
};

TEST_P(upload_verbs, parts_become_one_object_without_copying) {
    auto const upload = begin();
    auto const large = pattern(3'000'000, 1), middle = pattern(70'000, 2), small = pattern(10, 3);
    auto const first = part(upload, 2, large);
    auto const second = part(upload, 5, middle);
    auto const third = part(upload, 9, small);
    auto const written = world.store().journal().statistics().bulk_bytes;
    auto const done = complete(upload, {named(first), named(second), named(third)}).value();
    EXPECT_EQ(world.store().journal().statistics().bulk_bytes, written);
    EXPECT_EQ(done.refused, completion_refusal::none);
    EXPECT_EQ(done.object.etag, "whole-3");
    EXPECT_EQ(done.object.size, 3'070'010u);
    EXPECT_EQ(done.object.part_count, 3u);
    auto const whole = large + middle + small;
    EXPECT_EQ(world.get("k"), whole);
    world.reopen();
    EXPECT_EQ(world.get("k"), whole);
    auto const opened = world.run(open_object(world.store(), {"b", "k"})).value();
    EXPECT_EQ(opened.stat().attributes.content_type, "video/mp4");
    auto const parts = world.run(opened.parts()).value();
    ASSERT_EQ(parts.size(), 3u);
    EXPECT_EQ(parts[1].number, 5u);
    EXPECT_EQ(parts[1].offset, large.size());
    EXPECT_EQ(parts[1].size, middle.size());
    for (byte_range const range :
         {byte_range{2'999'990, 20}, {3'000'000, 70'005}, {3'070'000, 10}, {65'000, 2'000}}) {
        for (int round = 0; round < 2; ++round) {
            auto reader = world.run(opened.read(range)).value();
            EXPECT_EQ(world.run(read_all(std::move(reader))).value(),
                      whole.substr(range.offset, range.length));
        }
    }
}

TEST_P(upload_verbs, parts_may_have_another_size_than_their_payloads) {
    auto const upload = begin();
    std::vector<named_part> named_parts;
    std::string whole;
    for (std::uint32_t number : {1u, 2u, 3u}) {
        auto const bytes = number == 2 ? std::string() : pattern(1'100'000 * number, number);
        put_part_request request;
        request.upload = upload;
        request.number = number;
        request.etag = "p";
        request.payload = world.streamed(bytes);
        request.size = bytes.empty() ? 0 : bytes.size() - 100;
        auto const made = world.run(put_part(world.store(), std::move(request))).value();
        EXPECT_EQ(made.size, bytes.empty() ? 0 : bytes.size() - 100);
        named_parts.push_back(named(made));
        whole += bytes;
    }
    list_parts_request listing;
    listing.upload = upload;
    EXPECT_EQ(world.run(list_parts(world.store(), std::move(listing))).value().parts[0].size,
              1'099'900u);
    auto const done = complete(upload, std::move(named_parts), 0).value();
    EXPECT_EQ(done.object.size, whole.size() - 200);
    world.reopen();
    EXPECT_EQ(world.get("k"), whole);
    auto const opened = world.run(open_object(world.store(), {"b", "k"})).value();
    EXPECT_EQ(opened.stat().size, whole.size() - 200);
    EXPECT_EQ(opened.stored_bytes(), whole.size());
    auto const parts = world.run(opened.parts()).value();
    ASSERT_EQ(parts.size(), 2u);
    EXPECT_EQ(parts[0].size, 1'100'000u);
    EXPECT_EQ(parts[1].number, 3u);
    EXPECT_EQ(parts[1].offset, 1'100'000u);
}

TEST_P(upload_verbs, completing_twice_answers_the_same_object_while_it_is_there) {
    auto const upload = begin();
    auto const only = part(upload, 1, pattern(5000));
    auto const done = complete(upload, {named(only)}).value();
    auto const again = complete(upload, {named(only)}).value();
    EXPECT_TRUE(again.repeated);
    EXPECT_EQ(again.object.changed, done.object.changed);
    world.put("k", "other");
    EXPECT_EQ(complete(upload, {named(only)}).error().code, error::not_found);
    EXPECT_EQ(try_part(upload, 2, "x").error().code, error::not_found);
}

TEST_P(upload_verbs, refusals_name_the_part_and_leave_the_upload) {
    auto const upload = begin();
    auto const first = part(upload, 1, pattern(5000, 1));
    auto const tiny = part(upload, 2, "x");
    auto const last = part(upload, 3, pattern(5000, 3));
    auto refused = complete(upload, {named(first), named(tiny), named(last)}).value();
    EXPECT_EQ(refused.refused, completion_refusal::part_too_small);
    EXPECT_EQ(refused.part, 2u);
    refused = complete(upload, {named(last), named(first)}).value();
    EXPECT_EQ(refused.refused, completion_refusal::order);
    EXPECT_EQ(refused.part, 1u);
    refused = complete(upload, {named(first), {4, "p4", {}}}).value();
    EXPECT_EQ(refused.refused, completion_refusal::part_missing_or_different);
    refused = complete(upload, {{1, "wrong", {}}}).value();
    EXPECT_EQ(refused.refused, completion_refusal::part_missing_or_different);
    EXPECT_EQ(complete(upload, {}).error().code, error::invalid_argument);
    EXPECT_EQ(
        complete(upload, {named(first)}, 0, {.if_match = etag_match{.any = true}}).error().code,
        error::not_found);
    EXPECT_TRUE(complete(upload, {named(first), named(last)}).value().refused ==
                completion_refusal::none);
    EXPECT_EQ(world.get("k"), pattern(5000, 1) + pattern(5000, 3));
}

TEST_P(upload_verbs, a_part_is_replaced) {
    auto const upload = begin();
    part(upload, 1, pattern(400'000, 1));
    auto const kept = part(upload, 1, pattern(9000, 2));
    auto const page = world.run(list_parts(world.store(), {upload})).value();
    ASSERT_EQ(page.parts.size(), 1u);
    EXPECT_EQ(page.parts[0].size, 9000u);
    EXPECT_EQ(page.upload.initiator, principal_id{9});
    complete(upload, {named(kept)}).value();
    EXPECT_EQ(world.get("k"), pattern(9000, 2));
}

TEST_P(upload_verbs, parts_and_uploads_list_in_pages) {
    auto const upload = begin("x/1");
    for (std::uint32_t number : {7, 1, 3, 12}) part(upload, number, "x");
    auto page = world.run(list_parts(world.store(), {upload, 1, 2})).value();
    ASSERT_EQ(page.parts.size(), 2u);
    EXPECT_EQ(page.parts[0].number, 3u);
    EXPECT_EQ(page.parts[1].number, 7u);
    EXPECT_TRUE(page.truncated);
    auto const second = begin("x/1");
    begin("x/2");
    begin("y");
    auto uploads =
        world.run(list_uploads(world.store(), {.bucket = "b", .delimiter = "/"})).value();
    EXPECT_EQ(uploads.common_prefixes, std::vector<std::string>{"x/"});
    ASSERT_EQ(uploads.uploads.size(), 1u);
    uploads =
        world.run(list_uploads(world.store(), {.bucket = "b", .prefix = "x/", .max_entries = 1}))
            .value();
    ASSERT_EQ(uploads.uploads.size(), 1u);
    EXPECT_EQ(uploads.uploads[0].id, upload.id);
    EXPECT_TRUE(uploads.truncated);
    uploads = world
                  .run(list_uploads(world.store(), {.bucket = "b",
                                                    .prefix = "x/",
                                                    .key_after = uploads.next_key_after,
                                                    .upload_after = uploads.next_upload_after}))
                  .value();
    ASSERT_EQ(uploads.uploads.size(), 2u);
    EXPECT_EQ(uploads.uploads[0].id, second.id);
    EXPECT_EQ(uploads.uploads[1].key, "x/2");
}

TEST_P(upload_verbs, aborted_and_deleted_bytes_leave_nothing_behind) {
    auto const upload = begin();
    part(upload, 1, pattern(2'000'000));
    part(upload, 2, pattern(10'000));
    EXPECT_TRUE(world.run(abort_upload(world.store(), {upload, {}})));
    EXPECT_EQ(world.run(abort_upload(world.store(), {upload, {}})).error().code, error::not_found);
    auto const other = begin();
    auto const one = part(other, 1, pattern(1'500'000));
    auto const two = part(other, 2, pattern(20'000));
    complete(other, {named(one), named(two)}).value();
    begin("unfinished");
    EXPECT_TRUE(world.run(delete_object(world.store(), {"b", "k", {}, {}})).value());
    EXPECT_TRUE(world.run(delete_bucket(world.store(), {"b", {}})));
    EXPECT_TRUE(world.store().reaping().run_once(blocking_token::for_this_thread()));
    auto const view = world.store().journal().published();
    for (auto const kind :
         {kv::key_space::key_kind::payload_head, kv::key_space::key_kind::extent,
          kv::key_space::key_kind::reverse_entry, kv::key_space::key_kind::unreferenced,
          kv::key_space::key_kind::upload, kv::key_space::key_kind::part}) {
        auto range = kv::key_space::all_of(kind);
        auto const cursor =
            world.store().index().scan(view->index, kv::key_space::family_of(kind), range.lower,
                                       range.upper, kv::read_tier::may_block);
        EXPECT_FALSE(cursor->valid()) << kv::key_space::describe(cursor->key());
    }
}

INSTANTIATE_TEST_SUITE_P(stores, upload_verbs,
                         testing::Values(world_kind::simulated, world_kind::folder),
                         [](auto const& info) {
                             return info.param == world_kind::simulated ? "simulated" : "folder";
                         });

}  // namespace
}  // namespace sluice::test
