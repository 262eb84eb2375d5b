// Consumer groups through the wire: rebalances, commits, what survives a restart.
#include <gtest/gtest.h>

#include "gateway/core/task_group.hpp"
#include "tests/integration/kafka/kafka_world.hpp"

namespace sluice::kafka {
namespace {

class KafkaGroups : public testing::Test {
protected:
    explicit KafkaGroups(bool real = false) : world(real) {}
    kafka_world world;

    static join_group_request joining(std::string member = "") {
        join_group_request request;
        request.group_id = "g";
        request.session_timeout_ms = 30'000;
        request.rebalance_timeout_ms = 30'000;
        request.member_id = std::move(member);
        request.protocol_type = "consumer";
        request.protocols.push_back({"range", "metadata"});
        return request;
    }
    // Joins and syncs alone; the member id.
    std::string stable_member() {
        auto const told = world.ask(joining(), 5);
        EXPECT_EQ(told.error_code, wire(error_code::member_id_required));
        auto const joined = world.ask(joining(told.member_id), 5);
        EXPECT_EQ(joined.error_code, 0);
        EXPECT_EQ(joined.leader, joined.member_id);
        generation = joined.generation_id;
        sync_group_request sync;
        sync.group_id = "g";
        sync.generation_id = generation;
        sync.member_id = joined.member_id;
        sync.assignments.push_back({joined.member_id, "everything"});
        EXPECT_EQ(world.ask(sync, 5).assignment, "everything");
        return joined.member_id;
    }
    std::int16_t commit(std::string member, std::int64_t offset, std::string metadata = "note",
                        int version = 8) {
        offset_commit_request request;
        request.group_id = "g";
        request.member_id = std::move(member);
        request.generation_id_or_member_epoch = request.member_id.empty() ? -1 : generation;
        auto& topic = request.topics.emplace_back();
        topic.name = "t";
        auto& one = topic.partitions.emplace_back();
        one.committed_offset = offset;
        one.committed_leader_epoch = 0;
        one.committed_metadata = std::move(metadata);
        return world.ask(request, version).topics.at(0).partitions.at(0).error_code;
    }
    offset_fetch_response fetch_offsets(int version = 8) {
        offset_fetch_request request;
        auto& group = request.groups.emplace_back();
        group.group_id = "g";
        group.topics.emplace();
        auto& topic = group.topics->emplace_back();
        topic.name = "t";
        topic.partition_indexes = {0};
        return world.ask(request, version);
    }
    std::int16_t heartbeat(std::string member, std::int32_t of) {
        heartbeat_request request;
        request.group_id = "g";
        request.member_id = std::move(member);
        request.generation_id = of;
        return world.ask(request, 4).error_code;
    }

