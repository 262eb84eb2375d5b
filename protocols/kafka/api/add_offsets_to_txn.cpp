#include "protocols/kafka/schema/add_offsets_to_txn.hpp"

#include "protocols/kafka/api/groups.hpp"
#include "protocols/kafka/api/handlers.hpp"
#include "protocols/kafka/api/transactions.hpp"
#include "protocols/kafka/coordinator/transaction_coordinator.hpp"

namespace sluice::kafka {
namespace {

constexpr int first_with_fenced = 2;

task<error_code> add(api_call& call, add_offsets_to_txn_request const& request) {
    if (request.transactional_id.empty()) co_return error_code::invalid_request;
    if (request.group_id.empty()) co_return error_code::invalid_group_id;
    auto refused =
        co_await permit_transaction(call, auth::action::append, request.transactional_id);
    if (refused == error_code::none) refused = co_await permit_member(call, request.group_id);
    if (refused != error_code::none) co_return refused;
    producer_identity const producer{request.producer_id, request.producer_epoch};
    auto const error = co_await call.services.transactions.add_group(request.transactional_id,
                                                                     producer, request.group_id);
    co_return known_since(first_with_fenced, call.version(), error);
}

}  // namespace

task<add_offsets_to_txn_response> api::add_offsets_to_txn(
    api_call& call, add_offsets_to_txn_request const& request) {
    add_offsets_to_txn_response out;
    auto const error = co_await add(call, request);
    out.error_code = call.code(error);
    co_return out;
}

}  // namespace sluice::kafka
