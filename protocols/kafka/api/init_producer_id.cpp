#include "protocols/kafka/schema/init_producer_id.hpp"

#include "protocols/kafka/api/handlers.hpp"
#include "protocols/kafka/api/transactions.hpp"
#include "protocols/kafka/coordinator/transaction_coordinator.hpp"

namespace sluice::kafka {
namespace {

constexpr int first_with_fenced = 4;

task<error_code> init_transactional(api_call& call, init_producer_id_request const& request,
                                    init_producer_id_response& out) {
    auto const& id = *request.transactional_id;
    // Both say what the producer had, or neither.
    bool const half = (request.producer_id >= 0) != (request.producer_epoch >= 0);
    if (id.empty() || half) co_return error_code::invalid_request;
    auto const refused = co_await permit_transaction(call, auth::action::append, id);
    if (refused != error_code::none) co_return refused;
    std::chrono::milliseconds const timeout{request.transaction_timeout_ms};
    producer_identity const had{request.producer_id, request.producer_epoch};
    auto const made = co_await call.services.transactions.init(id, timeout, had);
    if (made.error != error_code::none)
        co_return known_since(first_with_fenced, call.version(), made.error);
    out.producer_id = made.producer.id;
    out.producer_epoch = made.producer.epoch;
    co_return error_code::none;
}

}  // namespace

// Idempotent producers get a fresh id each time, also when they show an old one, as brokers do
// (KIP-360 resumes ids of transactional producers only).
task<init_producer_id_response> api::init_producer_id(api_call& call,
                                                      init_producer_id_request const& request) {
    init_producer_id_response out;
    out.producer_epoch = -1;
    if (request.transactional_id) {
        auto const error = co_await init_transactional(call, request, out);
        out.error_code = call.code(error);
        co_return out;
    }
    auto const made = co_await call.logs().new_producer_id(call.who());
    if (made.has_error()) {
        call.note(made.error());
        out.error_code = call.code(made.error().code == error::permission_denied
                                       ? error_code::cluster_authorization_failed
                                       : error_code::coordinator_not_available);
        co_return out;
    }
    out.producer_id = *made;
    out.producer_epoch = 0;
    co_return out;
}

}  // namespace sluice::kafka
