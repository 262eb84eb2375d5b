// Every message in every version against the bytes that Apache Kafka's own classes write
// (tests/golden/kafka/make_vectors.py): decode, encode, and the bytes must be the same.
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "gateway/core/random.hpp"
#include "protocols/kafka/schema/add_offsets_to_txn.hpp"
#include "protocols/kafka/schema/add_partitions_to_txn.hpp"
#include "protocols/kafka/schema/alter_configs.hpp"
#include "protocols/kafka/schema/alter_partition_reassignments.hpp"
#include "protocols/kafka/schema/alter_user_scram_credentials.hpp"
#include "protocols/kafka/schema/api_versions.hpp"
#include "protocols/kafka/schema/consumer_group_describe.hpp"
#include "protocols/kafka/schema/consumer_group_heartbeat.hpp"
#include "protocols/kafka/schema/create_acls.hpp"
#include "protocols/kafka/schema/create_partitions.hpp"
#include "protocols/kafka/schema/create_topics.hpp"
#include "protocols/kafka/schema/delete_acls.hpp"
#include "protocols/kafka/schema/delete_groups.hpp"
#include "protocols/kafka/schema/delete_records.hpp"
#include "protocols/kafka/schema/delete_topics.hpp"
#include "protocols/kafka/schema/describe_acls.hpp"
#include "protocols/kafka/schema/describe_client_quotas.hpp"
#include "protocols/kafka/schema/describe_cluster.hpp"
#include "protocols/kafka/schema/describe_configs.hpp"
#include "protocols/kafka/schema/describe_groups.hpp"
#include "protocols/kafka/schema/describe_log_dirs.hpp"
#include "protocols/kafka/schema/describe_producers.hpp"
#include "protocols/kafka/schema/describe_topic_partitions.hpp"
#include "protocols/kafka/schema/describe_transactions.hpp"
#include "protocols/kafka/schema/describe_user_scram_credentials.hpp"
#include "protocols/kafka/schema/elect_leaders.hpp"
#include "protocols/kafka/schema/end_txn.hpp"
#include "protocols/kafka/schema/fetch.hpp"
#include "protocols/kafka/schema/find_coordinator.hpp"
#include "protocols/kafka/schema/heartbeat.hpp"
#include "protocols/kafka/schema/incremental_alter_configs.hpp"
#include "protocols/kafka/schema/init_producer_id.hpp"
#include "protocols/kafka/schema/join_group.hpp"
#include "protocols/kafka/schema/leave_group.hpp"
#include "protocols/kafka/schema/list_groups.hpp"
#include "protocols/kafka/schema/list_offsets.hpp"
#include "protocols/kafka/schema/list_partition_reassignments.hpp"
#include "protocols/kafka/schema/list_transactions.hpp"
#include "protocols/kafka/schema/metadata.hpp"
#include "protocols/kafka/schema/offset_commit.hpp"
#include "protocols/kafka/schema/offset_delete.hpp"
#include "protocols/kafka/schema/offset_fetch.hpp"
#include "protocols/kafka/schema/offset_for_leader_epoch.hpp"
#include "protocols/kafka/schema/produce.hpp"
#include "protocols/kafka/schema/sasl_authenticate.hpp"
#include "protocols/kafka/schema/sasl_handshake.hpp"
#include "protocols/kafka/schema/sync_group.hpp"
#include "protocols/kafka/schema/txn_offset_commit.hpp"
#include "protocols/kafka/schema/write_txn_markers.hpp"

namespace sluice::kafka {
namespace {

constexpr std::size_t kElements = 10'000;

struct vector_line {
    std::string message;
    int version;
    std::string bytes;
};

std::string from_hex(std::string const& hex) {
    std::string bytes;
    for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
        bytes.push_back(static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16)));
    return bytes;
}

