#include "protocols/kafka/api/transactions.hpp"

#include "auth/guard/guarded_transactions.hpp"

namespace sluice::kafka {

task<error_code> permit_transaction(api_call& call, auth::action verb, std::string id) {
    auto const allowed =
        co_await call.services.guarded_transactions.permit(call.who(), verb, std::move(id));
    if (allowed.has_value()) co_return error_code::none;
    call.note(allowed.error());
    bool const denied = allowed.error().code == error::permission_denied;
    co_return denied ? error_code::transactional_id_authorization_failed
                     : error_code::coordinator_not_available;
}

error_code known_since(int first_with_fenced, int version, error_code error) noexcept {
    bool const older = version < first_with_fenced && error == error_code::producer_fenced;
    return older ? error_code::invalid_producer_epoch : error;
}

}  // namespace sluice::kafka
