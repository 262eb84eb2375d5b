// The server's assignors: complete, balanced and sticky, whatever members and topics there are.
#include "protocols/kafka/coordinator/assignor.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "gateway/core/random.hpp"

namespace sluice::kafka {
namespace {

store::topic_uuid topic(int number) {
    store::topic_uuid out{};
    out[15] = static_cast<std::byte>(number);
    return out;
}

std::size_t size_of(partition_map const& of) {
    std::size_t all = 0;
    for (auto const& one : of) all += one.second.size();
    return all;
}

// Members m0, m1, ... that all read the topics 1 to `partitions.size()`.
assignor_input alike(int members, std::vector<std::int32_t> const& partitions) {
    assignor_input out;
    for (std::size_t i = 0; i < partitions.size(); ++i)
        out.partitions[topic(static_cast<int>(i) + 1)] = partitions[i];
    for (int i = 0; i < members; ++i) {
        auto& member = out.members["m" + std::to_string(i)];
        for (auto const& one : out.partitions) member.topics.insert(one.first);
    }
    return out;
}

void keep(assignor_input& input, group_assignment const& made) {
    for (auto& [id, one] : input.members) {
        auto const found = made.find(id);
        one.held = found == made.end() ? partition_map{} : found->second;
    }
}

// Every partition of a topic with readers is at exactly one of them.
void expect_complete(assignor_input const& input, group_assignment const& made) {
    std::map<std::pair<store::topic_uuid, std::int32_t>, int> owners;
    for (auto const& [id, parts] : made)
        for (auto const& [uuid, partitions] : parts) {
            EXPECT_TRUE(input.members.at(id).topics.contains(uuid)) << id;
            for (auto const one : partitions) ++owners[{uuid, one}];
        }
    std::size_t wanted = 0;
    for (auto const& [uuid, count] : input.partitions) {
        bool read = false;
        for (auto const& entry : input.members) read = read || entry.second.topics.contains(uuid);
        if (read) wanted += static_cast<std::size_t>(count);
    }
    EXPECT_EQ(owners.size(), wanted);
    for (auto const& one : owners) EXPECT_EQ(one.second, 1);
}

// No partition could go to a reader that has two fewer than its owner.
void expect_balanced(assignor_input const& input, group_assignment const& made) {
    for (auto const& [id, parts] : made)
        for (auto const& [uuid, partitions] : parts)
            for (auto const& [other, facts] : input.members)
                if (facts.topics.contains(uuid) && !partitions.empty()) {
                    EXPECT_LE(size_of(parts), size_of(made.at(other)) + 1) << id << ' ' << other;
                }
}

std::size_t moved(assignor_input const& held, group_assignment const& made) {
    std::size_t out = 0;
    for (auto const& [id, parts] : made)
        for (auto const& [uuid, partitions] : parts)
            for (auto const one : partitions) {
                auto const had = held.members.at(id).held.find(uuid);
                if (had == held.members.at(id).held.end() || !had->second.contains(one)) ++out;
            }
    return out;
}

TEST(Assignors, AreFoundByName) {
    EXPECT_EQ(assignors.front().name, "uniform");
    EXPECT_NE(find_assignor("range"), nullptr);
    EXPECT_EQ(find_assignor("sticky"), nullptr);
}

TEST(Assignors, NobodyGetsNothing) {
    EXPECT_TRUE(assign_uniform({}).empty());
    EXPECT_TRUE(assign_range({}).empty());
    auto const none = alike(2, {});
    EXPECT_EQ(assign_uniform(none).at("m0"), partition_map{});
    EXPECT_EQ(assign_range(none).at("m1"), partition_map{});
}

TEST(UniformAssignor, SharesWithinOne) {
    for (int members = 1; members <= 5; ++members) {
        auto const input = alike(members, {12, 5, 1});
        auto const made = assign_uniform(input);
        expect_complete(input, made);
        expect_balanced(input, made);
    }
}

TEST(UniformAssignor, MovesOnlyWhatANewMemberNeeds) {
    auto input = alike(2, {12});
    keep(input, assign_uniform(input));
    input.members["m9"].topics = input.members["m0"].topics;
    auto const made = assign_uniform(input);
    expect_complete(input, made);
    EXPECT_EQ(size_of(made.at("m9")), 4u);
    EXPECT_EQ(moved(input, made), 4u);
}

TEST(UniformAssignor, MovesNothingWhereShareIsRight) {
    // m1 has the odd one: taking it for m0 would move it for nothing.
    auto input = alike(2, {3});
    input.members["m0"].held[topic(1)] = {0};
    input.members["m1"].held[topic(1)] = {1, 2};
    EXPECT_EQ(moved(input, assign_uniform(input)), 0u);
}

TEST(UniformAssignor, WhatALeaverHadGoesToTheOthers) {
    auto input = alike(3, {12});
    keep(input, assign_uniform(input));
    input.members.erase("m1");
    auto const made = assign_uniform(input);
    expect_complete(input, made);
    expect_balanced(input, made);
    EXPECT_EQ(moved(input, made), 4u);
}

TEST(UniformAssignor, GrownAndGoneTopicsAreFollowed) {
    auto input = alike(2, {4, 4});
    keep(input, assign_uniform(input));
    input.partitions[topic(1)] = 6;
    input.partitions.erase(topic(2));
    for (auto& one : input.members) one.second.topics = {topic(1)};
    auto const made = assign_uniform(input);
    expect_complete(input, made);
    expect_balanced(input, made);
}

TEST(UniformAssignor, TwoThatClaimTheSamePartitionDoNotBothGetIt) {
    auto input = alike(2, {2});
    input.members["m0"].held[topic(1)] = {0, 1};
    input.members["m1"].held[topic(1)] = {0, 7, -3};
    auto const made = assign_uniform(input);
    expect_complete(input, made);
    expect_balanced(input, made);
}

TEST(UniformAssignor, AnySubscriptionsAreCompleteBalancedAndSteady) {
    seeded_random random(848);
    for (int round = 0; round < 300; ++round) {
        assignor_input input;
        auto const topics = 1 + static_cast<int>(random.below(5));
        for (int i = 1; i <= topics; ++i)
            input.partitions[topic(i)] = static_cast<std::int32_t>(1 + random.below(9));
        auto const members = 1 + random.below(6);
        for (std::uint64_t m = 0; m < members; ++m) {
            auto& one = input.members["m" + std::to_string(m)];
            for (int i = 1; i <= topics; ++i)
                if (random.below(2) == 0) one.topics.insert(topic(i));
        }
        for (int step = 0; step < 3; ++step) {
            auto const made = assign_uniform(input);
            expect_complete(input, made);
            expect_balanced(input, made);
            keep(input, made);
            EXPECT_EQ(moved(input, assign_uniform(input)), 0u) << "again without a change";
            if (input.members.size() > 1 && random.below(2) == 0)
                input.members.erase(input.members.begin());
            else
                input.members["n" + std::to_string(step)].topics = {topic(1)};
        }
    }
}

TEST(RangeAssignor, GivesRangesPerTopic) {
    auto const input = alike(3, {7, 7});
    auto const made = assign_range(input);
    expect_complete(input, made);
    for (int i = 1; i <= 2; ++i) {
        EXPECT_EQ(made.at("m0").at(topic(i)), (std::set<std::int32_t>{0, 1, 2}));
        EXPECT_EQ(made.at("m1").at(topic(i)), (std::set<std::int32_t>{3, 4}));
        EXPECT_EQ(made.at("m2").at(topic(i)), (std::set<std::int32_t>{5, 6}));
    }
}

TEST(RangeAssignor, MoreMembersThanPartitionsLeaveSomeWithout) {
    auto const input = alike(3, {2});
    auto const made = assign_range(input);
    expect_complete(input, made);
    EXPECT_EQ(size_of(made.at("m2")), 0u);
}

TEST(RangeAssignor, KeepsWithinEachTopic) {
    auto input = alike(2, {6, 6});
    keep(input, assign_range(input));
    input.members["m9"].topics = input.members["m0"].topics;
    auto const made = assign_range(input);
    expect_complete(input, made);
    EXPECT_EQ(moved(input, made), 4u);
    EXPECT_EQ(made.at("m9").at(topic(1)), made.at("m9").at(topic(2))) << "split alike";
}

TEST(RangeAssignor, AnySubscriptionsAreCompleteAndEvenPerTopic) {
    seeded_random random(62);
    for (int round = 0; round < 300; ++round) {
        assignor_input input;
        for (int i = 1; i <= 3; ++i)
            input.partitions[topic(i)] = static_cast<std::int32_t>(1 + random.below(9));
        for (std::uint64_t m = 0; m < 1 + random.below(6); ++m) {
            auto& one = input.members["m" + std::to_string(m)];
            for (int i = 1; i <= 3; ++i)
                if (random.below(3) > 0) one.topics.insert(topic(i));
        }
        for (int step = 0; step < 3; ++step) {
            auto const made = assign_range(input);
            expect_complete(input, made);
            for (auto const& [uuid, count] : input.partitions) {
                std::size_t least = SIZE_MAX, most = 0;
                for (auto const& [id, facts] : input.members) {
                    if (!facts.topics.contains(uuid)) continue;
                    auto const part = made.at(id).find(uuid);
                    auto const size = part == made.at(id).end() ? 0 : part->second.size();
                    least = std::min(least, size);
                    most = std::max(most, size);
                }
                if (least != SIZE_MAX) EXPECT_LE(most, least + 1);
            }
            keep(input, made);
            EXPECT_EQ(moved(input, assign_range(input)), 0u);
            input.members["n" + std::to_string(step)].topics = {topic(1), topic(3)};
        }
    }
}

// A member id changes with a restart, an instance id does not.
TEST(RangeAssignor, StaticMembersKeepTheirPlaces) {
    auto input = alike(2, {4});
    input.members["m0"].instance_id = "b";
    input.members["m1"].instance_id = "a";
    auto const made = assign_range(input);
    EXPECT_EQ(made.at("m1").at(topic(1)), (std::set<std::int32_t>{0, 1}));
}

}  // namespace
}  // namespace sluice::kafka
