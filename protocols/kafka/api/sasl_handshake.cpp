#include "protocols/kafka/api/handlers.hpp"
#include "protocols/kafka/schema/sasl_handshake.hpp"

namespace sluice::kafka {

// After version 0 the tokens come as bare frames, after version 1 as SaslAuthenticate (KIP-152).
task<sasl_handshake_response> api::sasl_handshake(api_call& call,
                                                  sasl_handshake_request const& request) {
    sasl_handshake_response out;
    out.error_code = call.code(call.login.choose(request.mechanism, call.version() == 0));
    out.mechanisms = call.login.mechanisms();
    if (call.first_error == error_code::unsupported_sasl_mechanism) call.close = true;
    co_return out;
}

}  // namespace sluice::kafka
