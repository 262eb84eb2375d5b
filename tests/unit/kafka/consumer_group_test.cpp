// Consumer groups of KIP-848 by the test's clock: epochs, who may read what when, who is fenced.
#include "protocols/kafka/coordinator/consumer_group.hpp"

#include <gtest/gtest.h>

#include "gateway/core/cursor.hpp"
#include "protocols/kafka/coordinator/topic_pattern.hpp"

namespace sluice::kafka {
namespace {

using namespace std::chrono_literals;

store::topic_uuid uuid_of(char letter) {
    store::topic_uuid out{};
    out[0] = static_cast<std::byte>(letter);
    return out;
}

int made_ids = 0;
std::string next_id() { return "id" + std::to_string(++made_ids); }

class ConsumerGroup : public testing::Test {
protected:
    ConsumerGroup() { set_topics({{'t', 4}}); }

    void set_topics(std::vector<std::pair<char, int>> const& all) {
        std::vector<known_topic> list;
        for (auto const& [letter, partitions] : all)
            list.push_back({uuid_of(letter), std::string(1, letter), partitions});
        topics = topic_directory(++number, std::move(list));
    }
    group_moment at() { return {topics, may_see, now}; }

    static member_beat first(std::string id, std::set<std::string> names = {"t"}) {
        member_beat out;
        out.member_id = std::move(id);
        out.rebalance_timeout = 30s;
        out.topic_names = std::move(names);
        out.owned.emplace();
        out.client_id = "c";
        out.client_host = "/h";
        return out;
    }
    beat_answer join(std::string id, std::set<std::string> names = {"t"}) {
        return group.heartbeat(first(std::move(id), std::move(names)), at());
    }
    beat_answer beat(std::string id, std::int32_t epoch,
                     std::optional<partition_map> owned = std::nullopt) {
        member_beat out;
        out.member_id = std::move(id);
        out.epoch = epoch;
        out.owned = std::move(owned);
        out.client_id = "c";
        out.client_host = "/h";
        return group.heartbeat(out, at());
    }
    partition_map parts(std::set<std::int32_t> of, char letter = 't') {
        partition_map out;
        if (!of.empty()) out[uuid_of(letter)] = std::move(of);
        return out;
    }
    // Nobody may read what another may still be reading.
    void expect_no_double_owner() {
        std::set<std::pair<store::topic_uuid, std::int32_t>> seen;
        for (auto const& entry : group.members())
            for (auto const* map : {&entry.second.assigned, &entry.second.pending_revocation})
                for (auto const& [topic, partitions] : *map)
                    for (auto const one : partitions)
                        EXPECT_TRUE(seen.emplace(topic, one).second) << entry.first << ' ' << one;
    }

