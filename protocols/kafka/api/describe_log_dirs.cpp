#include "protocols/kafka/schema/describe_log_dirs.hpp"

#include <map>

#include "protocols/kafka/api/handlers.hpp"
#include "protocols/kafka/api/topics.hpp"

namespace sluice::kafka {
namespace {

using shown_dir = describe_log_dirs_response::describe_log_dirs_result;
using wanted_partitions = std::map<std::string, std::vector<std::int32_t>>;

// All partitions of the topics that the caller may see.
task<error_code> add_all(api_call& call, wanted_partitions& into) {
    auto const page = call.options().topics_per_page;
    for (std::string after;;) {
        auto const listed = co_await call.logs().list(call.who(), after, page);
        if (listed.has_error()) co_return topic_error(call, listed.error());
        for (auto const& topic : *listed) {
            auto& partitions = into[topic.name];
            for (std::uint32_t i = 0; i < topic.partitions; ++i)
                partitions.push_back(static_cast<std::int32_t>(i));
        }
        if (listed->size() < page) co_return error_code::none;
        after = listed->back().name;
    }
}

// What does not exist is left out, as Kafka does.
task<error_code> show(api_call& call, wanted_partitions const& wanted, shown_dir& dir) {
    for (auto const& [topic, partitions] : wanted) {
        shown_dir::describe_log_dirs_topic shown;
        shown.name = topic;
        for (auto const number : partitions) {
            partition_index const index{number};
            auto const bytes = co_await call.logs().log_bytes(call.who(), topic, index);
            if (bytes.has_error() && bytes.error().code == error::not_found) continue;
            if (bytes.has_error()) co_return cluster_error(call, bytes.error());
            auto& one = shown.partitions.emplace_back();
            one.partition_index = number;
            one.partition_size = static_cast<std::int64_t>(*bytes);
        }
        if (!shown.partitions.empty()) dir.topics.push_back(std::move(shown));
    }
    co_return error_code::none;
}

}  // namespace

// All partitions lie in the one store. How large its device is, is not told: -1.
task<describe_log_dirs_response> api::describe_log_dirs(api_call& call,
                                                        describe_log_dirs_request const& request) {
    describe_log_dirs_response out;
    auto refused = co_await permit_on_cluster(call, auth::action::describe);
    if (refused.error != error_code::none) {
        out.error_code = call.code(refused.error);
        co_return out;
    }
    wanted_partitions wanted;
    if (request.topics) {
        for (auto const& one : *request.topics) wanted[one.topic] = one.partitions;
    } else {
        auto const listed = co_await add_all(call, wanted);
        if (listed != error_code::none) {
            out.error_code = call.code(listed);
            co_return out;
        }
    }
    shown_dir dir;
    dir.log_dir = "store";
    auto const shown = co_await show(call, wanted, dir);
    dir.error_code = call.code(shown);
    if (shown != error_code::none) dir.topics.clear();
    out.results.push_back(std::move(dir));
    co_return out;
}

}  // namespace sluice::kafka
