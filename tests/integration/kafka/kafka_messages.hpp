// All messages, and which API a request type belongs to. Pure.
#pragma once

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

template <class Request>
struct api_of;

#define SLUICE_KAFKA_API(number, name, ...)                               \
    template <>                                                           \
    struct api_of<name##_request> {                                       \
        static constexpr std::int16_t key = number;                       \
        using response = name##_response;                                 \
        static constexpr auto decode_response = decode_##name##_response; \
    };
#include "protocols/kafka/schema/api_table.inc"
#undef SLUICE_KAFKA_API

}  // namespace sluice::kafka
