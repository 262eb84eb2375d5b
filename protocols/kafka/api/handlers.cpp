#include "protocols/kafka/api/handlers.hpp"

#include <array>

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

template <class Request, class Response, auto Decode, auto Handle>
task<result<wire_writer>> serve_with(api_call& call) {
    wire_reader in(call.body, call.options().request_elements);
    auto const request = Decode(in, call.version());
    if (request.has_error()) co_return request.error();
    Response const response = co_await Handle(call, *request);
    wire_writer out;
    if (!call.no_answer) encode(out, response, call.version());
    co_return out;
}

constexpr std::array<handler, api_rows.size()> handlers{
#define SLUICE_KAFKA_API(key, name, ...) \
    &serve_with<name##_request, name##_response, decode_##name##_request, api::name>,
#include "protocols/kafka/schema/api_table.inc"
#undef SLUICE_KAFKA_API
};

std::string in_title_case(std::string_view name) {
    std::string out;
    bool begins = true;
    for (char const c : name) {
        if (c != '_') out += begins ? static_cast<char>(c - 'a' + 'A') : c;
        begins = c == '_';
    }
    return out;
}

}  // namespace

handler handler_of(api_row const& row) noexcept {
    return handlers[static_cast<std::size_t>(&row - api_rows.data())];
}

std::string_view title_of(api_row const& row) noexcept {
    static auto const titles = [] {
        std::array<std::string, api_rows.size()> all;
        for (std::size_t i = 0; i < all.size(); ++i) all[i] = in_title_case(api_rows[i].name);
        return all;
    }();
    return titles[static_cast<std::size_t>(&row - api_rows.data())];
}

}  // namespace sluice::kafka