    std::int32_t generation = -1;
};

TEST_F(KafkaGroups, AMemberJoinsCommitsAndLeaves) {
    world.make_topic("t");
    auto const member = stable_member();
    EXPECT_EQ(heartbeat(member, generation), 0);
    EXPECT_EQ(heartbeat(member, generation + 1), wire(error_code::illegal_generation));
    EXPECT_EQ(heartbeat("nobody", generation), wire(error_code::unknown_member_id));
    EXPECT_EQ(commit(member, 5), 0);
    EXPECT_EQ(commit("nobody", 5), wire(error_code::unknown_member_id));
    auto const one = fetch_offsets().groups.at(0).topics.at(0).partitions.at(0);
    EXPECT_EQ(one.committed_offset, 5);
    EXPECT_EQ(one.committed_leader_epoch, 0);
    EXPECT_EQ(one.metadata, "note");
    leave_group_request leave;
    leave.group_id = "g";
    leave.members.push_back({member, std::nullopt, std::nullopt});
    EXPECT_EQ(world.ask(leave, 5).members.at(0).error_code, 0);
    EXPECT_EQ(heartbeat(member, generation), wire(error_code::unknown_member_id));
}

TEST_F(KafkaGroups, CommitsAreChecked) {
    world.make_topic("t");
    EXPECT_EQ(commit("", 5, std::string(4097, 'x')), wire(error_code::offset_metadata_too_large));
    EXPECT_EQ(commit("", 5), 0) << "a consumer that assigns itself";
    EXPECT_EQ(fetch_offsets().groups.at(0).topics.at(0).partitions.at(0).committed_offset, 5);
    offset_commit_request request;
    request.group_id = "g";
    request.topics.emplace_back().name = "absent";
    request.topics[0].partitions.emplace_back();
    EXPECT_EQ(world.ask(request, 8).topics.at(0).partitions.at(0).error_code,
              wire(error_code::unknown_topic_or_partition));
}

TEST_F(KafkaGroups, OffsetsOfAGroupThatNobodyKnowsAreNone) {
    world.make_topic("t");
    auto const one = fetch_offsets().groups.at(0).topics.at(0).partitions.at(0);
    EXPECT_EQ(one.committed_offset, -1);
    EXPECT_EQ(one.error_code, 0);
    offset_fetch_request old;
    old.group_id = "g";
    old.topics->push_back({"t", {0}});
    for (int version = 1; version <= 7; ++version)
        EXPECT_EQ(world.ask(old, version).topics.at(0).partitions.at(0).committed_offset, -1);
}

TEST_F(KafkaGroups, ASecondMemberMakesTheFirstJoinAgain) {
    auto const first = stable_member();
    auto const told = world.ask(joining(), 5);
    // The second waits on a connection of its own until the first is back.
    auto ends = test::memory_stream::make_pair(world.context().get_executor());
    auth::connection_facts const facts{"kafka", "127.0.0.1", false};
    endpoint const reached{"127.0.0.1", 9092};
    auto const services = world.services();
    task_group waiting(world.context().get_executor());
    ASSERT_TRUE(waiting.spawn(serve_kafka(*ends.second, facts, reached, services)));
    auto const sent = world.login_frames() + frame_of(joining(told.member_id), 5);
    test::run_task(world.context(), write_all(*ends.first, as_bytes(std::string_view(sent))))
        .value();
    while (heartbeat(first, generation) != wire(error_code::rebalance_in_progress)) continue;
    auto const again = world.ask(joining(first), 5);
    EXPECT_EQ(again.error_code, 0);
    EXPECT_EQ(again.generation_id, generation + 1);
    EXPECT_EQ(again.members.size(), 2u);
    test::run_task(world.context(), ends.first->shutdown()).value();
    auto const all = test::run_task(world.context(), test::read_to_end(*ends.first)).value();
    auto const answers = kafka_world::cut_frames(all);
    ASSERT_EQ(answers.size(), 3u);
    auto const second = answer_in<join_group_request>(answers[2], 5);
    EXPECT_EQ(second.generation_id, generation + 1);
    EXPECT_EQ(second.leader, first);
    EXPECT_TRUE(second.members.empty());
    test::run_task(world.context(), waiting.drain());
}

TEST_F(KafkaGroups, StoppingAnswersWhoeverWaits) {
    stable_member();
    auto const told = world.ask(joining(), 5);
    auto ends = test::memory_stream::make_pair(world.context().get_executor());
    auth::connection_facts const facts{"kafka", "127.0.0.1", false};
    endpoint const reached{"127.0.0.1", 9092};
    auto const services = world.services();
    task_group waiting(world.context().get_executor());
    ASSERT_TRUE(waiting.spawn(serve_kafka(*ends.second, facts, reached, services)));
    auto const sent = world.login_frames() + frame_of(joining(told.member_id), 5);
    test::run_task(world.context(), write_all(*ends.first, as_bytes(std::string_view(sent))))
        .value();
    world.groups().stop();
    test::run_task(world.context(), ends.first->shutdown()).value();
    auto const all = test::run_task(world.context(), test::read_to_end(*ends.first)).value();
    auto const answers = kafka_world::cut_frames(all);
    ASSERT_EQ(answers.size(), 3u);
    EXPECT_EQ(answer_in<join_group_request>(answers[2], 5).error_code,
              wire(error_code::not_coordinator));
    test::run_task(world.context(), waiting.drain());
}

TEST_F(KafkaGroups, GroupsAreListedAndDescribed) {
    auto const member = stable_member();
    auto const listed = world.ask(list_groups_request{}, 5);
    ASSERT_EQ(listed.groups.size(), 1u);
    EXPECT_EQ(listed.groups[0].group_id, "g");
    EXPECT_EQ(listed.groups[0].group_state, "Stable");
    EXPECT_EQ(listed.groups[0].group_type, "classic");
    list_groups_request filtered;
    filtered.states_filter = {"Empty"};
    EXPECT_TRUE(world.ask(filtered, 4).groups.empty());
    describe_groups_request request;
    request.groups = {"g", "absent"};
    auto const described = world.ask(request, 5);
    EXPECT_EQ(described.groups.at(0).protocol_data, "range");
    ASSERT_EQ(described.groups.at(0).members.size(), 1u);
    EXPECT_EQ(described.groups[0].members[0].member_id, member);
    EXPECT_EQ(described.groups[0].members[0].member_assignment, "everything");
    EXPECT_EQ(described.groups.at(1).group_state, "Dead");
    EXPECT_EQ(world.ask(request, 6).groups.at(1).error_code, wire(error_code::group_id_not_found));
}

TEST_F(KafkaGroups, CoordinatorsAreThisServer) {
    find_coordinator_request one;
    one.key = "g";
    for (int version = 0; version <= 3; ++version)
        EXPECT_EQ(world.ask(one, version).port, 9092) << version;
    find_coordinator_request many;
    many.coordinator_keys = {"g", ""};
    auto const answer = world.ask(many, 4);
    EXPECT_EQ(answer.coordinators.at(0).node_id, 1);
    EXPECT_EQ(answer.coordinators.at(1).error_code, wire(error_code::invalid_group_id));
    many.key_type = 1;
    EXPECT_EQ(world.ask(many, 4).coordinators.at(0).port, 9092) << "of transactions too";
    many.key_type = 2;
    EXPECT_EQ(world.ask(many, 4).coordinators.at(0).error_code, wire(error_code::invalid_request));
}

TEST_F(KafkaGroups, ALongClientNameStillGivesAMemberId) {
    auto request = joining();
    auto frame = frame_of(request, 4);
    // The header's client id, as long as the wire allows.
    std::string header;
    byte_writer out(header);
    out.big(std::int16_t{11}).big(std::int16_t{4}).big(std::int32_t{7}).big(std::int16_t{0x7fff});
    out.raw(std::string(0x7fff, 'c')).raw(frame.substr(4 + 8 + 2 + 4));
    std::string whole;
    byte_writer(whole).big(static_cast<std::int32_t>(header.size())).raw(header);
    auto const answers = world.converse({whole});
    ASSERT_EQ(answers.size(), 1u);
    EXPECT_EQ(answer_in<join_group_request>(answers[0], 4).error_code,
              wire(error_code::member_id_required));
}

class RestartedKafkaGroups : public KafkaGroups {
protected:
    RestartedKafkaGroups() : KafkaGroups(true) {}
};

TEST_F(RestartedKafkaGroups, GroupsAndOffsetsSurviveARestart) {
    world.make_topic("t");
    auto const member = stable_member();
    EXPECT_EQ(commit(member, 5), 0);
    auto const before = generation;
    world.restart_all();
    auto const listed = world.ask(list_groups_request{}, 5);
    ASSERT_EQ(listed.groups.size(), 1u);
    EXPECT_EQ(listed.groups[0].group_state, "Empty");
    EXPECT_EQ(listed.groups[0].protocol_type, "consumer");
    EXPECT_EQ(fetch_offsets().groups.at(0).topics.at(0).partitions.at(0).committed_offset, 5);
    EXPECT_EQ(heartbeat(member, before), wire(error_code::unknown_member_id));
    stable_member();
    EXPECT_GT(generation, before) << "the generation goes on";
}

// -- administration

class KafkaGroupAdmin : public KafkaGroups {
protected:
    explicit KafkaGroupAdmin(bool real = false) : KafkaGroups(real) {}
    std::int16_t remove(std::string group = "g", int version = 2) {
        delete_groups_request request;
        request.groups_names.push_back(std::move(group));
        return world.ask(request, version).results.at(0).error_code;
    }
    struct forgotten {
        std::int16_t of_all = 0;
        std::int16_t of_one = 0;
    };
    forgotten forget(std::string topic, std::int32_t partition = 0, std::string group = "g") {
        offset_delete_request request;
        request.group_id = std::move(group);
        auto& one = request.topics.emplace_back();
        one.name = std::move(topic);
        one.partitions.push_back({partition});
        auto const answer = world.ask(request, 0);
        if (answer.topics.empty()) return {answer.error_code, 0};
        return {answer.error_code, answer.topics[0].partitions.at(0).error_code};
    }
    std::int64_t committed() {
        return fetch_offsets().groups.at(0).topics.at(0).partitions.at(0).committed_offset;
    }
    void leave(std::string member) {
        leave_group_request request;
        request.group_id = "g";
        request.members.push_back({std::move(member), std::nullopt, std::nullopt});
        EXPECT_EQ(world.ask(request, 5).members.at(0).error_code, 0);
    }
};
class KafkaDurableGroupAdmin : public KafkaGroupAdmin {
protected:
    KafkaDurableGroupAdmin() : KafkaGroupAdmin(true) {}
};

TEST_F(KafkaDurableGroupAdmin, AGroupWithoutMembersIsDeletedWithItsOffsets) {
    world.make_topic("t");
    EXPECT_EQ(remove(), wire(error_code::group_id_not_found));
    EXPECT_EQ(remove(""), wire(error_code::invalid_group_id));
    auto const member = stable_member();
    EXPECT_EQ(commit(member, 5), 0);
    EXPECT_EQ(remove(), wire(error_code::non_empty_group));
    leave(member);
    EXPECT_EQ(committed(), 5);
    EXPECT_EQ(remove(), 0);
    EXPECT_EQ(committed(), -1);
    EXPECT_TRUE(world.ask(list_groups_request{}, 4).groups.empty());
    world.restart_all();
    EXPECT_EQ(committed(), -1);
    EXPECT_TRUE(world.ask(list_groups_request{}, 4).groups.empty());
    EXPECT_EQ(commit("", 7), 0) << "its name can be used again";
    EXPECT_EQ(committed(), 7);
}

TEST_F(KafkaGroupAdmin, OffsetsAreForgottenOneByOne) {
    world.make_topic("t", 2);
    EXPECT_EQ(forget("t").of_all, wire(error_code::group_id_not_found));
    EXPECT_EQ(commit("", 5), 0);
    EXPECT_EQ(forget("t", 1).of_one, 0) << "nothing was committed there";
    EXPECT_EQ(committed(), 5);
    EXPECT_EQ(forget("t", 7).of_one, wire(error_code::unknown_topic_or_partition));
    EXPECT_EQ(forget("absent").of_one, wire(error_code::unknown_topic_or_partition));
    EXPECT_EQ(forget("t").of_one, 0);
    EXPECT_EQ(committed(), -1);
}

TEST_F(KafkaGroupAdmin, OffsetsThatMembersWouldCommitAgainStay) {
    world.make_topic("t");
    auto const member = stable_member();
    EXPECT_EQ(commit(member, 5), 0);
    // What the member is subscribed to cannot be read from "metadata": it may be anything.
    EXPECT_EQ(forget("t").of_one, wire(error_code::group_subscribed_to_topic));
    EXPECT_EQ(committed(), 5);
    leave(member);
    EXPECT_EQ(forget("t").of_one, 0);
    EXPECT_EQ(committed(), -1);
}

TEST_F(KafkaGroupAdmin, GroupsAreListedByStateAndType) {
    world.make_topic("t");
    auto const member = stable_member();
    auto const listed = [&](std::vector<std::string> states, std::vector<std::string> types) {
        list_groups_request request;
        request.states_filter = std::move(states);
        request.types_filter = std::move(types);
        return world.ask(request, 5).groups.size();
    };
    EXPECT_EQ(listed({}, {}), 1u);
    EXPECT_EQ(listed({"Stable"}, {}), 1u);
    EXPECT_EQ(listed({"Empty"}, {"classic"}), 0u);
    EXPECT_EQ(listed({"stable", "Empty"}, {"Classic"}), 1u);
    EXPECT_EQ(listed({}, {"consumer"}), 0u);
    leave(member);
    EXPECT_EQ(listed({"Empty"}, {"classic"}), 1u);
}

TEST_F(KafkaGroupAdmin, OnlyWhoMayDeletesAndSees) {
    world.make_topic("t");
    EXPECT_EQ(commit("", 5), 0);
    auth::guarded_admin::new_principal wanted;
    wanted.name = "alice";
    wanted.password = "correct horse";
    auto const boss = world.root();
    auto& admin = world.door().admin();
    world.run(admin.add_principal(boss, wanted)).value();
    auto const root = std::pair(world.user, world.password);
    world.user = "alice";
    world.password = "correct horse";
    EXPECT_EQ(remove(), wire(error_code::group_authorization_failed));
    EXPECT_EQ(remove("absent"), wire(error_code::group_authorization_failed));
    EXPECT_EQ(forget("t").of_all, wire(error_code::group_authorization_failed));
    world.run(admin.put_rule(boss, "allow alice describe,drop on group:g")).value();
    describe_groups_request request;
    request.groups = {"g"};
    request.include_authorized_operations = true;
    EXPECT_EQ(world.ask(request, 5).groups.at(0).authorized_operations, 1 << 6 | 1 << 8);
    EXPECT_EQ(forget("t").of_one, wire(error_code::topic_authorization_failed));
    EXPECT_EQ(remove(), 0);
}

}  // namespace
}  // namespace sluice::kafka
