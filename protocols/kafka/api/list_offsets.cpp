#include "protocols/kafka/schema/list_offsets.hpp"

#include "protocols/kafka/api/handlers.hpp"

namespace sluice::kafka {
namespace {

using wanted_partition = list_offsets_request::list_offsets_topic::list_offsets_partition;
using shown_partition =
    list_offsets_response::list_offsets_topic_response::list_offsets_partition_response;

// Timestamps with a meaning of their own, and the version that brought each.
constexpr std::int64_t latest = -1;
constexpr std::int64_t earliest = -2;
constexpr std::int64_t newest_record = -3;   // KIP-734, version 7
constexpr std::int64_t earliest_local = -4;  // KIP-405, version 8
constexpr std::int64_t latest_tiered = -5;   // KIP-1005, version 9
constexpr std::int64_t pending_upload = -6;  // KIP-1023, version 11

bool is_known(std::int64_t timestamp, int version) {
    if (timestamp >= earliest) return true;
    if (timestamp == newest_record) return version >= 7;
    if (timestamp == earliest_local) return version >= 8;
    if (timestamp == latest_tiered) return version >= 9;
    return timestamp == pending_upload && version >= 11;
}

void place(shown_partition& out, log_offset offset, std::int64_t timestamp) {
    out.offset = to_underlying(offset);
    out.timestamp = timestamp;
    out.leader_epoch = only_leader_epoch;
}

// Without a second tier the last two kinds are no error and have no offset, as in Kafka.
// A reader of what was committed sees nothing from the last stable offset on.
task<result<void>> search(auth::readable_log& log, std::int64_t timestamp, bool committed,
                          shown_partition& out) {
    partition_index const partition{out.partition_index};
    auto const bounds = log.bounds(partition);
    if (bounds.has_error()) co_return bounds.error();
    auto const end = committed ? bounds->stable : bounds->end;
    if (timestamp == latest) place(out, end, -1);
    if (timestamp == earliest || timestamp == earliest_local) place(out, bounds->start, -1);
    if (timestamp == newest_record) {
        auto const found = co_await log.find_newest(partition);
        if (found.has_error()) co_return found.error();
        if (*found && (*found)->offset < end)
            place(out, (*found)->offset, to_underlying((*found)->timestamp));
    }
    if (timestamp >= 0) {
        auto const found = co_await log.find_time(partition, unix_millis{timestamp});
        if (found.has_error()) co_return found.error();
        if (*found && (*found)->offset < end)
            place(out, (*found)->offset, to_underlying((*found)->timestamp));
    }
    co_return success();
}

error_code check_epoch(std::int32_t epoch) {
    if (epoch > only_leader_epoch) return error_code::unknown_leader_epoch;
    return error_code::none;
}

}  // namespace

task<list_offsets_response> api::list_offsets(api_call& call, list_offsets_request const& request) {
    list_offsets_response out;
    bool const committed = request.isolation_level == 1;
    for (auto const& topic : request.topics) {
        auto& shown = out.topics.emplace_back();
        shown.name = topic.name;
        auto log = co_await call.logs().open(call.who(), topic.name);
        for (auto const& wanted : topic.partitions) {
            shown_partition one;
            one.partition_index = wanted.partition_index;
            auto error = check_epoch(wanted.current_leader_epoch);
            if (log.has_error()) {
                error = topic_error(call, log.error());
            } else if (!is_known(wanted.timestamp, call.version())) {
                error = error_code::unsupported_version;
            } else if (error == error_code::none) {
                auto const searched = co_await search(*log, wanted.timestamp, committed, one);
                if (searched.has_error()) error = topic_error(call, searched.error());
            }
            one.error_code = call.code(error);
            shown.partitions.push_back(one);
        }
    }
    co_return out;
}

}  // namespace sluice::kafka
