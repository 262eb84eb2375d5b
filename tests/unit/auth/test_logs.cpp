// Logs behind the door: decisions, their records, and what a refused one may learn.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <simdjson.h>

#include "backend/store/model/log_batch.hpp"
#include "tests/unit/auth/guard_world.hpp"

namespace sluice::auth {
namespace {

using testing::Contains;
using testing::HasSubstr;

error code_of(auto const& outcome) {
    EXPECT_TRUE(outcome.has_error());
    return outcome.has_error() ? outcome.error().code : error::closed;
}

std::uint64_t decisions_in(std::vector<std::string> const& records) {
    std::uint64_t sum = 0;
    simdjson::dom::parser parser;
    for (auto const& record : records) sum += std::uint64_t(parser.parse(record)["count"]);
    return sum;
}

std::string batch(std::string const& value) {
    store::log_batch_builder builder;
    builder.add(unix_millis{1000}, "key", value);
    return builder.finish();
}

class GuardedLogs : public testing::Test {
protected:
    guard_world world;
    guarded_logs& logs() { return world.door().logs(); }
    caller const boss = world.root();

    store::topic_info make_topic(std::string name, caller const* who = nullptr,
                                 std::uint32_t partitions = 2) {
        guarded_logs::create_request request;
        request.name = std::move(name);
        request.partitions = partitions;
        return world.run(logs().create(who != nullptr ? *who : boss, request)).value();
    }
    std::vector<guarded<store::log_appended>> append(caller const& who,
                                                     std::vector<std::string> topics) {
        std::vector<store::log_append_part> parts;
        for (auto& topic : topics)
            parts.push_back({std::move(topic), partition_index{0}, batch("secret value")});
        return world.run(logs().append(who, std::move(parts)));
    }
    caller user(std::string const& name, std::vector<std::string> const& rules) {
        return world.as(world.add_user(name, rules));
    }
    error append_code(caller const& who, std::string topic) {
        return code_of(append(who, {std::move(topic)}).front());
    }
};

TEST_F(GuardedLogs, RootProducesAndConsumes) {
    auto const made = make_topic("orders");
    EXPECT_EQ(world.run(logs().find(boss, "orders")).value().uuid, made.uuid);
    EXPECT_EQ(world.run(logs().find(boss, made.uuid)).value().name, "orders");
    EXPECT_EQ(append(boss, {"orders"}).front().value().base, log_offset{0});
    EXPECT_EQ(append(boss, {"orders"}).front().value().base, log_offset{1});
    auto log = world.run(logs().open(boss, "orders")).value();
    EXPECT_EQ(log.bounds(partition_index{0}).value().end, log_offset{2});
    auto const slice =
        world.run(log.read(partition_index{0}, log_offset{0}, 1'000'000, true)).value();
    auto const records = store::read_log_batches(slice.batches).value();
    ASSERT_EQ(records.size(), 2u);
    EXPECT_EQ(records[1].offset, log_offset{1});
    EXPECT_EQ(world.run(log.find_time(partition_index{0}, unix_millis{5})).value()->offset,
              log_offset{0});
    EXPECT_EQ(world.run(logs().erase_before(boss, "orders", partition_index{0}, log_offset{1}))
                  .value(),
              log_offset{1});
    EXPECT_EQ(log.bounds(partition_index{0}).value().start, log_offset{1});
    world.run(logs().drop(boss, "orders")).value();
    EXPECT_EQ(code_of(log.bounds(partition_index{0})), error::not_found);
    EXPECT_EQ(code_of(world.run(logs().find(boss, "orders"))), error::not_found);
}

TEST_F(GuardedLogs, EachAppendIsRecordedOncePerTopic) {
    make_topic("a");
    make_topic("b");
    auto const before = world.audit();
    auto const answers = append(boss, {"a", "b", "a", "missing"});
    EXPECT_EQ(answers[0].value().base, log_offset{0});
    EXPECT_EQ(answers[2].value().base, log_offset{1});
    EXPECT_EQ(code_of(answers[3]), error::not_found);
    auto const records = world.audit();
    EXPECT_EQ(decisions_in(records), decisions_in(before) + 3);
    std::vector<std::string> const news(records.begin() + std::ssize(before), records.end());
    EXPECT_THAT(news, Contains(testing::AllOf(HasSubstr("\"resource\":\"a\""),
                                              HasSubstr("\"verb\":\"append\""),
                                              HasSubstr("\"status\":\"ok\""))));
    EXPECT_THAT(news, Contains(testing::AllOf(HasSubstr("\"resource\":\"missing\""),
                                              HasSubstr("not_found"))));
    for (auto const& record : records) EXPECT_THAT(record, testing::Not(HasSubstr("secret")));
}

TEST_F(GuardedLogs, DenialsAreRecordedAndHideWhatIsThere) {
    make_topic("orders");
    auto const stranger = user("stranger", {});
    auto const before = decisions_in(world.audit());
    EXPECT_EQ(append_code(stranger, "orders"), error::permission_denied);
    EXPECT_EQ(append_code(stranger, "nothing"), error::permission_denied);
    for (auto const* name : {"orders", "nothing"}) {
        EXPECT_EQ(code_of(world.run(logs().open(stranger, name))), error::permission_denied);
        EXPECT_EQ(code_of(world.run(logs().find(stranger, name))), error::permission_denied);
        EXPECT_EQ(code_of(world.run(logs().drop(stranger, name))), error::permission_denied);
        EXPECT_EQ(code_of(world.run(
                      logs().erase_before(stranger, name, partition_index{0}, log_offset{0}))),
                  error::permission_denied);
    }
    EXPECT_TRUE(world.run(logs().list(stranger, "", 100)).value().empty());
    EXPECT_EQ(decisions_in(world.audit()), before + 10);
    // A stranger without a name is counted, and gets nothing.
    EXPECT_EQ(append_code(world.stranger(), "orders"), error::permission_denied);
    EXPECT_EQ(code_of(world.run(logs().new_producer_id(world.stranger()))),
              error::permission_denied);
}

TEST_F(GuardedLogs, RulesAreByVerbAndOwnersNeedNone) {
    make_topic("orders");
    auto const writer = user("writer", {"allow writer append on orders"});
    auto const reader = user("reader", {"allow reader read_log,describe on orders"});
    EXPECT_TRUE(append(writer, {"orders"}).front());
    EXPECT_EQ(code_of(world.run(logs().open(writer, "orders"))), error::permission_denied);
    EXPECT_TRUE(world.run(logs().open(reader, "orders")).has_value());
    EXPECT_EQ(append_code(reader, "orders"), error::permission_denied);
    ASSERT_EQ(world.run(logs().list(reader, "", 100)).value().size(), 1u);
    // One part is denied, the other is written.
    auto const maker = user("maker", {"allow maker create on mine-*"});
    make_topic("mine-1", &maker);
    auto const answers = append(maker, {"mine-1", "orders"});
    EXPECT_TRUE(answers[0]);
    EXPECT_EQ(code_of(answers[1]), error::permission_denied);
    EXPECT_TRUE(world.run(logs().drop(maker, "mine-1")));
    EXPECT_EQ(world.run(logs().list(boss, "", 100)).value().size(), 2u);   // orders, __audit
}

TEST_F(GuardedLogs, NobodyWritesTheAuditLog) {
    EXPECT_EQ(append_code(boss, "__audit"), error::permission_denied);
    EXPECT_EQ(code_of(world.run(logs().drop(boss, "__audit"))), error::permission_denied);
    EXPECT_EQ(code_of(world.run(
                  logs().erase_before(boss, "__audit", partition_index{0}, log_offset{-1}))),
              error::permission_denied);
    auto const nothing = [](store::topic_info const&) -> result<guarded_logs::changed_settings> {
        return guarded_logs::changed_settings{};
    };
    EXPECT_EQ(code_of(world.run(logs().change_settings(boss, "__audit", nothing))),
              error::permission_denied);
    auto const auditor = user("auditor", {"allow auditor read_log on __audit"});
    auto log = world.run(logs().open(auditor, "__audit")).value();
    auto const slice =
        world.run(log.read(partition_index{0}, log_offset{0}, 1'000'000, true)).value();
    auto const records = store::read_log_batches(slice.batches).value();
    ASSERT_FALSE(records.empty());
    EXPECT_THAT(*records.back().value, HasSubstr("\"verb\""));
    EXPECT_EQ(code_of(world.run(logs().open(user("other", {}), "__audit"))),
              error::permission_denied);
}

TEST_F(GuardedLogs, ReadsAreCounted) {
    make_topic("orders");
    auto const before = decisions_in(world.audit());
    for (int i = 0; i < 50; ++i) world.run(logs().open(boss, "orders")).value();
    auto const records = world.audit();
    EXPECT_EQ(decisions_in(records), before + 50);
    EXPECT_THAT(records.back(), HasSubstr("read_log"));
}

TEST_F(GuardedLogs, OffsetsNeedTheGroupAndTheTopic) {
    make_topic("orders");
    make_topic("hidden");
    auto const offset = [](std::string topic, int partition, std::int64_t at) {
        store::committed_offset what;
        what.topic = std::move(topic);
        what.partition = partition_index{partition};
        what.offset = log_offset{at};
        return what;
    };
    auto const reader = user("reader", {"allow reader read_log,describe on orders",
                                        "allow reader commit_offset,describe on group:g"});
    std::vector<store::committed_offset> const wanted{offset("orders", 0, 5),
                                                      offset("hidden", 0, 6),
                                                      offset("orders", 1, 7)};
    auto const answers = world.run(logs().commit_offsets(reader, "g", wanted));
    EXPECT_TRUE(answers[0] && answers[2]);
    EXPECT_EQ(code_of(answers[1]), error::permission_denied);
    for (auto const& one : world.run(logs().commit_offsets(reader, "other", wanted)))
        EXPECT_EQ(code_of(one), error::permission_denied);
    ASSERT_TRUE(world.run(logs().commit_offsets(boss, "g", {offset("hidden", 0, 8)})).front());
    EXPECT_EQ(world.run(logs().committed_offsets(reader, "g")).value().size(), 2u);
    EXPECT_EQ(world.run(logs().committed_offsets(boss, "g")).value().size(), 3u);
    EXPECT_EQ(code_of(world.run(logs().committed_offsets(reader, "other"))),
              error::permission_denied);
    world.run(logs().save_group("g", "state")).value();
    EXPECT_EQ(world.run(logs().saved_groups("", 5)).value().front().state, "state");
    world.run(logs().remove_group("g")).value();
    EXPECT_TRUE(world.run(logs().committed_offsets(boss, "g")).value().empty());
}

TEST_F(GuardedLogs, WhatIsRefusedByTheProducerRulesIsRecordedAsFailed) {
    make_topic("orders");
    auto with = [](std::int32_t sequence) {
        auto made = batch("v");
        store::set_producer(made.data(), made.size(), 9, 0, sequence);
        return std::vector<store::log_append_part>{{"orders", partition_index{0}, made}};
    };
    EXPECT_EQ(world.run(logs().append(boss, with(0))).front().value().base, log_offset{0});
    EXPECT_TRUE(world.run(logs().append(boss, with(0))).front().value().duplicate);
    auto const before = decisions_in(world.audit());
    EXPECT_EQ(world.run(logs().append(boss, with(5))).front().value().refused,
              store::producer_refusal::sequence_out_of_order);
    auto const records = world.audit();
    EXPECT_EQ(decisions_in(records), before + 1);
    EXPECT_THAT(records.back(), HasSubstr("conflict"));
}

}  // namespace
}  // namespace sluice::auth