    std::uint64_t number = 0;
    topic_directory topics;
    topic_filter may_see = [](std::string const&) { return true; };
    monotonic_time now{1000s};
    consumer_group_limits limits;
    consumer_group group{limits, next_id};
};

TEST_F(ConsumerGroup, TheFirstMemberGetsAll) {
    auto const joined = join("a");
    EXPECT_EQ(joined.error, error_code::none);
    EXPECT_EQ(joined.epoch, 1);
    EXPECT_EQ(joined.assignment, parts({0, 1, 2, 3}));
    EXPECT_EQ(group.state_name(), "Stable");
    auto const quiet = beat("a", 1);
    EXPECT_EQ(quiet.epoch, 1);
    EXPECT_FALSE(quiet.assignment) << "nothing new";
}

TEST_F(ConsumerGroup, APartitionIsGivenOnlyWhenItWasGivenBack) {
    join("a");
    auto const second = join("b");
    EXPECT_EQ(second.epoch, 2) << "it has nothing to give back";
    EXPECT_EQ(second.assignment, partition_map{});
    EXPECT_EQ(group.state_name(), "Reconciling");
    auto const asked = beat("a", 1);
    EXPECT_EQ(asked.epoch, 1) << "it has to give back first";
    ASSERT_TRUE(asked.assignment);
    auto const left = *asked.assignment;
    EXPECT_EQ(left.at(uuid_of('t')).size(), 2u);
    expect_no_double_owner();
    EXPECT_FALSE(beat("b", 2).assignment) << "not yet";
    EXPECT_EQ(beat("a", 1, parts({0, 1, 2, 3})).epoch, 1) << "it still owns them";
    EXPECT_FALSE(beat("b", 2).assignment);
    auto const gave = beat("a", 1, left);
    EXPECT_EQ(gave.epoch, 2);
    auto const got = beat("b", 2);
    ASSERT_TRUE(got.assignment);
    EXPECT_EQ(got.assignment->at(uuid_of('t')).size(), 2u);
    expect_no_double_owner();
    EXPECT_EQ(group.state_name(), "Stable");
}

TEST_F(ConsumerGroup, OneThatDoesNotGiveBackInTimeIsOut) {
    join("a");
    join("b");
    beat("a", 1);
    EXPECT_EQ(group.next_deadline(), now + 30s);
    for (int i = 0; i < 3; ++i) {
        now += 10s;
        beat("b", 2);
        if (i < 2) beat("a", 1, parts({0, 1, 2, 3}));
        group.advance(now);
    }
    EXPECT_FALSE(group.members().contains("a"));
    EXPECT_EQ(beat("a", 1).error, error_code::unknown_member_id);
    auto const all = beat("b", 2);
    EXPECT_EQ(all.epoch, 3);
    EXPECT_EQ(all.assignment, parts({0, 1, 2, 3}));
}

TEST_F(ConsumerGroup, ASilentMemberIsOut) {
    join("a");
    now += 44s;
    group.advance(now);
    EXPECT_EQ(group.members().size(), 1u);
    now += 2s;
    group.advance(now);
    EXPECT_TRUE(group.is_unused());
    EXPECT_EQ(group.state_name(), "Empty");
    EXPECT_EQ(join("a").epoch, 3) << "epochs go on";
}

TEST_F(ConsumerGroup, EpochsFence) {
    join("a");
    EXPECT_EQ(beat("a", 7).error, error_code::fenced_member_epoch);
    join("b");
    auto const left = *beat("a", 1).assignment;
    beat("a", 1, left);
    EXPECT_EQ(beat("a", 1, left).error, error_code::none) << "it did not see our last answer";
    EXPECT_EQ(beat("a", 1, parts({0, 1, 2, 3})).error, error_code::fenced_member_epoch);
    EXPECT_EQ(beat("a", 1).error, error_code::fenced_member_epoch);
    EXPECT_EQ(beat("nobody", 1).error, error_code::unknown_member_id);
}

TEST_F(ConsumerGroup, LeavingMakesRoomAtOnce) {
    join("a");
    join("b");
    auto const gone = beat("a", leaves_epoch);
    EXPECT_EQ(gone.error, error_code::none);
    EXPECT_EQ(gone.epoch, leaves_epoch);
    EXPECT_EQ(group.state_name(), "Assigning");
    EXPECT_EQ(beat("b", 2).assignment, parts({0, 1, 2, 3}));
}

TEST_F(ConsumerGroup, AStaticMemberComesBackToWhatItHad) {
    auto one = first("a1");
    one.instance_id = "i";
    EXPECT_EQ(group.heartbeat(one, at()).epoch, 1);
    auto other = first("a2");
    other.instance_id = "i";
    EXPECT_EQ(group.heartbeat(other, at()).error, error_code::unreleased_instance_id);
    member_beat leaving;
    leaving.member_id = "a1";
    leaving.instance_id = "i";
    leaving.epoch = leaves_for_a_while_epoch;
    EXPECT_EQ(group.heartbeat(leaving, at()).epoch, leaves_for_a_while_epoch);
    join("b");
    EXPECT_FALSE(beat("b", 2).assignment) << "what it had waits for it";
    auto const back = group.heartbeat(other, at());
    EXPECT_EQ(back.error, error_code::none);
    EXPECT_EQ(back.epoch, 2);
    EXPECT_EQ(back.assignment->at(uuid_of('t')).size(), 2u);
    member_beat old;
    old.member_id = "a1";
    old.instance_id = "i";
    old.epoch = 1;
    EXPECT_EQ(group.heartbeat(old, at()).error, error_code::fenced_instance_id);
    old.instance_id = "nobody";
    EXPECT_EQ(group.heartbeat(old, at()).error, error_code::unknown_member_id);
    expect_no_double_owner();
}

TEST_F(ConsumerGroup, AStaticMemberThatStaysAwayIsOut) {
    auto one = first("a1");
    one.instance_id = "i";
    group.heartbeat(one, at());
    one.epoch = leaves_for_a_while_epoch;
    group.heartbeat(one, at());
    now += 46s;
    group.advance(now);
    EXPECT_TRUE(group.is_unused());
    one.epoch = joins_epoch;
    one.member_id = "a2";
    EXPECT_EQ(group.heartbeat(one, at()).error, error_code::none);
}

TEST_F(ConsumerGroup, TopicsThatComeAndGrowAreFollowed) {
    EXPECT_EQ(join("a", {"t", "u"}).assignment, parts({0, 1, 2, 3}));
    set_topics({{'t', 5}});
    auto grown = beat("a", 1);
    EXPECT_EQ(grown.epoch, 2);
    EXPECT_EQ(grown.assignment, parts({0, 1, 2, 3, 4}));
    set_topics({{'t', 5}, {'u', 1}});
    auto made = beat("a", 2);
    EXPECT_EQ(made.epoch, 3);
    EXPECT_EQ(made.assignment->size(), 2u);
    set_topics({{'t', 5}, {'u', 1}, {'v', 9}});
    EXPECT_EQ(beat("a", 3).epoch, 3) << "nobody reads it";
    set_topics({{'u', 1}});
    auto const dropped = beat("a", 3);
    EXPECT_EQ(dropped.epoch, 3) << "it gives back first";
    EXPECT_EQ(*dropped.assignment, parts({0}, 'u'));
    EXPECT_EQ(beat("a", 3, parts({0}, 'u')).epoch, 4);
}

TEST_F(ConsumerGroup, ExpressionsFollowTheTopicsThatTheCallerMaySee) {
    set_topics({{'t', 1}, {'u', 1}, {'x', 1}});
    may_see = [](std::string const& name) { return name != "x"; };
    auto one = first("a");
    one.topic_names.reset();
    one.topic_regex = "[tux]";
    EXPECT_EQ(group.heartbeat(one, at()).assignment->size(), 2u);
    EXPECT_TRUE(group.reads("u"));
    EXPECT_FALSE(group.reads("x"));
    set_topics({{'t', 1}, {'x', 1}});
    beat("a", 1);
    EXPECT_FALSE(group.reads("u"));
    one.topic_regex = "";
    one.epoch = 1;
    EXPECT_TRUE(group.heartbeat(one, at()).assignment->empty());
}

TEST_F(ConsumerGroup, TooManyMembersAndExpressionsAreRefused) {
    limits.max_size = 2;
    limits.regexes_max = 1;
    consumer_group small(limits, next_id);
    auto one = first("a");
    one.topic_regex = "a.*";
    EXPECT_EQ(small.heartbeat(one, at()).error, error_code::none);
    one = first("b");
    one.topic_regex = "b.*";
    EXPECT_EQ(small.heartbeat(one, at()).error, error_code::invalid_request);
    EXPECT_EQ(small.heartbeat(first("b"), at()).error, error_code::none);
    EXPECT_EQ(small.heartbeat(first("c"), at()).error, error_code::group_max_size_reached);
}

TEST_F(ConsumerGroup, HeartbeatsAreChecked) {
    auto const refused = [&](auto change) {
        auto one = first("a");
        one.makes_its_id = true;
        change(one);
        return check_beat(one, limits).error;
    };
    auto const bad = error_code::invalid_request;
    EXPECT_EQ(refused([](member_beat&) {}), error_code::none);
    EXPECT_EQ(refused([](auto& one) { one.member_id.clear(); }), bad);
    EXPECT_EQ(refused([](auto& one) { one.rebalance_timeout.reset(); }), bad);
    EXPECT_EQ(refused([](auto& one) { one.owned.reset(); }), bad);
    EXPECT_EQ(refused([](auto& one) { one.topic_names.reset(); }), bad);
    EXPECT_EQ(refused([](auto& one) { one.instance_id = ""; }), bad);
    EXPECT_EQ(refused([](auto& one) { one.rack_id = ""; }), bad);
    EXPECT_EQ(refused([](auto& one) { one.epoch = -2; }), bad);
    EXPECT_EQ(refused([](auto& one) { one.epoch = -3; }), bad);
    EXPECT_EQ(refused([](auto& one) { one.assignor = "best"; }), error_code::unsupported_assignor);
    EXPECT_EQ(refused([](auto& one) { one.assignor = "range"; }), error_code::none);
    EXPECT_EQ(refused([](auto& one) { one.topic_regex = "(a"; }),
              error_code::invalid_regular_expression);
    EXPECT_EQ(refused([](auto& one) { one.topic_regex = std::string(2000, 'a'); }),
              error_code::invalid_regular_expression);
}

TEST_F(ConsumerGroup, CommitsNeedTheEpoch) {
    commit_claim claim;
    EXPECT_EQ(group.may_commit(claim, now), error_code::none) << "nobody is in it";
    join("a");
    EXPECT_EQ(group.may_commit(claim, now), error_code::unknown_member_id);
    claim.member_id = "a";
    claim.generation = 1;
    EXPECT_EQ(group.may_commit(claim, now), error_code::unsupported_version);
    claim.knows_epochs = true;
    EXPECT_EQ(group.may_commit(claim, now), error_code::none);
    claim.generation = 0;
    EXPECT_EQ(group.may_commit(claim, now), error_code::stale_member_epoch);
    claim.transactional = true;
    EXPECT_EQ(group.may_commit(claim, now), error_code::illegal_generation);
    EXPECT_EQ(group.may_commit({"", {}, -1, true, false}, now), error_code::none);
    EXPECT_EQ(group.may_fetch(std::nullopt, -1), error_code::none);
    EXPECT_EQ(group.may_fetch("a", 1), error_code::none);
    EXPECT_EQ(group.may_fetch("a", 0), error_code::stale_member_epoch);
    EXPECT_EQ(group.may_fetch("b", 1), error_code::unknown_member_id);
}

TEST_F(ConsumerGroup, ItsRecordHoldsAllOfIt) {
    auto one = first("a", {"t", "later"});
    one.instance_id = "i";
    one.rack_id = "r";
    one.assignor = "range";
    group.heartbeat(one, at());
    join("b");
    beat("a", 1);
    auto const record = group.encode();
    consumer_group again(limits, next_id);
    ASSERT_TRUE(again.restore(record, now));
    EXPECT_EQ(again.epoch(), group.epoch());
    EXPECT_EQ(again.assignment_epoch(), group.assignment_epoch());
    ASSERT_EQ(again.members().size(), 2u);
    for (auto const& [id, facts] : group.members())
        EXPECT_EQ(static_cast<member_facts const&>(again.members().at(id)), facts) << id;
    EXPECT_EQ(again.encode(), record);
    EXPECT_EQ(again.next_deadline(), now + 30s);
    for (std::size_t length = 0; length < record.size(); ++length)
        EXPECT_FALSE(consumer_group(limits, next_id).restore(record.substr(0, length), now));
    EXPECT_FALSE(consumer_group(limits, next_id).restore(record + '\0', now));
}

// ---- members of the classic protocol ---------------------------------------------------------------

std::string subscription(std::string const& topic, named_partitions const& owned = {}) {
    std::string out;
    byte_writer to(out);
    auto const text = [&](std::string const& one) {
        to.big(static_cast<std::int16_t>(one.size())).raw(one);
    };
    to.big(std::int16_t{1}).big(std::int32_t{1});
    text(topic);
    to.big(std::int32_t{-1}).big(static_cast<std::int32_t>(owned.size()));
    for (auto const& [name, partitions] : owned) {
        text(name);
        to.big(static_cast<std::int32_t>(partitions.size()));
        for (auto const one : partitions) to.big(one);
    }
    return out;
}

join_request classic(std::string id, named_partitions const& owned = {}) {
    join_request out;
    out.member_id = std::move(id);
    out.client_id = "old";
    out.session_timeout = 10s;
    out.rebalance_timeout = 60s;
    out.protocol_type = "consumer";
    out.protocols = {{"cooperative-sticky", subscription("t", owned)}};
    return out;
}

class MixedGroup : public ConsumerGroup {
protected:
    join_answer rejoin(std::string id, named_partitions const& owned = {}) {
        auto const request = classic(std::move(id), owned);
        return group.classic_join(request,
                                  *decode_subscription(request.protocols.front().metadata), at());
    }
    named_partitions sync(std::string id, std::int32_t generation) {
        sync_request request;
        request.member_id = std::move(id);
        request.generation = generation;
        auto const answer = group.classic_sync(request, topics, now);
        EXPECT_EQ(answer.error, error_code::none);
        return *decode_assignment(answer.assignment);
    }
};

TEST_F(MixedGroup, AClassicMemberSharesWithAConsumer) {
    join("a");
    auto const told = rejoin("o");
    EXPECT_EQ(told.error, error_code::none);
    EXPECT_EQ(told.generation, 2);
    EXPECT_EQ(told.protocol_name, "cooperative-sticky");
    EXPECT_EQ(sync("o", 2), named_partitions{});
    EXPECT_EQ(group.classic_heartbeat("o", {}, 2, now), error_code::none) << "nothing is free yet";
    auto const left = *beat("a", 1).assignment;
    beat("a", 1, left);
    EXPECT_EQ(group.classic_heartbeat("o", {}, 2, now), error_code::rebalance_in_progress);
    EXPECT_EQ(rejoin("o").generation, 2);
    EXPECT_EQ(sync("o", 2).at("t").size(), 2u);
    EXPECT_EQ(group.classic_heartbeat("o", {}, 2, now), error_code::none);
    expect_no_double_owner();
}

TEST_F(MixedGroup, AClassicMemberGivesBackByJoiningAgain) {
    EXPECT_EQ(rejoin("o").generation, 1);
    EXPECT_EQ(sync("o", 1).at("t").size(), 4u);
    join("a");
    EXPECT_EQ(group.classic_heartbeat("o", {}, 1, now), error_code::rebalance_in_progress);
    named_partitions const all{{"t", {0, 1, 2, 3}}};
    EXPECT_EQ(rejoin("o", all).generation, 1);
    auto const kept = sync("o", 1);
    EXPECT_EQ(kept.at("t").size(), 2u) << "what it may go on with";
    EXPECT_FALSE(beat("a", 2).assignment);
    EXPECT_EQ(group.classic_heartbeat("o", {}, 1, now), error_code::rebalance_in_progress);
    EXPECT_EQ(rejoin("o", kept).generation, 2);
    EXPECT_EQ(sync("o", 2), kept);
    EXPECT_EQ(beat("a", 2).assignment->at(uuid_of('t')).size(), 2u);
    expect_no_double_owner();
}

TEST_F(MixedGroup, OneThatDoesNotJoinAgainIsOut) {
    rejoin("o");
    sync("o", 1);
    join("a");
    group.classic_heartbeat("o", {}, 1, now);
    for (int i = 0; i < 7; ++i) {
        now += 9s;
        group.classic_heartbeat("o", {}, 1, now);
        beat("a", 2);
        group.advance(now);
    }
    EXPECT_FALSE(group.members().contains("o"));
    EXPECT_FALSE(group.is_classic_now());
}

TEST_F(MixedGroup, OtherProtocolsAndGenerationsAreRefused) {
    rejoin("o");
    auto request = classic("");
    request.protocols.front().name = "range";
    auto const read = *decode_subscription(request.protocols.front().metadata);
    EXPECT_EQ(group.classic_join(request, read, at()).error,
              error_code::inconsistent_group_protocol);
    request.protocol_type = "connect";
    EXPECT_EQ(group.classic_join(request, read, at()).error,
              error_code::inconsistent_group_protocol);
    request = classic("");
    request.requires_known_member_id = true;
    EXPECT_EQ(group.classic_join(request, read, at()).error, error_code::member_id_required);
    EXPECT_EQ(group.classic_heartbeat("o", {}, 9, now), error_code::illegal_generation);
    EXPECT_EQ(group.classic_heartbeat("a", {}, 1, now), error_code::unknown_member_id);
    join("a");
    EXPECT_EQ(group.classic_heartbeat("a", {}, 2, now), error_code::unknown_member_id);
    EXPECT_EQ(group.classic_leave("o", {}, now), error_code::none);
    EXPECT_FALSE(group.is_classic_now());
}

TEST_F(MixedGroup, AGroupChangesHandsBothWays) {
    std::vector<handed_member> members;
    members.push_back({"o", "i", "old", "/h", 10s, 60s, classic("o").protocols,
                       encode_assignment({{"t", {0, 1, 7, -1}}}, 1)});
    consumer_group taken(limits, next_id, 5);
    ASSERT_TRUE(taken.take_over(members, topics, now));
    EXPECT_EQ(taken.epoch(), 5);
    EXPECT_EQ(taken.members().at("o").assigned, parts({0, 1})) << "without what is not there";
    EXPECT_EQ(taken.classic_heartbeat("o", "i", 5, now), error_code::none);
    auto const joined = taken.heartbeat(first("a"), at());
    EXPECT_EQ(joined.epoch, 6);
    EXPECT_EQ(joined.assignment, parts({2, 3}));
    member_beat leaving;
    leaving.member_id = "a";
    leaving.epoch = leaves_epoch;
    taken.heartbeat(leaving, at());
    ASSERT_TRUE(taken.is_classic_now());
    auto const handed = taken.hand_over(topics);
    ASSERT_EQ(handed.size(), 1u);
    EXPECT_EQ(handed[0].instance_id, "i");
    EXPECT_EQ(decode_assignment(handed[0].assignment)->at("t"), (std::set<std::int32_t>{0, 1}));
    members[0].protocols[0].metadata = "nonsense";
    EXPECT_FALSE(consumer_group(limits, next_id).take_over(members, topics, now));
}

TEST(TopicPattern, MatchesTheWholeName) {
    auto const one = topic_pattern::compile("foo-[0-9]+", 100);
    ASSERT_TRUE(one);
    EXPECT_TRUE(one->matches("foo-12"));
    EXPECT_FALSE(one->matches("foo-12a"));
    EXPECT_FALSE(one->matches("a-foo-12"));
    EXPECT_EQ(topic_pattern::compile("*", 100).error().code, error::invalid_argument);
    EXPECT_EQ(topic_pattern::compile("(?=a)", 100).error().code, error::invalid_argument);
    EXPECT_EQ(topic_pattern::compile("((a{100}){100}){100}", 100).error().code, error::too_large);
    EXPECT_EQ(topic_pattern::compile("aaaa", 3).error().code, error::too_large);
}

TEST(ConsumerProtocol, SubscriptionsAndAssignmentsAreRead) {
    auto const read = decode_subscription(subscription("t", {{"t", {1, 2}}}));
    ASSERT_TRUE(read);
    EXPECT_EQ(read->topics, std::set<std::string>{"t"});
    EXPECT_EQ(read->owned.at("t"), (std::set<std::int32_t>{1, 2}));
    auto const whole = subscription("t", {{"t", {1, 2}}});
    for (std::size_t length = 0; length < whole.size(); ++length)
        EXPECT_FALSE(decode_subscription(whole.substr(0, length))) << length;
    EXPECT_EQ(decode_assignment("")->size(), 0u);
    EXPECT_FALSE(decode_assignment(std::string("\0\1\x7f\xff\xff\xff", 6)));
    named_partitions const some{{"a", {0}}, {"b", {1, 2}}};
    EXPECT_EQ(*decode_assignment(encode_assignment(some, 1)), some);
}

}  // namespace
}  // namespace sluice::kafka
