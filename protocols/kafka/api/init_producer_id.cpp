#include "protocols/kafka/schema/init_producer_id.hpp"

#include "protocols/kafka/api/handlers.hpp"

namespace sluice::kafka {

// Idempotent producers get a fresh id each time, also when they show an old one, as brokers do
// (KIP-360 resumes ids of transactional producers only). Transactions are refused.
task<init_producer_id_response> api::init_producer_id(api_call& call,
                                                      init_producer_id_request const& request) {
    init_producer_id_response out;
    out.producer_epoch = -1;
    if (request.transactional_id) {
        out.error_code = call.code(request.transactional_id->empty()
                                       ? error_code::invalid_request
                                       : error_code::transactional_id_authorization_failed);
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
