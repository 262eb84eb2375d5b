#include "protocols/kafka/schema/list_transactions.hpp"

#include <algorithm>
#include <array>

#include "auth/guard/guarded_transactions.hpp"
#include "protocols/kafka/api/handlers.hpp"
#include "protocols/kafka/coordinator/transaction_coordinator.hpp"

namespace sluice::kafka {
namespace {

// All that a client may name; those that an end in one commit never shows have nothing.
constexpr std::array<std::string_view, 8> states{
    "Empty",       "Ongoing", "PrepareCommit", "PrepareAbort", "CompleteCommit",
    "CompleteAbort", "Dead",    "PrepareEpochFence"};

bool is_wanted(list_transactions_request const& request, transaction_facts const& facts,
               std::int64_t now) {
    auto const& names = request.state_filters;
    auto const& producers = request.producer_id_filters;
    bool const of_state =
        names.empty() || std::ranges::find(names, name_of(facts.state)) != names.end();
    bool const of_producer = producers.empty() || std::ranges::find(producers, facts.producer.id) !=
                                                      producers.end();
    bool const is_open = facts.state == transaction_state::ongoing;
    bool const of_duration =
        request.duration_filter < 0 ||
        (is_open && now - to_underlying(facts.started) > request.duration_filter);
    return of_state && of_producer && of_duration;
}

}  // namespace

task<list_transactions_response> api::list_transactions(api_call& call,
                                                        list_transactions_request const& request) {
    list_transactions_response out;
    for (auto const& name : request.state_filters)
        if (std::ranges::find(states, name) == states.end())
            out.unknown_state_filters.push_back(name);
    auto const now = to_underlying(call.services.clock.now());
    auto const& door = call.services.guarded_transactions;
    for (auto const& one : call.services.transactions.list()) {
        if (!is_wanted(request, one.facts, now)) continue;
        if (!door.may(call.who(), auth::action::describe, one.id)) continue;
        out.transaction_states.push_back(
            {one.id, one.facts.producer.id, std::string(name_of(one.facts.state))});
    }
    co_return out;
}

}  // namespace sluice::kafka
