#include "protocols/kafka/schema/delete_topics.hpp"

#include <set>

#include "protocols/kafka/api/handlers.hpp"
#include "protocols/kafka/api/topics.hpp"

namespace sluice::kafka {
namespace {

using wanted_topic = delete_topics_request::delete_topic_state;
using deleted_topic = delete_topics_response::deletable_topic_result;

task<deleted_topic> remove(api_call& call, wanted_topic const& wanted) {
    deleted_topic out;
    out.name = wanted.name;
    out.topic_id = wanted.topic_id;
    auto refuse = [&](error_code error, std::string text) {
        out.error_code = call.code(error);
        out.error_message = std::move(text);
    };
    bool const by_id = !is_zero(wanted.topic_id);
    if (by_id == wanted.name.has_value()) {
        refuse(error_code::invalid_request, "A topic is named by its name or by its id");
        co_return out;
    }
    auto name = wanted.name.value_or("");
    if (by_id) {
        auto const found = co_await find_topic_of_id(call, wanted.topic_id);
        if (found.error != error_code::none) {
            refuse(found.error, found.text);
            co_return out;
        }
        name = found.topic.name;
    }
    auto const dropped = co_await call.logs().drop(call.who(), name);
    if (dropped.has_error()) {
        auto const error = topic_error(call, dropped.error());
        refuse(error, text_of(error, dropped.error()));
        co_return out;
    }
    out.name = name;
    out.topic_id = to_wire(dropped->uuid);
    co_return out;
}

}  // namespace

task<delete_topics_response> api::delete_topics(api_call& call,
                                                delete_topics_request const& request) {
    delete_topics_response out;
    std::vector<wanted_topic> wanted = request.topics;
    for (auto const& name : request.topic_names) wanted.push_back({name, {}});
    std::set<std::string> seen;
    for (auto const& one : wanted) {
        if (one.name && !seen.insert(*one.name).second) {
            deleted_topic twice;
            twice.name = one.name;
            twice.error_code = call.code(error_code::invalid_request);
            twice.error_message = "The topic is named twice";
            out.responses.push_back(std::move(twice));
            continue;
        }
        auto done = co_await remove(call, one);
        out.responses.push_back(std::move(done));
    }
    co_return out;
}

}  // namespace sluice::kafka
