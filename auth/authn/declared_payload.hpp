// How a request without a signature says that its body is covered: by the same header as a signed one
// (x-amz-content-sha256), except that nothing can be signed. Pure.
#pragma once

#include "auth/authn/http_request_view.hpp"
#include "auth/authn/sigv4.hpp"

namespace sluice::auth {

struct declared_payload {
    payload_signing how = payload_signing::unsigned_payload;
    std::string hash;  // literal_hash
};
// malformed: the header twice, or not one of its values; also for chunks that are signed.
sigv4_result<declared_payload> payload_of_stranger(http_request_view const& request);

}  // namespace sluice::auth
