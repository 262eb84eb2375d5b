#include "protocols/kafka/schema/end_txn.hpp"

#include "protocols/kafka/api/handlers.hpp"
#include "protocols/kafka/api/transactions.hpp"
#include "protocols/kafka/coordinator/transaction_coordinator.hpp"

namespace sluice::kafka {

task<end_txn_response> api::end_txn(api_call& call, end_txn_request const& request) {
    constexpr int first_with_fenced = 2;
    end_txn_response out;
    auto const& id = request.transactional_id;
    auto error = id.empty() ? error_code::invalid_request : error_code::none;
    if (error == error_code::none)
        error = co_await permit_transaction(call, auth::action::append, id);
    if (error != error_code::none) {
        out.error_code = call.code(error);
        co_return out;
    }
    producer_identity const producer{request.producer_id, request.producer_epoch};
    bool const new_epoch = call.version() >= first_end_with_new_epoch;
    auto const ended = co_await call.services.transactions.end(call.who(), id, producer,
                                                               request.committed, new_epoch);
    out.error_code = call.code(known_since(first_with_fenced, call.version(), ended.error));
    if (ended.error == error_code::none) {
        out.producer_id = ended.producer.id;
        out.producer_epoch = ended.producer.epoch;
    }
    co_return out;
}

}  // namespace sluice::kafka
