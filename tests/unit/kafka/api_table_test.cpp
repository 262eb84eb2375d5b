// The APIs that ApiVersions names, beside all that clients of Kafka 4.1 know: the README's table is written
// from here (SLUICE_REWRITE_GOLDEN=1) and held to it.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>

#include "protocols/kafka/wire/api_rows.hpp"
#include "tests/support/readme_table.hpp"

namespace sluice::kafka {
namespace {

struct known_api {
    std::int16_t key;
    std::string_view name;
};
// Of the protocol guide of Kafka 4.1, without those that brokers and controllers keep among themselves.
constexpr known_api known_apis[] = {
    {0, "Produce"},
    {1, "Fetch"},
    {2, "ListOffsets"},
    {3, "Metadata"},
    {8, "OffsetCommit"},
    {9, "OffsetFetch"},
    {10, "FindCoordinator"},
    {11, "JoinGroup"},
    {12, "Heartbeat"},
    {13, "LeaveGroup"},
    {14, "SyncGroup"},
    {15, "DescribeGroups"},
    {16, "ListGroups"},
    {17, "SaslHandshake"},
    {18, "ApiVersions"},
    {19, "CreateTopics"},
    {20, "DeleteTopics"},
    {21, "DeleteRecords"},
    {22, "InitProducerId"},
    {23, "OffsetForLeaderEpoch"},
    {24, "AddPartitionsToTxn"},
    {25, "AddOffsetsToTxn"},
    {26, "EndTxn"},
    {27, "WriteTxnMarkers"},
    {28, "TxnOffsetCommit"},
    {29, "DescribeAcls"},
    {30, "CreateAcls"},
    {31, "DeleteAcls"},
    {32, "DescribeConfigs"},
    {33, "AlterConfigs"},
    {34, "AlterReplicaLogDirs"},
    {35, "DescribeLogDirs"},
    {36, "SaslAuthenticate"},
    {37, "CreatePartitions"},
    {38, "CreateDelegationToken"},
    {39, "RenewDelegationToken"},
    {40, "ExpireDelegationToken"},
    {41, "DescribeDelegationToken"},
    {42, "DeleteGroups"},
    {43, "ElectLeaders"},
    {44, "IncrementalAlterConfigs"},
    {45, "AlterPartitionReassignments"},
    {46, "ListPartitionReassignments"},
    {47, "OffsetDelete"},
    {48, "DescribeClientQuotas"},
    {49, "AlterClientQuotas"},
    {50, "DescribeUserScramCredentials"},
    {51, "AlterUserScramCredentials"},
    {55, "DescribeQuorum"},
    {57, "UpdateFeatures"},
    {60, "DescribeCluster"},
    {61, "DescribeProducers"},
    {64, "UnregisterBroker"},
    {65, "DescribeTransactions"},
    {66, "ListTransactions"},
    {68, "ConsumerGroupHeartbeat"},
    {69, "ConsumerGroupDescribe"},
    {71, "GetTelemetrySubscriptions"},
    {72, "PushTelemetry"},
    {74, "ListConfigResources"},
    {75, "DescribeTopicPartitions"},
    {76, "ShareGroupHeartbeat"},
    {77, "ShareGroupDescribe"},
    {78, "ShareFetch"},
    {79, "ShareAcknowledge"},
    {80, "AddRaftVoter"},
    {81, "RemoveRaftVoter"},
    {88, "StreamsGroupHeartbeat"},
    {89, "StreamsGroupDescribe"},
    {90, "DescribeShareGroupOffsets"},
    {91, "AlterShareGroupOffsets"},
    {92, "DeleteShareGroupOffsets"},
};

// "list_offsets" as Kafka spells it.
std::string spelled(std::string_view name) {
    std::string out;
    bool begins = true;
    for (char const c : name) {
        if (c != '_') out += begins && c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
        begins = c == '_';
    }
    return out;
}

constexpr std::string_view table_begins = "<!-- kafka apis: written by api_table_test.cpp -->\n";
constexpr std::string_view table_ends = "<!-- end of kafka apis -->";

std::string readme_table() {
    std::string out = "| key | Kafka's API | versions |\n|---|---|---|\n";
    for (auto const& one : known_apis) {
        auto const* row = find_api(one.key);
        std::string const versions =
            row == nullptr ? "not named by ApiVersions"
            : row->first == row->last
                ? std::to_string(row->first)
                : std::to_string(row->first) + " to " + std::to_string(row->last);
        out += "| " + std::to_string(one.key) + " | " + std::string(one.name) + " | " + versions +
               " |\n";
    }
    return out;
}

TEST(kafka_apis, are_ones_of_kafka) {
    for (auto const& row : api_rows) {
        auto const* found = std::find_if(std::begin(known_apis), std::end(known_apis),
                                         [&](auto const& one) { return one.key == row.key; });
        ASSERT_NE(found, std::end(known_apis)) << row.name;
        EXPECT_EQ(spelled(row.name), found->name);
    }
}

TEST(kafka_apis, are_the_readmes) {
    test::hold_readme_to(SLUICE_README, table_begins, table_ends, readme_table());
}

}  // namespace
}  // namespace sluice::kafka
