#include "protocols/kafka/coordinator/classic_group.hpp"

#include <gtest/gtest.h>

namespace sluice::kafka {
namespace {

using namespace std::chrono_literals;

int suffix_counter = 0;
std::string next_suffix() { return std::to_string(++suffix_counter); }

// A group with a clock; each call returns what it answered.
class classic_group_test : public ::testing::Test {
protected:
    classic_group_test() {
        suffix_counter = 0;
        limits.initial_rebalance_delay = 0ms;
    }

    static join_request request(std::string member_id, std::string client = "c") {
        join_request one;
        one.member_id = std::move(member_id);
        one.client_id = std::move(client);
        one.session_timeout = 10s;
        one.rebalance_timeout = 60s;
        one.protocol_type = "consumer";
        one.protocols = {{"range", "meta"}};
        return one;
    }
    group_answers join(join_request const& one) {
        group.join(ticket{++tickets}, one, now);
        return group.take_answers();
    }
    group_answers sync(std::string const& member, std::int32_t generation,
                       std::map<std::string, std::string> assignments = {}) {
        sync_request one;
        one.member_id = member;
        one.generation = generation;
        one.assignments = std::move(assignments);
        group.sync(ticket{++tickets}, one, now);
        return group.take_answers();
    }
    // Moves the hands to the group's next deadline.
    group_answers pass_deadline() {
        auto next = group.next_deadline();
        EXPECT_TRUE(next.has_value());
        now = *next;
        group.advance(now);
        return group.take_answers();
    }
    // One member, alone and stable; returns its id.
    std::string stable_member() {
        auto joined = join(request(""));
        auto id = joined.joins.at(0).second.member_id;
        EXPECT_EQ(sync(id, group.generation(), {{id, "all"}}).syncs.at(0).second.assignment, "all");
        return id;
    }

