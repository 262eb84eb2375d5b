#include "protocols/kafka/schema/find_coordinator.hpp"

#include "protocols/kafka/api/handlers.hpp"
#include "protocols/kafka/api/transactions.hpp"

namespace sluice::kafka {
namespace {

constexpr std::int8_t group_key = 0;
constexpr std::int8_t transaction_key = 1;

struct answer {
    error_code error = error_code::none;
    std::optional<std::string> text;
};

task<answer> decide(api_call& call, std::int8_t type, std::string key) {
    answer out;
    if (type == transaction_key) {
        out.error = co_await permit_transaction(call, auth::action::describe, key);
        if (out.error != error_code::none) out.text = std::string(message_of(out.error));
    } else if (type != group_key) {
        out.error = error_code::invalid_request;
        out.text = "This server coordinates consumer groups and transactions";
    } else if (key.empty()) {
        out.error = error_code::invalid_group_id;
        out.text = std::string(message_of(out.error));
    } else {
        auto const allowed =
            co_await call.logs().permit_group(call.who(), auth::action::describe, key);
        if (allowed.has_error()) {
            out.error = group_error(call, allowed.error());
            out.text = text_of(out.error, allowed.error());
        }
    }
    co_return out;
}

}  // namespace

// This node, whatever the group or transaction.
task<find_coordinator_response> api::find_coordinator(api_call& call,
                                                      find_coordinator_request const& request) {
    find_coordinator_response out;
    if (call.version() < 4) {
        auto decided = co_await decide(call, request.key_type, request.key);
        out.error_code = call.code(decided.error);
        out.error_message = std::move(decided.text);
        bool const fine = decided.error == error_code::none;
        out.node_id = fine ? this_node : -1;
        out.host = fine ? call.advertised.host : "";
        out.port = fine ? call.advertised.port : -1;
        co_return out;
    }
    for (auto const& key : request.coordinator_keys) {
        auto decided = co_await decide(call, request.key_type, key);
        find_coordinator_response::coordinator one;
        one.key = key;
        one.error_code = call.code(decided.error);
        one.error_message = std::move(decided.text);
        bool const fine = decided.error == error_code::none;
        one.node_id = fine ? this_node : -1;
        one.host = fine ? call.advertised.host : "";
        one.port = fine ? call.advertised.port : -1;
        out.coordinators.push_back(std::move(one));
    }
    co_return out;
}

}  // namespace sluice::kafka
