#include "protocols/kafka/schema/describe_transactions.hpp"

#include <map>

#include "protocols/kafka/api/handlers.hpp"
#include "protocols/kafka/api/topics.hpp"
#include "protocols/kafka/api/transactions.hpp"
#include "protocols/kafka/coordinator/transaction_coordinator.hpp"

namespace sluice::kafka {
namespace {

using shown_transaction = describe_transactions_response::shown_transaction;

// Topics that the caller may not see are left out, as brokers do.
task<void> show_partitions(api_call& call, transaction_facts const& facts, shown_transaction& out) {
    std::map<std::string, std::vector<std::int32_t>> topics;
    for (auto const& one : facts.partitions) {
        auto const name = call.services.guarded_transactions.topic_name(one.topic);
        if (name) topics[*name].push_back(to_underlying(one.partition));
    }
    for (auto& [name, partitions] : topics) {
        auto const found = co_await find_named_topic(call, name);
        if (found.error != error_code::none) continue;
        out.topics.push_back({name, std::move(partitions)});
    }
}

task<shown_transaction> describe(api_call& call, std::string id) {
    shown_transaction out;
    out.transactional_id = id;
    out.transaction_start_time_ms = -1;
    out.producer_id = -1;
    out.producer_epoch = -1;
    auto error = co_await permit_transaction(call, auth::action::describe, id);
    std::optional<transaction_coordinator::description> found;
    if (error == error_code::none) {
        found = call.services.transactions.describe(id);
        if (!found) error = error_code::transactional_id_not_found;
    }
    out.error_code = call.code(error);
    if (!found) co_return out;
    auto const& facts = found->facts;
    out.transaction_state = name_of(facts.state);
    out.transaction_timeout_ms = static_cast<std::int32_t>(facts.timeout.count());
    out.producer_id = facts.producer.id;
    out.producer_epoch = facts.producer.epoch;
    if (facts.state != transaction_state::ongoing) co_return out;
    out.transaction_start_time_ms = to_underlying(facts.started);
    co_await show_partitions(call, facts, out);
    co_return out;
}

}  // namespace

task<describe_transactions_response> api::describe_transactions(
    api_call& call, describe_transactions_request const& request) {
    describe_transactions_response out;
    for (auto const& id : request.transactional_ids) {
        auto one = co_await describe(call, id);
        out.transaction_states.push_back(std::move(one));
    }
    co_return out;
}

}  // namespace sluice::kafka
