#include "protocols/kafka/schema/create_partitions.hpp"

#include <algorithm>
#include <map>

#include "protocols/kafka/api/handlers.hpp"
#include "protocols/kafka/api/topics.hpp"

namespace sluice::kafka {
namespace {

using wanted_topic = create_partitions_request::create_partitions_topic;
using grown_topic = create_partitions_response::create_partitions_topic_result;

// Every new partition lies on this node alone.
bool is_assignable(std::vector<wanted_topic::create_partitions_assignment> const& assignments) {
    return std::all_of(assignments.begin(), assignments.end(), [](auto const& one) {
        return one.broker_ids == std::vector<std::int32_t>{this_node};
    });
}

found_topic refused(error_code error, std::string text) {
    found_topic out;
    out.error = error;
    out.text = bounded(std::move(text));
    return out;
}

found_topic check_count(wanted_topic const& wanted, std::uint32_t partitions) {
    std::int64_t const before = partitions;
    auto const now = std::to_string(before);
    if (wanted.count == before)
        return refused(error_code::invalid_partitions,
                       "Topic already has " + now + " partition(s).");
    if (wanted.count < before)
        return refused(error_code::invalid_partitions,
                       "The topic " + wanted.name + " currently has " + now + " partition(s); " +
                           std::to_string(wanted.count) + " would not be an increase.");
    if (!wanted.assignments) return {};
    auto const added = static_cast<std::size_t>(wanted.count - before);
    if (wanted.assignments->size() != added)
        return refused(error_code::invalid_replica_assignment,
                       "Attempted to add " + std::to_string(added) +
                           " additional partition(s), but only " +
                           std::to_string(wanted.assignments->size()) +
                           " assignment(s) were specified.");
    if (!is_assignable(*wanted.assignments))
        return refused(error_code::invalid_replica_assignment,
                       std::string(message_of(error_code::invalid_replica_assignment)));
    return {};
}

task<found_topic> grow(api_call& call, wanted_topic const& wanted, bool validate_only) {
    if (auto const why = why_no_topic_name(wanted.name); !why.empty())
        co_return refused(error_code::invalid_topic_exception, std::string(why));
    auto found = co_await find_named_topic(call, wanted.name);
    if (found.error != error_code::none) co_return found;
    auto bad = check_count(wanted, found.topic.partitions);
    if (bad.error != error_code::none) co_return bad;
    auto const grown = co_await call.logs().add_partitions(
        call.who(), wanted.name, static_cast<std::uint32_t>(wanted.count), validate_only);
    if (grown.has_value()) co_return found_topic{};
    auto const code = grown.error().code;
    // Somebody else was faster, or there would be too many.
    auto const error = code == error::invalid_argument || code == error::too_large
                           ? error_code::invalid_partitions
                           : topic_error(call, grown.error());
    co_return refused(error, text_of(error, grown.error()));
}

}  // namespace

task<create_partitions_response> api::create_partitions(api_call& call,
                                                        create_partitions_request const& request) {
    create_partitions_response out;
    std::map<std::string_view, std::size_t> named;
    for (auto const& wanted : request.topics) ++named[wanted.name];
    for (auto const& wanted : request.topics) {
        auto& times = named[wanted.name];
        if (times == 0) continue;  // answered
        auto done = refused(error_code::invalid_request, "Duplicate topic name.");
        if (times == 1) done = co_await grow(call, wanted, request.validate_only);
        times = 0;
        auto& answer = out.results.emplace_back();
        answer.name = wanted.name;
        answer.error_code = call.code(done.error);
        if (done.error != error_code::none) answer.error_message = std::move(done.text);
    }
    co_return out;
}

}  // namespace sluice::kafka
