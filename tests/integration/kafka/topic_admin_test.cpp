// Topics as they are administered: configurations changed while they are used, partitions added,
// records deleted, and what a one-node Kafka says about replicas and log directories.
#include <gtest/gtest.h>

#include "tests/integration/kafka/kafka_world.hpp"

namespace sluice::kafka {
namespace {

constexpr std::int8_t topic_resource = 2;
constexpr std::int8_t broker_resource = 4;

class KafkaTopicAdmin : public testing::Test {
protected:
    explicit KafkaTopicAdmin(bool real = false) : world(real) {}
    kafka_world world;

    struct edit {
        std::string name;
        std::int8_t how;  // 0 set, 1 delete, 2 append, 3 subtract
        std::optional<std::string> value;
    };
    incremental_alter_configs_response::alter_configs_resource_response alter(
        std::vector<edit> edits, std::string name = "t", std::int8_t type = topic_resource,
        bool validate_only = false) {
        incremental_alter_configs_request request;
        request.validate_only = validate_only;
        auto& one = request.resources.emplace_back();
        one.resource_type = type;
        one.resource_name = std::move(name);
        for (auto& each : edits) one.configs.push_back({each.name, each.how, each.value});
        return world.ask(request, 1).responses.at(0);
    }
    std::int16_t replace(std::vector<std::pair<std::string, std::string>> configs) {
        alter_configs_request request;
        auto& one = request.resources.emplace_back();
        one.resource_type = topic_resource;
        one.resource_name = "t";
        for (auto& [key, value] : configs) one.configs.push_back({key, value});
        return world.ask(request, 2).responses.at(0).error_code;
    }
    // The value and its source: 1 the topic's, 5 the default.
    std::pair<std::string, int> config(std::string const& name) {
        describe_configs_request request;
        auto& one = request.resources.emplace_back();
        one.resource_type = topic_resource;
        one.resource_name = "t";
        one.configuration_keys = {name};
        auto const shown = world.ask(request, 4).results.at(0).configs.at(0);
        return {shown.value.value_or("null"), shown.config_source};
    }
    std::int16_t grow(std::int32_t count, bool validate_only = false,
                      std::optional<std::vector<std::vector<std::int32_t>>> assigned = {},
                      std::string name = "t") {
        create_partitions_request request;
        request.validate_only = validate_only;
        auto& one = request.topics.emplace_back();
        one.name = std::move(name);
        one.count = count;
        one.assignments.reset();
        if (assigned) {
            one.assignments.emplace();
            for (auto& ids : *assigned) one.assignments->push_back({ids});
        }
        return world.ask(request, 3).results.at(0).error_code;
    }
    std::size_t partitions() {
        metadata_request request;
        request.topics->push_back({{}, "t"});
        return world.ask(request, 9).topics.at(0).partitions.size();
    }
    delete_records_response::delete_records_topic_result::delete_records_partition_result erase(
        std::int64_t offset, std::int32_t partition = 0, std::string topic = "t") {
        delete_records_request request;
        auto& one = request.topics.emplace_back();
        one.name = std::move(topic);
        one.partitions.push_back({partition, offset});
        return world.ask(request, 2).topics.at(0).partitions.at(0);
    }
    std::int64_t earliest() {
        list_offsets_request request;
        auto& topic = request.topics.emplace_back();
        topic.name = "t";
        topic.partitions.emplace_back().timestamp = -2;
        return world.ask(request, 6).topics.at(0).partitions.at(0).offset;
    }
};

class KafkaDurableTopicAdmin : public KafkaTopicAdmin {
protected:
    KafkaDurableTopicAdmin() : KafkaTopicAdmin(true) {}
};

TEST_F(KafkaDurableTopicAdmin, ConfigurationsAreSetAndDeletedForGood) {
    world.make_topic("t");
    EXPECT_EQ(alter({{"retention.ms", 0, "5000"}, {"max.message.bytes", 0, "2000"}}).error_code, 0);
    EXPECT_EQ(config("retention.ms"), (std::pair<std::string, int>{"5000", 1}));
    world.restart_all();
    EXPECT_EQ(config("retention.ms"), (std::pair<std::string, int>{"5000", 1}));
    EXPECT_EQ(alter({{"retention.ms", 1, {}}}).error_code, 0);
    EXPECT_EQ(config("retention.ms"), (std::pair<std::string, int>{"604800000", 5}));
    EXPECT_EQ(config("max.message.bytes"), (std::pair<std::string, int>{"2000", 1}));
}

TEST_F(KafkaTopicAdmin, AChangedConfigurationIsInForceAtOnce) {
    world.make_topic("t");
    auto const batch = batch_of({std::string(5000, 'x')});
    EXPECT_EQ(world.produce("t", batch).error, error_code::none);
    EXPECT_EQ(alter({{"max.message.bytes", 0, "1000"}}).error_code, 0);
    EXPECT_EQ(world.produce("t", batch).error, error_code::message_too_large);
    EXPECT_EQ(alter({{"max.message.bytes", 1, {}}}).error_code, 0);
    EXPECT_EQ(world.produce("t", batch).error, error_code::none);
}

TEST_F(KafkaTopicAdmin, WhatHasNoEffectOrNoSenseIsRefusedAsAWhole) {
    world.make_topic("t");
    auto const refused = [&](std::vector<edit> edits) {
        edits.push_back({"retention.ms", 0, "1"});
        auto const answer = alter(edits);
        EXPECT_TRUE(answer.error_message.has_value());
        return error_code{answer.error_code};
    };
    EXPECT_EQ(refused({{"flush.ms", 0, "5"}}), error_code::invalid_config);
    EXPECT_EQ(refused({{"compression.type", 0, "lzma"}}), error_code::invalid_config);
    EXPECT_EQ(refused({{"retention.bytes", 0, "many"}}), error_code::invalid_config);
    EXPECT_EQ(refused({{"no.such.config", 0, "1"}}), error_code::invalid_config);
    EXPECT_EQ(refused({{"retention.bytes", 2, "1"}}), error_code::invalid_config);
    EXPECT_EQ(refused({{"cleanup.policy", 3, "delete"}}), error_code::invalid_config);
    EXPECT_EQ(refused({{"retention.bytes", 0, {}}}), error_code::invalid_request);
    EXPECT_EQ(refused({{"retention.bytes", 7, "1"}}), error_code::invalid_request);
    EXPECT_EQ(refused({{"retention.ms", 1, {}}}), error_code::invalid_request);
    EXPECT_EQ(config("retention.ms").second, 5);
    EXPECT_EQ(alter({{"retention.ms", 0, "1"}}, "absent").error_code,
              wire(error_code::unknown_topic_or_partition));
    EXPECT_EQ(alter({{"retention.ms", 0, "1"}}, "a b").error_code,
              wire(error_code::invalid_topic_exception));
    EXPECT_EQ(alter({{"a", 0, "1"}}, "g", 32).error_code, wire(error_code::invalid_request));
}

TEST_F(KafkaTopicAdmin, ListsAreAppendedToAndSubtractedFrom) {
    world.make_topic("t");
    EXPECT_EQ(alter({{"cleanup.policy", 2, "delete"}}).error_code, 0);
    EXPECT_EQ(config("cleanup.policy"), (std::pair<std::string, int>{"delete", 1}));
    auto const added = alter({{"leader.replication.throttled.replicas", 2, "0:1"}});
    EXPECT_EQ(added.error_code, wire(error_code::invalid_config)) << "throttles nothing here";
    EXPECT_EQ(alter({{"leader.replication.throttled.replicas", 3, "0:1"}}).error_code, 0);
}

TEST_F(KafkaTopicAdmin, ValidationAloneChangesNothing) {
    world.make_topic("t");
    EXPECT_EQ(alter({{"retention.ms", 0, "1"}}, "t", topic_resource, true).error_code, 0);
    EXPECT_EQ(alter({{"retention.ms", 0, "x"}}, "t", topic_resource, true).error_code,
              wire(error_code::invalid_config));
    EXPECT_EQ(config("retention.ms").second, 5);
}

// KIP-339 came because this one takes away what it does not name.
TEST_F(KafkaTopicAdmin, TheOldWayReplacesEverything) {
    world.make_topic("t", 1, {{"retention.ms", "1000"}, {"retention.bytes", "5"}});
    EXPECT_EQ(replace({{"retention.bytes", "6"}}), 0);
    EXPECT_EQ(config("retention.bytes").first, "6");
    EXPECT_EQ(config("retention.ms").second, 5);
    EXPECT_EQ(replace({{"retention.bytes", "x"}}), wire(error_code::invalid_config));
    EXPECT_EQ(replace({{"retention.bytes", "7"}, {"retention.bytes", "8"}}),
              wire(error_code::invalid_request));
    EXPECT_EQ(config("retention.bytes").first, "6");
}

TEST_F(KafkaTopicAdmin, AResourceStandsOnceInARequest) {
    world.make_topic("t");
    incremental_alter_configs_request request;
    for (int i = 0; i < 2; ++i) {
        auto& one = request.resources.emplace_back();
        one.resource_type = topic_resource;
        one.resource_name = "t";
        one.configs.push_back({"retention.ms", 0, std::to_string(i)});
    }
    for (auto const& one : world.ask(request, 1).responses)
        EXPECT_EQ(one.error_code, wire(error_code::invalid_request));
    EXPECT_EQ(config("retention.ms").second, 5);
}

TEST_F(KafkaTopicAdmin, TheBrokersOwnAreFixed) {
    auto const refused = alter({{"message.max.bytes", 0, "1"}}, "1", broker_resource);
    EXPECT_EQ(refused.error_code, wire(error_code::invalid_request));
    EXPECT_NE(refused.error_message.value_or("").find("message.max.bytes"), std::string::npos);
    EXPECT_EQ(alter({{"no.such", 0, "1"}}, "", broker_resource).error_code,
              wire(error_code::invalid_config));
    EXPECT_EQ(alter({{"message.max.bytes", 1, {}}}, "1", broker_resource).error_code, 0);
    EXPECT_EQ(alter({}, "2", broker_resource).error_code, wire(error_code::invalid_request));
}

TEST_F(KafkaDurableTopicAdmin, PartitionsAreAddedAndServeAtOnce) {
    world.make_topic("t", 2);
    EXPECT_EQ(grow(2), wire(error_code::invalid_partitions));
    EXPECT_EQ(grow(1), wire(error_code::invalid_partitions));
    EXPECT_EQ(grow(10'000'000), wire(error_code::invalid_partitions));
    EXPECT_EQ(grow(4, true), 0);
    EXPECT_EQ(partitions(), 2u);
    EXPECT_EQ(grow(4, false, {{{1}}}), wire(error_code::invalid_replica_assignment));
    EXPECT_EQ(grow(4, false, {{{1}, {2}}}), wire(error_code::invalid_replica_assignment));
    EXPECT_EQ(grow(4, false, {{{1}, {1}}}), 0);
    EXPECT_EQ(partitions(), 4u);
    EXPECT_EQ(grow(5, false, {}, "absent"), wire(error_code::unknown_topic_or_partition));
    auto const batch = batch_of({"x"});
    auto request = produce_of("t", batch);
    request.topic_data[0].partition_data[0].index = 3;
    auto const answer = world.ask(request, 9);
    EXPECT_EQ(answer.responses.at(0).partition_responses.at(0).error_code, 0);
    world.restart_all();
    EXPECT_EQ(partitions(), 4u);
}

TEST_F(KafkaDurableTopicAdmin, DeletedRecordsAreGoneForGood) {
    world.make_topic("t");
    for (int i = 0; i < 5; ++i) world.produce("t", batch_of({"a", "b"}));
    auto const done = erase(4);
    EXPECT_EQ(done.error_code, 0);
    EXPECT_EQ(done.low_watermark, 4);
    EXPECT_EQ(earliest(), 4);
    EXPECT_EQ(world.fetch("t", 3).error, error_code::offset_out_of_range);
    EXPECT_EQ(world.fetch("t", 4).error, error_code::none);
    EXPECT_EQ(erase(2).low_watermark, 4) << "nothing moves back";
    EXPECT_EQ(erase(11).error_code, wire(error_code::offset_out_of_range));
    EXPECT_EQ(erase(-2).error_code, wire(error_code::offset_out_of_range));
    EXPECT_EQ(erase(0, 7).error_code, wire(error_code::unknown_topic_or_partition));
    EXPECT_EQ(erase(0, 0, "absent").error_code, wire(error_code::unknown_topic_or_partition));
    world.restart_all();
    EXPECT_EQ(earliest(), 4);
    EXPECT_EQ(erase(-1).low_watermark, 10);
    EXPECT_EQ(earliest(), 10);
    EXPECT_EQ(world.produce("t", batch_of({"c"})).offset, 10);
}

TEST_F(KafkaTopicAdmin, TheClusterIsOneBroker) {
    describe_cluster_request request;
    request.include_cluster_authorized_operations = true;
    for (int version = 0; version <= 2; ++version) {
        auto const shown = world.ask(request, version);
        EXPECT_EQ(shown.cluster_id, world.front.cluster_id);
        EXPECT_EQ(shown.controller_id, 1);
        ASSERT_EQ(shown.brokers.size(), 1u);
        EXPECT_EQ(shown.brokers[0].port, 9092);
        // create, alter, describe, describe_configs, alter_configs, idempotent_write
        EXPECT_EQ(shown.cluster_authorized_operations,
                  1 << 5 | 1 << 7 | 1 << 8 | 1 << 10 | 1 << 11 | 1 << 12);
    }
    request.endpoint_type = 2;
    EXPECT_EQ(world.ask(request, 1).error_code, wire(error_code::mismatched_endpoint_type));
    request.endpoint_type = 3;
    EXPECT_EQ(world.ask(request, 1).error_code, wire(error_code::unsupported_endpoint_type));
}

TEST_F(KafkaTopicAdmin, NoClientHasAQuota) {
    describe_client_quotas_request request;
    request.components.push_back({"user", 2, std::nullopt});
    auto const none = world.ask(request, 1);
    EXPECT_EQ(none.error_code, 0);
    ASSERT_TRUE(none.entries.has_value());
    EXPECT_TRUE(none.entries->empty());
    request.components.push_back({"user", 0, "alice"});
    EXPECT_EQ(world.ask(request, 1).error_code, wire(error_code::invalid_request));
    request.components = {{"planet", 2, std::nullopt}};
    EXPECT_EQ(world.ask(request, 1).error_code, wire(error_code::invalid_request));
}

TEST_F(KafkaTopicAdmin, LogDirectoriesTellWhatPartitionsTakeUp) {
    world.make_topic("t", 2);
    world.make_topic("other");
    auto const batch = batch_of({std::string(1000, 'x')});
    world.produce("t", batch);
    describe_log_dirs_request request;
    request.topics.reset();
    auto const all = world.ask(request, 4);
    EXPECT_EQ(all.error_code, 0);
    ASSERT_EQ(all.results.size(), 1u);
    EXPECT_EQ(all.results[0].topics.size(), 3u) << "and the audit log";
    request.topics.emplace();
    request.topics->push_back({"t", {0, 1, 9}});
    request.topics->push_back({"absent", {0}});
    auto const some = world.ask(request, 4).results.at(0);
    ASSERT_EQ(some.topics.size(), 1u);
    ASSERT_EQ(some.topics[0].partitions.size(), 2u);
    EXPECT_EQ(some.topics[0].partitions[0].partition_size,
              static_cast<std::int64_t>(batch.size()));
    EXPECT_EQ(some.topics[0].partitions[1].partition_size, 0);
}

TEST_F(KafkaTopicAdmin, PartitionsAreDescribedInPages) {
    world.make_topic("a", 3);
    world.make_topic("b", 2);
    describe_topic_partitions_request request;
    for (auto const* name : {"b", "a", "absent"}) request.topics.push_back({name});
    request.response_partition_limit = 2;
    std::vector<std::string> seen;
    for (int pages = 0; pages < 10; ++pages) {
        auto const page = world.ask(request, 0);
        for (auto const& topic : page.topics) {
            if (topic.error_code != 0) seen.push_back(*topic.name + "!");
            for (auto const& one : topic.partitions)
                seen.push_back(*topic.name + std::to_string(one.partition_index));
        }
        if (!page.next_cursor) break;
        request.cursor.emplace();
        request.cursor->topic_name = page.next_cursor->topic_name;
        request.cursor->partition_index = page.next_cursor->partition_index;
    }
    EXPECT_EQ(seen, (std::vector<std::string>{"a0", "a1", "a2", "absent!", "b0", "b1"}));
    describe_topic_partitions_request everything;
    EXPECT_GE(world.ask(everything, 0).topics.size(), 2u);
}

TEST_F(KafkaTopicAdmin, ReplicasHaveNowhereToGo) {
    world.make_topic("t");
    elect_leaders_request election;
    election.topic_partitions.emplace();
    election.topic_partitions->push_back({"t", {0, 5}});
    auto const elected = world.ask(election, 2);
    EXPECT_EQ(elected.error_code, 0);
    auto const& results = elected.replica_election_results.at(0).partition_result;
    EXPECT_EQ(results.at(0).error_code, wire(error_code::election_not_needed));
    EXPECT_EQ(results.at(1).error_code, wire(error_code::unknown_topic_or_partition));
    election.election_type = 4;
    EXPECT_EQ(world.ask(election, 2).error_code, wire(error_code::invalid_request));
    EXPECT_TRUE(world.ask(list_partition_reassignments_request{}, 0).topics.empty());
    alter_partition_reassignments_request move;
    auto& topic = move.topics.emplace_back();
    topic.name = "t";
    topic.partitions.push_back({0, std::vector<std::int32_t>{1}});
    topic.partitions.push_back({0, std::vector<std::int32_t>{2}});
    topic.partitions.push_back({0, std::nullopt});
    topic.partitions.push_back({9, std::nullopt});
    auto const moved = world.ask(move, 1).responses.at(0);
    EXPECT_EQ(moved.partitions.at(0).error_code, 0);
    EXPECT_EQ(moved.partitions.at(1).error_code, wire(error_code::invalid_replica_assignment));
    EXPECT_EQ(moved.partitions.at(2).error_code, wire(error_code::no_reassignment_in_progress));
    EXPECT_EQ(moved.partitions.at(3).error_code, wire(error_code::unknown_topic_or_partition));
}

}  // namespace
}  // namespace sluice::kafka
