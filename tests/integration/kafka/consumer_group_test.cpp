// Consumer groups of KIP-848 through the wire: who gets what, what other APIs say of such groups,
// migration to and from the classic protocol, and what survives a restart.
#include <gtest/gtest.h>

#include <deque>

#include "protocols/kafka/coordinator/consumer_protocol.hpp"
#include "tests/integration/kafka/kafka_world.hpp"

namespace sluice::kafka {
namespace {

using heartbeat = consumer_group_heartbeat_request;
using answered = consumer_group_heartbeat_response;
using parts = std::vector<std::int32_t>;

class KafkaConsumerGroups : public testing::Test {
protected:
    explicit KafkaConsumerGroups(bool real = false) : world(real) {}
    kafka_world world;

    static heartbeat joining(std::string member, std::vector<std::string> topics = {"t"}) {
        heartbeat out;
        out.group_id = "g";
        out.member_id = std::move(member);
        out.rebalance_timeout_ms = 30'000;
        out.subscribed_topic_names = std::move(topics);
        out.topic_partitions.emplace();
        return out;
    }
    static heartbeat beating(std::string member, std::int32_t epoch) {
        heartbeat out;
        out.group_id = "g";
        out.member_id = std::move(member);
        out.member_epoch = epoch;
        return out;
    }
    answered join(std::string member, std::vector<std::string> topics = {"t"}) {
        return world.ask(joining(std::move(member), std::move(topics)), 1);
    }
    answered beat(std::string member, std::int32_t epoch) {
        return world.ask(beating(std::move(member), epoch), 1);
    }
    // Heartbeat that says what is owned: what the last answer gave.
    answered confirm(std::string member, std::int32_t epoch, answered const& given) {
        auto request = beating(std::move(member), epoch);
        request.topic_partitions.emplace();
        for (auto const& one : given.assignment->topic_partitions)
            request.topic_partitions->push_back({one.topic_id, one.partitions});
        return world.ask(request, 1);
    }
    static parts of(answered const& answer) {
        if (!answer.assignment || answer.assignment->topic_partitions.empty()) return {};
        return answer.assignment->topic_partitions.at(0).partitions;
    }
    consumer_group_describe_response::described_group describe(int version = 1) {
        consumer_group_describe_request request;
        request.group_ids = {"g"};
        return world.ask(request, version).groups.at(0);
    }
    std::int16_t commit(std::string member, std::int32_t epoch, int version = 9) {
        offset_commit_request request;
        request.group_id = "g";
        request.member_id = std::move(member);
        request.generation_id_or_member_epoch = epoch;
        auto& topic = request.topics.emplace_back();
        topic.name = "t";
        topic.partitions.emplace_back().committed_offset = 5;
        return world.ask(request, version).topics.at(0).partitions.at(0).error_code;
    }
    offset_fetch_response::offset_fetch_response_group fetch(std::optional<std::string> member,
                                                             std::int32_t epoch) {
        offset_fetch_request request;
        auto& group = request.groups.emplace_back();
        group.group_id = "g";
        group.member_id = std::move(member);
        group.member_epoch = epoch;
        group.topics.emplace();
        group.topics->push_back({"t", {}, {0}});
        return world.ask(request, 9).groups.at(0);
    }
    list_groups_response list(std::vector<std::string> types, std::vector<std::string> states = {}) {
        list_groups_request request;
        request.types_filter = std::move(types);
        request.states_filter = std::move(states);
        return world.ask(request, 5);
    }