    group_limits limits;
    classic_group group{[] {
        group_limits without_delay;
        without_delay.initial_rebalance_delay = 0ms;
        return without_delay;
    }(), next_suffix};
    monotonic_time now{};
    std::uint64_t tickets = 0;
};

TEST_F(classic_group_test, one_member_joins_syncs_and_is_stable) {
    auto joined = join(request(""));
    ASSERT_EQ(joined.joins.size(), 1u);
    auto const& answer = joined.joins[0].second;
    EXPECT_EQ(answer.error, error_code::none);
    EXPECT_EQ(answer.generation, 1);
    EXPECT_EQ(answer.leader, answer.member_id);
    ASSERT_EQ(answer.members.size(), 1u);
    EXPECT_EQ(answer.members[0].metadata, "meta");
    EXPECT_EQ(group.state(), group_state::completing_rebalance);
    auto synced = sync(answer.member_id, 1, {{answer.member_id, "parts"}});
    ASSERT_EQ(synced.syncs.size(), 1u);
    EXPECT_EQ(synced.syncs[0].second.assignment, "parts");
    EXPECT_EQ(group.state(), group_state::stable);
    EXPECT_EQ(group.heartbeat(answer.member_id, {}, 1, now), error_code::none);
}

TEST_F(classic_group_test, new_clients_must_come_back_with_the_id_they_were_given) {
    auto first = request("");
    first.requires_known_member_id = true;
    auto told = join(first);
    ASSERT_EQ(told.joins.at(0).second.error, error_code::member_id_required);
    auto id = told.joins[0].second.member_id;
    EXPECT_FALSE(id.empty());
    EXPECT_EQ(group.size(), 0u);
    EXPECT_EQ(join(request(id)).joins.at(0).second.error, error_code::none);
    EXPECT_EQ(join(request("made-up")).joins.at(0).second.error, error_code::unknown_member_id);
}

TEST_F(classic_group_test, an_id_that_is_never_used_lapses_and_frees_the_rebalance) {
    auto member = stable_member();
    auto newcomer = request("");
    newcomer.requires_known_member_id = true;
    join(newcomer);
    EXPECT_TRUE(join(request(member)).joins.empty()) << "the newcomer is still expected";
    auto answers = pass_deadline();
    ASSERT_EQ(answers.joins.size(), 1u);
    EXPECT_EQ(answers.joins[0].second.generation, 2);
}

TEST_F(classic_group_test, a_second_member_makes_the_first_rejoin) {
    auto first = stable_member();
    EXPECT_TRUE(join(request("", "second")).joins.empty()) << "waits for the first";
    EXPECT_EQ(group.heartbeat(first, {}, 1, now), error_code::rebalance_in_progress);
    auto answers = join(request(first));
    ASSERT_EQ(answers.joins.size(), 2u);
    std::size_t with_members = 0;
    for (auto const& [_, answer] : answers.joins) {
        EXPECT_EQ(answer.generation, 2);
        EXPECT_EQ(answer.leader, first);
        with_members += answer.members.size();
    }
    EXPECT_EQ(with_members, 2u) << "only the leader is told who the members are";
}

TEST_F(classic_group_test, followers_wait_for_the_leaders_assignment) {
    auto first = stable_member();
    join(request("", "second"));
    auto answers = join(request(first));
    auto second = answers.joins[0].second.member_id == first ? answers.joins[1].second.member_id
                                                             : answers.joins[0].second.member_id;
    EXPECT_TRUE(sync(second, 2).syncs.empty());
    auto both = sync(first, 2, {{first, "a"}, {second, "b"}});
    ASSERT_EQ(both.syncs.size(), 2u);
    EXPECT_EQ(group.state(), group_state::stable);
    EXPECT_EQ(sync(second, 2).syncs.at(0).second.assignment, "b") << "asked again: the same answer";
}

TEST_F(classic_group_test, who_does_not_rejoin_in_time_is_out) {
    auto first = stable_member();
    auto waiting = join(request("", "second"));
    EXPECT_TRUE(waiting.joins.empty());
    auto answers = pass_deadline();   // the first member's session ends before the rebalance does
    ASSERT_EQ(answers.joins.size(), 1u);
    EXPECT_EQ(answers.joins[0].second.members.size(), 1u);
    EXPECT_EQ(group.heartbeat(first, {}, 1, now), error_code::unknown_member_id);
}

TEST_F(classic_group_test, who_does_not_sync_in_time_is_out) {
    auto quick = request("");
    quick.session_timeout = 1000s;
    join(quick);
    ASSERT_EQ(group.state(), group_state::completing_rebalance);
    pass_deadline();
    EXPECT_EQ(group.state(), group_state::empty);
    EXPECT_EQ(group.size(), 0u);
}

TEST_F(classic_group_test, a_silent_member_is_removed_when_its_session_ends) {
    auto member = stable_member();
    now += 9s;
    EXPECT_EQ(group.heartbeat(member, {}, 1, now), error_code::none);
    now += 9s;
    group.advance(now);
    EXPECT_EQ(group.size(), 1u);
    pass_deadline();
    EXPECT_EQ(group.size(), 0u);
    EXPECT_EQ(group.state(), group_state::empty);
    EXPECT_EQ(group.generation(), 2);
}

TEST_F(classic_group_test, leaving_rebalances_the_others) {
    auto first = stable_member();
    join(request("", "second"));
    auto answers = join(request(first));
    auto second = answers.joins[0].second.member_id == first ? answers.joins[1].second.member_id
                                                             : answers.joins[0].second.member_id;
    sync(second, 2);
    sync(first, 2, {{first, "a"}, {second, "b"}});
    EXPECT_EQ(group.leave(second, {}, now), error_code::none);
    EXPECT_EQ(group.state(), group_state::preparing_rebalance);
    EXPECT_EQ(join(request(first)).joins.at(0).second.generation, 3);
    EXPECT_EQ(group.leave(second, {}, now), error_code::unknown_member_id);
}

TEST_F(classic_group_test, a_static_member_keeps_its_place_and_the_old_id_is_fenced) {
    auto one = request("");
    one.instance_id = "pod-1";
    auto old_id = join(one).joins.at(0).second.member_id;
    sync(old_id, 1, {{old_id, "all"}});
    one.supports_skip_assignment = true;
    auto back = join(one);
    ASSERT_EQ(back.joins.size(), 1u);
    EXPECT_EQ(back.joins[0].second.generation, 1) << "no rebalance";
    EXPECT_TRUE(back.joins[0].second.skip_assignment);
    auto new_id = back.joins[0].second.member_id;
    EXPECT_NE(new_id, old_id);
    EXPECT_EQ(group.heartbeat(old_id, "pod-1", 1, now), error_code::fenced_instance_id);
    EXPECT_EQ(group.heartbeat(new_id, "pod-1", 1, now), error_code::none);
    EXPECT_EQ(sync(new_id, 1).syncs.at(0).second.assignment, "all");
}

TEST_F(classic_group_test, leaving_by_instance_id) {
    auto one = request("");
    one.instance_id = "pod-1";
    join(one);
    EXPECT_EQ(group.leave("", "pod-2", now), error_code::unknown_member_id);
    EXPECT_EQ(group.leave("someone", "pod-1", now), error_code::fenced_instance_id);
    EXPECT_EQ(group.leave("", "pod-1", now), error_code::none);
    EXPECT_EQ(group.size(), 0u);
}

TEST_F(classic_group_test, protocols_must_have_something_in_common) {
    stable_member();
    auto other = request("");
    other.protocols = {{"sticky", "x"}};
    EXPECT_EQ(join(other).joins.at(0).second.error, error_code::inconsistent_group_protocol);
    other.protocols.push_back({"range", "y"});
    other.protocol_type = "connect";
    EXPECT_EQ(join(other).joins.at(0).second.error, error_code::inconsistent_group_protocol);
}

TEST_F(classic_group_test, the_protocol_most_members_prefer_wins) {
    auto first = request("", "a");
    first.protocols = {{"range", "r1"}, {"sticky", "s1"}};
    auto first_id = join(first).joins.at(0).second.member_id;
    auto second = request("", "b");
    second.protocols = {{"sticky", "s2"}, {"range", "r2"}};
    join(second);
    auto third = second;
    third.client_id = "d";
    join(third);
    first.member_id = first_id;
    auto answers = join(first);
    ASSERT_EQ(answers.joins.size(), 3u);
    EXPECT_EQ(answers.joins[0].second.protocol_name, "sticky");
}

TEST_F(classic_group_test, wrong_generation_and_wrong_state_are_named) {
    auto member = stable_member();
    EXPECT_EQ(group.heartbeat(member, {}, 7, now), error_code::illegal_generation);
    EXPECT_EQ(sync(member, 7).syncs.at(0).second.error, error_code::illegal_generation);
    EXPECT_EQ(group.may_commit(member, {}, 7, now), error_code::illegal_generation);
    EXPECT_EQ(group.may_commit("nobody", {}, 1, now), error_code::unknown_member_id);
    join(request("", "second"));
    EXPECT_EQ(sync(member, 1).syncs.at(0).second.error, error_code::rebalance_in_progress);
    EXPECT_EQ(group.may_commit(member, {}, 1, now), error_code::none) << "the previous generation may finish";
    join(request(member));
    EXPECT_EQ(group.may_commit(member, {}, 2, now), error_code::rebalance_in_progress);
}

TEST_F(classic_group_test, self_assigned_consumers_commit_only_into_an_empty_group) {
    EXPECT_EQ(group.may_commit("", {}, -1, now), error_code::none);
    stable_member();
    EXPECT_EQ(group.may_commit("", {}, -1, now), error_code::unknown_member_id);
}

TEST_F(classic_group_test, session_timeouts_have_bounds) {
    auto one = request("");
    one.session_timeout = 5999ms;
    EXPECT_EQ(join(one).joins.at(0).second.error, error_code::invalid_session_timeout);
    one.session_timeout = 1'800'001ms;
    EXPECT_EQ(join(one).joins.at(0).second.error, error_code::invalid_session_timeout);
}

TEST_F(classic_group_test, a_full_group_refuses_newcomers) {
    limits.max_size = 1;
    classic_group small(limits, next_suffix);
    small.join(ticket{1}, request(""), now);
    small.join(ticket{2}, request("", "late"), now);
    auto answers = small.take_answers();
    ASSERT_EQ(answers.joins.size(), 2u);
    EXPECT_EQ(answers.joins[1].second.error, error_code::group_max_size_reached);
}

TEST_F(classic_group_test, the_first_rebalance_waits_for_more_members) {
    limits.initial_rebalance_delay = 3s;
    classic_group delayed(limits, next_suffix);
    delayed.join(ticket{1}, request("", "a"), now);
    EXPECT_TRUE(delayed.take_answers().empty());
    now += 2s;
    delayed.join(ticket{2}, request("", "b"), now);
    now += 1s;
    delayed.advance(now);
    EXPECT_TRUE(delayed.take_answers().empty()) << "someone came: wait once more";
    now += 3s;
    delayed.advance(now);
    EXPECT_EQ(delayed.take_answers().joins.size(), 2u);
    EXPECT_EQ(delayed.generation(), 1);
}

TEST_F(classic_group_test, a_vanished_connection_lets_the_session_end) {
    stable_member();
    join(request("", "second"));
    group.forget(ticket{tickets});
    now += 10s;
    group.advance(now);
    EXPECT_EQ(group.size(), 0u);
    EXPECT_EQ(group.state(), group_state::empty);
}

TEST_F(classic_group_test, only_an_empty_group_can_be_deleted) {
    auto member = stable_member();
    EXPECT_EQ(group.kill(), error_code::non_empty_group);
    group.leave(member, {}, now);
    EXPECT_EQ(group.kill(), error_code::none);
    EXPECT_EQ(join(request("")).joins.at(0).second.error, error_code::coordinator_not_available);
}

}  // namespace
}  // namespace sluice::kafka
