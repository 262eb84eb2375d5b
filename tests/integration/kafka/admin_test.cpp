// Topics and what describes them; who may see what.
#include <gtest/gtest.h>

#include <map>

#include "tests/integration/kafka/kafka_world.hpp"

namespace sluice::kafka {
namespace {

class KafkaAdmin : public testing::Test {
protected:
    kafka_world world;

    metadata_response about(std::string name, bool may_create, int version = 9) {
        metadata_request request;
        request.topics->push_back({{}, std::move(name)});
        request.allow_auto_topic_creation = may_create;
        return world.ask(request, version);
    }
    create_topics_response::creatable_topic_result create(
        std::string name, std::int32_t partitions, std::int16_t replicas,
        std::vector<std::pair<std::string, std::optional<std::string>>> configs = {},
        int version = 7) {
        create_topics_request request;
        auto& topic = request.topics.emplace_back();
        topic.name = std::move(name);
        topic.num_partitions = partitions;
        topic.replication_factor = replicas;
        for (auto& [key, value] : configs) topic.configs.push_back({key, value});
        return world.ask(request, version).topics.at(0);
    }
    using config =
        describe_configs_response::describe_configs_result::describe_configs_resource_result;
    std::map<std::string, config> configs(std::int8_t type, std::string name) {
        describe_configs_request request;
        auto& one = request.resources.emplace_back();
        one.resource_type = type;
        one.resource_name = std::move(name);
        one.configuration_keys.reset();
        request.include_synonyms = true;
        auto const answer = world.ask(request, 4);
        EXPECT_EQ(answer.results.at(0).error_code, 0);
        std::map<std::string, config> out;
        for (auto const& entry : answer.results.at(0).configs) out.emplace(entry.name, entry);
        return out;
    }
};

TEST_F(KafkaAdmin, AskingForATopicMakesIt) {
    EXPECT_EQ(about("t", false).topics.at(0).error_code,
              wire(error_code::unknown_topic_or_partition));
    auto const made = about("t", true);
    EXPECT_EQ(made.topics.at(0).error_code, 0);
    ASSERT_EQ(made.topics.at(0).partitions.size(), 1u);
    EXPECT_EQ(made.topics[0].partitions[0].leader_id, made.brokers.at(0).node_id);
    EXPECT_EQ(made.topics[0].partitions[0].leader_epoch, 0);
    EXPECT_EQ(made.cluster_id, world.front.cluster_id);
    world.front.auto_create_topics = false;
    EXPECT_EQ(about("u", true).topics.at(0).error_code,
              wire(error_code::unknown_topic_or_partition));
    EXPECT_EQ(about("bad name", true).topics.at(0).error_code,
              wire(error_code::invalid_topic_exception));
}

TEST_F(KafkaAdmin, EveryVersionOfMetadataServes) {
    world.make_topic("t", 3);
    for (int version = 0; version <= 13; ++version) {
        auto const answer = about("t", false, version);
        EXPECT_EQ(answer.topics.at(0).error_code, 0) << version;
        EXPECT_EQ(answer.topics.at(0).partitions.size(), 3u) << version;
    }
}

TEST_F(KafkaAdmin, MetadataListsAllNoneOrById) {
    world.make_topic("a");
    world.make_topic("b");
    metadata_request all;
    all.topics.reset();
    EXPECT_GE(world.ask(all, 9).topics.size(), 2u);
    EXPECT_TRUE(world.ask(metadata_request{}, 1).topics.empty());
    EXPECT_GE(world.ask(metadata_request{}, 0).topics.size(), 2u) << "version 0 has no null";
    auto const id = about("b", false, 12).topics.at(0).topic_id;
    metadata_request by_id;
    by_id.topics->push_back({id, std::nullopt});
    EXPECT_EQ(world.ask(by_id, 12).topics.at(0).name, "b");
    by_id.topics->at(0).topic_id[0] ^= 0xff;
    EXPECT_EQ(world.ask(by_id, 12).topics.at(0).error_code, wire(error_code::unknown_topic_id));
}

TEST_F(KafkaAdmin, TheAdvertisedAddressIsTheOneThatIsSet) {
    EXPECT_EQ(about("t", true).brokers.at(0).host, "127.0.0.1");
    world.front.advertised_host = "broker.example";
    world.front.advertised_port = 19092;
    auto const shown = about("t", true).brokers.at(0);
    EXPECT_EQ(shown.host, "broker.example");
    EXPECT_EQ(shown.port, 19092);
}

TEST_F(KafkaAdmin, TopicsAreMadeAndDropped) {
    auto const made = create("t", -1, -1);
    EXPECT_EQ(made.error_code, 0);
    EXPECT_EQ(made.num_partitions, 1);
    EXPECT_EQ(made.replication_factor, 1);
    EXPECT_NE(made.topic_id, uuid{});
    EXPECT_EQ(create("t", 1, 1).error_code, wire(error_code::topic_already_exists));
    EXPECT_EQ(create("old", -1, -1, {}, 3).error_code, 0) << "as Kafka takes it, and kafkajs sends";
    delete_topics_request request;
    request.topics.push_back({"t", {}});
    request.topics.push_back({"absent", {}});
    auto const dropped = world.ask(request, 6);
    EXPECT_EQ(dropped.responses.at(0).error_code, 0);
    EXPECT_EQ(dropped.responses.at(1).error_code, wire(error_code::unknown_topic_or_partition));
    auto const again = create("t", 2, 1);
    EXPECT_NE(again.topic_id, made.topic_id) << "a topic that comes back is another one";
    delete_topics_request by_id;
    by_id.topics.push_back({std::nullopt, again.topic_id});
    EXPECT_EQ(world.ask(by_id, 6).responses.at(0).error_code, 0);
}

TEST_F(KafkaAdmin, WhatCannotBeMadeSaysWhy) {
    EXPECT_EQ(create("t", 0, 1).error_code, wire(error_code::invalid_partitions));
    EXPECT_EQ(create("t", 1, 3).error_code, wire(error_code::invalid_replication_factor));
    EXPECT_EQ(create("a/b", 1, 1).error_code, wire(error_code::invalid_topic_exception));
    for (auto const& [key, value] : std::initializer_list<std::pair<std::string, std::string>>{
             {"cleanup.policy", "compress"},
             {"min.cleanable.dirty.ratio", "2"},
             {"delete.retention.ms", "-1"},
             {"max.compaction.lag.ms", "0"},
             {"segment.bytes", "1"},
             {"compression.type", "lzma"},
             {"message.timestamp.type", "Never"},
             {"flush.messages", "1"},
             {"min.insync.replicas", "2"},
             {"retention.ms", "soon"},
             {"retention.ms", "-2"},
             {"no.such.config", "1"}}) {
        auto const refused = create("t", 1, 1, {{key, value}});
        EXPECT_EQ(refused.error_code, wire(error_code::invalid_config)) << key;
        EXPECT_NE(refused.error_message.value_or("").find(key), std::string::npos) << key;
    }
    EXPECT_EQ(about("t", false).topics.at(0).error_code,
              wire(error_code::unknown_topic_or_partition));
}

// What the store takes as one batch bounds what a topic may promise.
TEST_F(KafkaAdmin, BatchesThatCannotBeStoredAreNotPromised) {
    auto const most = world.front.batch_bytes;
    auto const refused = create("t", 1, 1, {{"max.message.bytes", std::to_string(most + 1)}});
    EXPECT_EQ(refused.error_code, wire(error_code::invalid_config));
    auto const text = refused.error_message.value_or("");
    EXPECT_NE(text.find("limits.store_append"), std::string::npos) << text;
    EXPECT_NE(text.find(std::to_string(most)), std::string::npos) << text;
    EXPECT_EQ(create("t", 1, 1, {{"max.message.bytes", std::to_string(most)}}).error_code, 0);
}

// librdkafka's test 0081: valid and invalid topics in one request each have their own answer.
TEST_F(KafkaAdmin, MixedRequestsAnswerPerTopic) {
    create_topics_request request;
    for (auto const* name : {"fine", "bad name", "twice", "twice"}) {
        auto& topic = request.topics.emplace_back();
        topic.name = name;
        topic.num_partitions = 1;
        topic.replication_factor = 1;
    }
    auto const answer = world.ask(request, 5);
    ASSERT_EQ(answer.topics.size(), 3u);
    EXPECT_EQ(answer.topics[0].error_code, 0);
    EXPECT_EQ(answer.topics[1].error_code, wire(error_code::invalid_topic_exception));
    EXPECT_EQ(answer.topics[2].error_code, wire(error_code::invalid_request));
}

TEST_F(KafkaAdmin, ValidateOnlyMakesNothing) {
    create_topics_request request;
    auto& topic = request.topics.emplace_back();
    topic.name = "t";
    topic.num_partitions = 1;
    topic.replication_factor = 1;
    request.validate_only = true;
    EXPECT_EQ(world.ask(request, 7).topics.at(0).error_code, 0);
    EXPECT_EQ(about("t", false).topics.at(0).error_code,
              wire(error_code::unknown_topic_or_partition));
}

// Schema Registry, Connect and Streams read these without asking whether they are there.
TEST_F(KafkaAdmin, AllConfigsOfATopicAreDescribed) {
    // The last is what Streams gives its own topics.
    world.make_topic("t", 1, {{"retention.ms", "1000"},
                              {"cleanup.policy", "delete"},
                              {"segment.bytes", "52428800"}});
    auto const all = configs(2, "t");
    EXPECT_EQ(all.at("segment.bytes").value, "52428800");
    EXPECT_EQ(all.size(), 33u);
    EXPECT_EQ(all.at("cleanup.policy").value, "delete");
    EXPECT_EQ(all.at("cleanup.policy").config_source, 1);
    EXPECT_EQ(all.at("retention.ms").value, "1000");
    ASSERT_EQ(all.at("retention.ms").synonyms.size(), 1u);
    EXPECT_EQ(all.at("retention.ms").synonyms[0].source, 1);
    ASSERT_EQ(all.at("cleanup.policy").synonyms.size(), 2u);
    EXPECT_EQ(all.at("cleanup.policy").synonyms[1].name, "log.cleanup.policy");
    EXPECT_EQ(all.at("retention.bytes").value, "-1");
    EXPECT_EQ(all.at("max.message.bytes").value, "1048588");
    EXPECT_EQ(all.at("min.insync.replicas").config_source, 5);
    auto const broker = configs(4, "1");
    EXPECT_GT(broker.size(), 200u);
    EXPECT_EQ(broker.at("default.replication.factor").value, "1");
    EXPECT_EQ(broker.at("node.id").value, "1");
    EXPECT_FALSE(broker.at("ssl.key.password").value.has_value());
    EXPECT_TRUE(broker.at("ssl.key.password").is_sensitive);
}

TEST_F(KafkaAdmin, WhatCannotBeDescribedSaysWhy) {
    describe_configs_request request;
    for (auto const& [type, name] : std::initializer_list<std::pair<std::int8_t, std::string>>{
             {2, "absent"}, {4, "9"}, {8, "1"}}) {
        auto& one = request.resources.emplace_back();
        one.resource_type = type;
        one.resource_name = name;
    }
    auto const answer = world.ask(request, 4);
    EXPECT_EQ(answer.results.at(0).error_code, wire(error_code::unknown_topic_or_partition));
    EXPECT_EQ(answer.results.at(1).error_code, wire(error_code::invalid_request));
    EXPECT_EQ(answer.results.at(2).error_code, wire(error_code::invalid_request));
}

class KafkaRights : public KafkaAdmin {
protected:
    KafkaRights() {
        world.make_topic("t");
        auth::guarded_admin::new_principal wanted;
        wanted.name = "alice";
        wanted.password = "correct horse";
        auto const boss = world.root();
        world.run(world.door().admin().add_principal(boss, wanted)).value();
        world.user = "alice";
        world.password = "correct horse";
    }
};

TEST_F(KafkaRights, WithoutRightsNothingIsSeenOrDone) {
    EXPECT_EQ(about("t", false).topics.at(0).error_code,
              wire(error_code::topic_authorization_failed));
    EXPECT_EQ(about("absent", true).topics.at(0).error_code,
              wire(error_code::topic_authorization_failed));
    metadata_request all;
    all.topics.reset();
    EXPECT_TRUE(world.ask(all, 9).topics.empty());
    EXPECT_EQ(world.produce("t", batch_of({"x"})).error, error_code::topic_authorization_failed);
    EXPECT_EQ(world.fetch("t", 0).error, error_code::topic_authorization_failed);
    EXPECT_EQ(create("mine", 1, 1).error_code, wire(error_code::topic_authorization_failed));
    find_coordinator_request coordinator;
    coordinator.coordinator_keys = {"g"};
    EXPECT_EQ(world.ask(coordinator, 4).coordinators.at(0).error_code,
              wire(error_code::group_authorization_failed));
    join_group_request join;
    join.group_id = "g";
    join.session_timeout_ms = 10'000;
    join.protocol_type = "consumer";
    join.protocols.push_back({"range", "m"});
    EXPECT_EQ(world.ask(join, 5).error_code, wire(error_code::group_authorization_failed));
    list_groups_request groups;
    EXPECT_TRUE(world.ask(groups, 4).groups.empty());
}

}  // namespace
}  // namespace sluice::kafka