std::vector<vector_line> const& vectors() {
    static auto const lines = [] {
        std::vector<vector_line> all;
        std::ifstream file(SLUICE_KAFKA_VECTORS);
        for (std::string line; std::getline(file, line);) {
            std::istringstream words(line);
            vector_line one;
            std::string hex;
            words >> one.message >> one.version >> hex;
            one.bytes = from_hex(hex);
            all.push_back(one);
        }
        return all;
    }();
    return lines;
}

std::string flat(wire_writer const& out) {
    std::string bytes;
    for (auto const& piece : out.pieces()) bytes.append(piece.bytes);
    return bytes;
}

// nullopt: refused.
using recode = std::optional<std::string> (*)(std::string_view bytes, int version);

template <auto Decode>
std::optional<std::string> recode_with(std::string_view bytes, int version) {
    wire_reader in(bytes, kElements);
    auto message = Decode(in, version);
    if (!message) return std::nullopt;
    wire_writer out;
    encode(out, *message, version);
    return flat(out);
}

std::string camel(std::string_view snake) {
    std::string name;
    bool upper = true;
    for (char c : snake) {
        if (c == '_') {
            upper = true;
        } else {
            name.push_back(upper ? static_cast<char>(std::toupper(c)) : c);
            upper = false;
        }
    }
    return name;
}

std::map<std::string, recode> const& codecs() {
    static std::map<std::string, recode> const all = {
#define SLUICE_KAFKA_API(key, name, first, last, flexible)                   \
    {camel(#name) + "Request", recode_with<decode_##name##_request>},        \
    {camel(#name) + "Response", recode_with<decode_##name##_response>},
#include "protocols/kafka/schema/api_table.inc"
#undef SLUICE_KAFKA_API
    };
    return all;
}

TEST(kafka_schema, every_message_and_version_has_a_vector) {
    std::set<std::pair<std::string, int>> seen;
    for (auto const& line : vectors()) seen.emplace(line.message, line.version);
#define SLUICE_KAFKA_API(key, name, first, last, flexible)                              \
    for (int version = first; version <= last; ++version) {                             \
        EXPECT_TRUE(seen.contains({camel(#name) + "Request", version})) << #name << ' ' << version;  \
        EXPECT_TRUE(seen.contains({camel(#name) + "Response", version})) << #name << ' ' << version; \
    }
#include "protocols/kafka/schema/api_table.inc"
#undef SLUICE_KAFKA_API
}

TEST(kafka_schema, bytes_of_the_reference_survive_decode_and_encode) {
    for (auto const& line : vectors()) {
        auto again = codecs().at(line.message)(line.bytes, line.version);
        ASSERT_TRUE(again.has_value()) << line.message << ' ' << line.version;
        EXPECT_EQ(*again, line.bytes) << line.message << ' ' << line.version;
    }
}

// What follows a request is read over, as Kafka does.
TEST(kafka_schema, a_message_cut_short_is_refused_and_an_answer_with_trailing_bytes) {
    for (auto const& line : vectors()) {
        auto codec = codecs().at(line.message);
        for (std::size_t length = 0; length < line.bytes.size(); ++length)
            ASSERT_FALSE(codec(std::string_view(line.bytes).substr(0, length), line.version))
                << line.message << ' ' << line.version << " cut to " << length;
        auto const longer = codec(line.bytes + '\0', line.version);
        EXPECT_EQ(longer.has_value(), line.message.ends_with("Request"))
            << line.message << ' ' << line.version;
    }
}

TEST(kafka_schema, flipped_bytes_never_crash_and_what_is_accepted_encodes_again) {
    seeded_random random(7);
    std::size_t accepted = 0;
    for (auto const& line : vectors()) {
        if (line.bytes.empty()) continue;
        for (int round = 0; round < 20; ++round) {
            auto bytes = line.bytes;
            bytes[random.below(bytes.size())] = static_cast<char>(random.below(256));
            if (auto again = codecs().at(line.message)(bytes, line.version)) {
                ++accepted;
                EXPECT_TRUE(codecs().at(line.message)(*again, line.version));
            }
        }
    }
    EXPECT_GT(accepted, 0u);
}

}  // namespace
}  // namespace sluice::kafka