    // ---- a member of the classic protocol ------------------------------------------------------
    static std::string subscription(parts const& owned) {
        std::string out;
        byte_writer to(out);
        to.big(std::int16_t{1}).big(std::int32_t{1}).big(std::int16_t{1}).raw("t");
        to.big(std::int32_t{-1}).big(std::int32_t{owned.empty() ? 0 : 1});
        if (owned.empty()) return out;
        to.big(std::int16_t{1}).raw("t").big(static_cast<std::int32_t>(owned.size()));
        for (auto const one : owned) to.big(one);
        return out;
    }
    join_group_response classic_join(std::string member, parts const& owned = {}) {
        kept.push_back(subscription(owned));
        join_group_request request;
        request.group_id = "g";
        request.session_timeout_ms = request.rebalance_timeout_ms = 30'000;
        request.member_id = std::move(member);
        request.protocol_type = "consumer";
        request.protocols.push_back({"cooperative-sticky", kept.back()});
        auto joined = world.ask(request, 5);
        if (joined.error_code != wire(error_code::member_id_required)) return joined;
        request.member_id = joined.member_id;
        return world.ask(request, 5);
    }
    parts classic_sync(join_group_response const& joined, std::string mine = "") {
        sync_group_request request;
        request.group_id = "g";
        request.member_id = joined.member_id;
        request.generation_id = joined.generation_id;
        if (!mine.empty()) request.assignments.push_back({joined.member_id, mine});
        auto const answer = world.ask(request, 5);
        EXPECT_EQ(answer.error_code, 0);
        auto const read = decode_assignment(answer.assignment);
        auto const found = read->find("t");
        if (found == read->end()) return {};
        return {found->second.begin(), found->second.end()};
    }
    std::int16_t classic_heartbeat(std::string member, std::int32_t generation) {
        heartbeat_request request;
        request.group_id = "g";
        request.member_id = std::move(member);
        request.generation_id = generation;
        return world.ask(request, 4).error_code;
    }
    std::deque<std::string> kept;
};

TEST_F(KafkaConsumerGroups, TwoMembersShareATopic) {
    world.make_topic("t", 4);
    auto const first = join("a");
    EXPECT_EQ(first.error_code, 0);
    EXPECT_EQ(first.member_id, "a");
    EXPECT_EQ(first.member_epoch, 1);
    EXPECT_EQ(first.heartbeat_interval_ms, 5000);
    EXPECT_EQ(of(first), (parts{0, 1, 2, 3}));
    auto const second = join("b");
    EXPECT_EQ(second.member_epoch, 2);
    EXPECT_TRUE(of(second).empty());
    auto const less = beat("a", 1);
    EXPECT_EQ(of(less), (parts{0, 1}));
    EXPECT_EQ(describe().group_state, "Reconciling");
    EXPECT_EQ(confirm("a", 1, less).member_epoch, 2);
    EXPECT_EQ(of(beat("b", 2)), (parts{2, 3}));
    auto const shown = describe();
    EXPECT_EQ(shown.group_state, "Stable");
    EXPECT_EQ(shown.group_epoch, 2);
    EXPECT_EQ(shown.assignment_epoch, 2);
    EXPECT_EQ(shown.assignor_name, "uniform");
    ASSERT_EQ(shown.members.size(), 2u);
    EXPECT_EQ(shown.members[1].member_id, "b");
    EXPECT_EQ(shown.members[1].member_type, 1);
    EXPECT_EQ(shown.members[1].subscribed_topic_names, (std::vector<std::string>{"t"}));
    EXPECT_EQ(shown.members[1].assignment.topic_partitions.at(0).topic_name, "t");
    EXPECT_EQ(shown.members[1].target_assignment.topic_partitions.at(0).partitions, (parts{2, 3}));
}

TEST_F(KafkaConsumerGroups, VersionZeroGivesIds) {
    world.make_topic("t");
    auto const joined = world.ask(joining(""), 0);
    EXPECT_EQ(joined.error_code, 0);
    EXPECT_FALSE(joined.member_id->empty());
    EXPECT_EQ(world.ask(joining(""), 1).error_code, wire(error_code::invalid_request));
}

TEST_F(KafkaConsumerGroups, RefusalsSayWhy) {
    world.make_topic("t");
    EXPECT_EQ(beat("a", 3).error_code, wire(error_code::group_id_not_found));
    auto request = joining("a");
    request.server_assignor = "best";
    auto const refused = world.ask(request, 1);
    EXPECT_EQ(refused.error_code, wire(error_code::unsupported_assignor));
    EXPECT_EQ(refused.error_message,
              "ServerAssignor best is not supported. Supported assignors: uniform, range.");
    request = joining("a");
    request.subscribed_topic_regex = "(";
    EXPECT_EQ(world.ask(request, 1).error_code, wire(error_code::invalid_regular_expression));
    EXPECT_EQ(describe().error_code, wire(error_code::group_id_not_found));
    join("a");
    EXPECT_EQ(beat("a", 9).error_code, wire(error_code::fenced_member_epoch));
    EXPECT_EQ(beat("b", 1).error_code, wire(error_code::unknown_member_id));
}

TEST_F(KafkaConsumerGroups, OffsetsNeedTheEpoch) {
    world.make_topic("t");
    join("a");
    EXPECT_EQ(commit("a", 1), 0);
    EXPECT_EQ(commit("a", 0), wire(error_code::stale_member_epoch));
    EXPECT_EQ(commit("a", 1, 8), wire(error_code::unsupported_version));
    EXPECT_EQ(commit("b", 1), wire(error_code::unknown_member_id));
    EXPECT_EQ(commit("", -1), wire(error_code::unknown_member_id)) << "members are in it";
    EXPECT_EQ(fetch("a", 1).topics.at(0).partitions.at(0).committed_offset, 5);
    EXPECT_EQ(fetch("a", 0).error_code, wire(error_code::stale_member_epoch));
    EXPECT_EQ(fetch("b", 1).error_code, wire(error_code::unknown_member_id));
    EXPECT_EQ(fetch(std::nullopt, -1).error_code, 0);
    offset_commit_request request;
    request.group_id = "none";
    request.member_id = "a";
    request.generation_id_or_member_epoch = 1;
    request.topics.emplace_back().name = "t";
    request.topics[0].partitions.emplace_back();
    EXPECT_EQ(world.ask(request, 9).topics.at(0).partitions.at(0).error_code,
              wire(error_code::group_id_not_found));
    EXPECT_EQ(world.ask(request, 8).topics.at(0).partitions.at(0).error_code,
              wire(error_code::illegal_generation));
}

TEST_F(KafkaConsumerGroups, OtherApisKnowThem) {
    world.make_topic("t");
    world.make_topic("u");
    join("a");
    ASSERT_EQ(list({}).groups.size(), 1u);
    EXPECT_EQ(list({}).groups[0].group_type, "consumer");
    EXPECT_EQ(list({}).groups[0].group_state, "Stable");
    EXPECT_EQ(list({}).groups[0].protocol_type, "consumer");
    EXPECT_EQ(list({"Consumer"}, {"stable"}).groups.size(), 1u);
    EXPECT_EQ(list({"classic"}).groups.size(), 0u);
    describe_groups_request asked;
    asked.groups = {"g"};
    auto const told = world.ask(asked, 6).groups.at(0);
    EXPECT_EQ(told.error_code, wire(error_code::group_id_not_found));
    EXPECT_EQ(told.error_message, "Group g is not a classic group.");
    EXPECT_EQ(world.ask(asked, 5).groups.at(0).group_state, "Dead");
    delete_groups_request away;
    away.groups_names = {"g"};
    EXPECT_EQ(world.ask(away, 2).results.at(0).error_code, wire(error_code::non_empty_group));
    offset_delete_request forget;
    forget.group_id = "g";
    forget.topics.push_back({"t", {{0}}});
    forget.topics.push_back({"u", {{0}}});
    auto const forgot = world.ask(forget, 0);
    EXPECT_EQ(forgot.topics.at(0).partitions.at(0).error_code,
              wire(error_code::group_subscribed_to_topic));
    EXPECT_EQ(forgot.topics.at(1).partitions.at(0).error_code, 0);
    EXPECT_EQ(beat("a", leaves_epoch).member_epoch, leaves_epoch);
    EXPECT_EQ(describe().group_state, "Empty");
    EXPECT_EQ(world.ask(away, 2).results.at(0).error_code, 0);
    EXPECT_EQ(list({}).groups.size(), 0u);
}

TEST_F(KafkaConsumerGroups, TopicsMadeAndGrownLaterAreRead) {
    EXPECT_TRUE(of(join("a")).empty());
    world.make_topic("t", 2);
    EXPECT_EQ(of(beat("a", 1)), (parts{0, 1}));
    create_partitions_request grow;
    auto& topic = grow.topics.emplace_back();
    topic.name = "t";
    topic.count = 3;
    topic.assignments.reset();
    EXPECT_EQ(world.ask(grow, 3).results.at(0).error_code, 0);
    EXPECT_EQ(of(beat("a", 2)), (parts{0, 1, 2}));
    auto request = joining("r", {});
    request.subscribed_topic_names.reset();
    request.subscribed_topic_regex = "x-.*";
    EXPECT_TRUE(of(world.ask(request, 1)).empty());
    world.make_topic("x-1");
    EXPECT_EQ(of(beat("r", 4)), (parts{0}));
    EXPECT_EQ(describe().members.at(1).subscribed_topic_regex, "x-.*");
}

TEST_F(KafkaConsumerGroups, AnEmptyGroupChangesItsProtocol) {
    world.make_topic("t");
    join("a");
    EXPECT_EQ(beat("a", leaves_epoch).error_code, 0);
    auto const joined = classic_join("");
    EXPECT_EQ(joined.error_code, 0);
    EXPECT_EQ(joined.generation_id, 3) << "it goes on counting";
    EXPECT_EQ(list({"classic"}).groups.size(), 1u);
    EXPECT_EQ(beat("a", 1).error_code, wire(error_code::group_id_not_found));
}

TEST_F(KafkaConsumerGroups, MembersMigrateWhileTheyGoOn) {
    world.make_topic("t", 4);
    auto const old = classic_join("");
    auto const all = encode_assignment({{"t", {0, 1, 2, 3}}}, 1);
    EXPECT_EQ(classic_sync(old, all), (parts{0, 1, 2, 3}));
    auto const joined = join("a");
    ASSERT_EQ(joined.error_code, 0);
    EXPECT_EQ(joined.member_epoch, old.generation_id + 1);
    EXPECT_TRUE(of(joined).empty()) << "the classic member owns all";
    EXPECT_EQ(list({"consumer"}).groups.size(), 1u);
    EXPECT_EQ(classic_heartbeat(old.member_id, old.generation_id),
              wire(error_code::rebalance_in_progress));
    auto const again = classic_join(old.member_id, {0, 1, 2, 3});
    auto const less = classic_sync(again);
    EXPECT_EQ(less.size(), 2u);
    auto const done = classic_join(old.member_id, less);
    EXPECT_EQ(done.generation_id, joined.member_epoch);
    EXPECT_EQ(classic_sync(done), less);
    EXPECT_EQ(of(beat("a", joined.member_epoch)).size(), 2u);
    EXPECT_EQ(describe().members.size(), 2u);
    // And back, when the last consumer leaves.
    EXPECT_EQ(beat("a", leaves_epoch).error_code, 0);
    EXPECT_EQ(list({"classic"}).groups.size(), 1u);
    EXPECT_EQ(describe().error_code, wire(error_code::group_id_not_found));
    auto const back = classic_join(done.member_id, less);
    EXPECT_EQ(back.error_code, 0);
    EXPECT_GT(back.generation_id, done.generation_id);
    EXPECT_EQ(back.leader, back.member_id);
}

TEST_F(KafkaConsumerGroups, GroupsOfOtherKindsDoNotMigrate) {
    world.make_topic("t");
    join_group_request request;
    request.group_id = "g";
    request.session_timeout_ms = request.rebalance_timeout_ms = 30'000;
    request.protocol_type = "consumer";
    request.protocols.push_back({"range", "no subscription"});
    request.member_id = world.ask(request, 5).member_id;
    EXPECT_EQ(world.ask(request, 5).error_code, 0);
    EXPECT_EQ(join("a").error_code, wire(error_code::group_id_not_found));
    EXPECT_EQ(list({"classic"}).groups.size(), 1u);
}

TEST_F(KafkaConsumerGroups, GroupConfigurationsAreShown) {
    describe_configs_request request;
    request.resources.push_back({32, "g", std::nullopt});
    auto const told = world.ask(request, 4).results.at(0);
    EXPECT_EQ(told.error_code, 0);
    ASSERT_EQ(told.configs.size(), 2u);
    EXPECT_EQ(told.configs[1].name, "consumer.session.timeout.ms");
    EXPECT_EQ(told.configs[1].value, "45000");
}

class DurableConsumerGroups : public KafkaConsumerGroups {
protected:
    DurableConsumerGroups() : KafkaConsumerGroups(true) {}
};

TEST_F(DurableConsumerGroups, MembersGoOnAfterARestart) {
    world.make_topic("t", 4);
    join("a");
    join("b");
    auto const less = beat("a", 1);
    world.restart_all();
    EXPECT_EQ(describe().group_epoch, 2);
    EXPECT_EQ(confirm("a", 1, less).member_epoch, 2);
    EXPECT_EQ(of(beat("b", 2)).size(), 2u);
    EXPECT_EQ(describe().group_state, "Stable");
    EXPECT_EQ(commit("b", 2), 0);
}

TEST_F(DurableConsumerGroups, EpochsGoOnAfterARestart) {
    world.make_topic("t");
    join("a");
    beat("a", leaves_epoch);
    world.restart_all();
    EXPECT_EQ(describe().group_state, "Empty");
    EXPECT_EQ(join("b").member_epoch, 3);
}

}  // namespace
}  // namespace sluice::kafka
