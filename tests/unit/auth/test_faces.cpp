// Topics and objects in a table transaction behind the door: decisions, counts and records.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "auth/guard/guarded_logs.hpp"
#include "auth/guard/guarded_tables.hpp"
#include "backend/store/model/log_batch.hpp"
#include "tests/unit/auth/guard_world.hpp"

namespace sluice::auth {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::HasSubstr;
using testing::Not;

std::string batch(std::string const& value) {
    store::log_batch_builder builder;
    builder.add(unix_millis{1000}, "key", value);
    return builder.finish();
}

class GuardedFaces : public testing::Test {
protected:
    guard_world world;
    caller const boss = world.root();

    void SetUp() override {
        guarded_logs::create_request request;
        request.name = "events";
        ASSERT_TRUE(world.run(world.door().logs().create(boss, request)).has_value());
    }
    table_transaction begin(caller const& who) {
        auto made = world.door().tables().begin(who, store::isolation::read_committed);
        made.begin_statement();
        return made;
    }
    error use_code(caller const& who) {
        auto one = begin(who);
        auto const used = world.run(one.use_topic(who, "events"));
        return used.has_error() ? used.error().code : error::closed;
    }
    result<void> append(table_transaction& in, caller const& who, std::string topic = "events") {
        store::log_append_part part{std::move(topic), partition_index{0}, batch("secret value")};
        return in.append_records(who, std::move(part), 1);
    }
    void make_bucket(std::string name) {
        world.run(world.door().buckets().create(boss, std::move(name))).value();
    }
    std::int64_t end_of(caller const& who) {
        auto one = begin(who);
        return to_underlying(
            world.run(one.open_log(who, "events")).value().bounds.front().end);
    }
    caller user(std::string const& name, std::vector<std::string> const& rules) {
        return world.as(world.add_user(name, rules));
    }
};

TEST_F(GuardedFaces, RecordsCarryTheirAuditRecordInTheCommit) {
    auto one = begin(boss);
    EXPECT_EQ(world.run(one.use_topic(boss, "events")).value().partitions, 1u);
    ASSERT_TRUE(append(one, boss));
    ASSERT_TRUE(append(one, boss));
    EXPECT_THAT(world.audit(), Not(Contains(HasSubstr(R"("verb":"append")"))));
    EXPECT_EQ(end_of(boss), 0);
    world.run(one.commit()).value();
    EXPECT_EQ(end_of(boss), 2);
    EXPECT_THAT(world.audit(),
                Contains(AllOf(HasSubstr(R"("verb":"append")"), HasSubstr(R"("resource":"events")"),
                               HasSubstr(R"("status":"ok")"), HasSubstr(R"("rows":2)"))));
    EXPECT_THAT(world.audit(), Not(Contains(HasSubstr("secret value"))));
}

TEST_F(GuardedFaces, WhatWasGivenUpIsRecordedSo) {
    auto one = begin(boss);
    world.run(one.use_topic(boss, "events")).value();
    ASSERT_TRUE(append(one, boss));
    one.roll_back();
    EXPECT_EQ(end_of(boss), 0);
    EXPECT_THAT(world.audit(), Contains(AllOf(HasSubstr(R"("verb":"append")"),
                                              HasSubstr(R"("status":"rolled_back")"))));
}

TEST_F(GuardedFaces, AppendingNeedsTheRight) {
    auto const reader = user("reader", {"allow reader read_log,describe on events"});
    EXPECT_EQ(use_code(reader), error::permission_denied);
    EXPECT_THAT(world.audit(), Contains(AllOf(HasSubstr(R"("principal":"reader")"),
                                              HasSubstr(R"("verb":"append")"),
                                              HasSubstr(R"("decision":"deny")"))));
    auto one = begin(reader);
    EXPECT_EQ(append(one, reader).error().code, error::permission_denied);
    EXPECT_FALSE(one.wrote());
    auto const writer = user("writer", {"allow writer append on events"});
    EXPECT_EQ(use_code(writer), error::closed);
    auto system = begin(boss);
    EXPECT_EQ(world.run(system.use_topic(boss, "__audit")).error().code,
              error::permission_denied);
    EXPECT_EQ(world.run(system.use_topic(boss, "none")).error().code, error::not_found);
}

TEST_F(GuardedFaces, ReadingNeedsTheRight) {
    auto const writer = user("writer", {"allow writer append,describe on events"});
    auto one = begin(writer);
    EXPECT_EQ(world.run(one.open_log(writer, "events")).error().code, error::permission_denied);
    EXPECT_EQ(world.run(one.open_log(writer, "none")).error().code, error::permission_denied);
    EXPECT_EQ(end_of(user("reader", {"allow reader read_log on events"})), 0);
    EXPECT_THAT(world.audit(), Contains(AllOf(HasSubstr(R"("principal":"reader")"),
                                              HasSubstr(R"("verb":"read_log")"),
                                              HasSubstr(R"("count":1)"))));
}

TEST_F(GuardedFaces, ObjectsAreDecidedKeyByKey) {
    make_bucket("b");
    ASSERT_TRUE(world.put(boss, "b", "open/1", "one").has_value());
    ASSERT_TRUE(world.put(boss, "b", "shut/1", "two").has_value());
    auto const guest = user("guest", {"allow guest list,read on b/open/*"});
    auto one = begin(guest);
    auto objects = one.objects().value();
    guarded_objects::list_request request;
    request.bucket = "b";
    EXPECT_EQ(world.run(objects.list(guest, request)).error().code, error::permission_denied);
    request.prefix = "open/";
    EXPECT_EQ(world.run(objects.list(guest, request)).value().objects.size(), 1u);
    EXPECT_EQ(world.run(objects.open(guest, "b", "open/1")).value().stat().size, 3u);
    EXPECT_EQ(world.run(objects.open(guest, "b", "shut/1")).error().code,
              error::permission_denied);
    // Whether a key exists is told to who may list it.
    EXPECT_EQ(world.run(objects.open(guest, "b", "open/2")).error().missing,
              missing_thing::object);
    EXPECT_EQ(world.run(objects.open(guest, "b", "shut/2")).error().code,
              error::permission_denied);
}

task<result<std::string>> bytes_of(readable_object const& object) {
    SLUICE_CO_TRY(auto reader, co_await object.read());
    std::string out;
    for (;;) {
        SLUICE_CO_TRY(auto chunk, co_await reader.next());
        if (chunk.empty()) co_return out;
        out += chunk.bytes();
    }
}

TEST_F(GuardedFaces, EncryptedObjectsAreReadUnlessTheirClientKeepsTheKey) {
    make_bucket("b");
    std::string const bytes(100'000, 'e');
    ASSERT_TRUE(world.put(boss, "b", "ours", bytes, encryption_choice::with_server_key()));
    encryption_choice theirs;
    theirs.kind = encryption_kind::customer_key;
    ASSERT_TRUE(world.put(boss, "b", "theirs", bytes, theirs));
    auto one = begin(boss);
    auto objects = one.objects().value();
    auto const ours = world.run(objects.open(boss, "b", "ours")).value();
    EXPECT_EQ(ours.stat().size, bytes.size());
    EXPECT_EQ(world.run(bytes_of(ours)).value(), bytes);
    auto const refused = world.run(objects.open(boss, "b", "theirs"));
    ASSERT_TRUE(refused.has_error());
    EXPECT_EQ(refused.error().code, error::unsupported);
    EXPECT_EQ(refused.error().key, key_trouble::needed);
    // Without unlock() nothing is given out.
    auto const locked = world.run(world.door().objects().open(boss, "b", "ours")).value();
    EXPECT_EQ(world.run(bytes_of(locked)).error().code, error::permission_denied);
}

TEST_F(GuardedFaces, BucketsOneMaySeeAreListedWithoutRefusal) {
    make_bucket("a");
    make_bucket("b");
    auto const guest = user("guest", {"allow guest list on b"});
    auto const nobody = user("nobody", {});
    auto& buckets = world.door().buckets();
    EXPECT_EQ(world.run(buckets.visible(boss, {})).value().buckets.size(), 2u);
    ASSERT_EQ(world.run(buckets.visible(guest, {})).value().buckets.size(), 1u);
    EXPECT_EQ(world.run(buckets.visible(guest, {})).value().buckets.front().name, "b");
    EXPECT_EQ(world.run(buckets.visible(nobody, {})).value().buckets.size(), 0u);
    EXPECT_THAT(world.audit(), Not(Contains(AllOf(HasSubstr(R"("principal":"nobody")"),
                                                  HasSubstr(R"("decision":"deny")")))));
}

}  // namespace
}  // namespace sluice::auth
