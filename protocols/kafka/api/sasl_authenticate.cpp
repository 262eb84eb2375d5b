#include "gateway/core/timer.hpp"
#include "protocols/kafka/api/handlers.hpp"
#include "protocols/kafka/schema/sasl_authenticate.hpp"

namespace sluice::kafka {

task<sasl_authenticate_response> api::sasl_authenticate(api_call& call,
                                                        sasl_authenticate_request const& request) {
    auto reply = co_await call.login.take(request.auth_bytes);
    sasl_authenticate_response out;
    out.error_code = call.code(reply.error);
    if (reply.error != error_code::none) {
        out.error_message = std::move(reply.message);
        call.no_answer = reply.undecided;
        call.close = call.login.now() != sasl_login::state::ready;
        auto const waited = co_await wait_for(call.options().refusal_delay);
        if (waited.has_error()) call.close = true;
        co_return out;
    }
    out.auth_bytes = call.keep(std::move(reply.token));
    out.session_lifetime_ms = reply.lifetime.count();
    co_return out;
}

}  // namespace sluice::kafka
