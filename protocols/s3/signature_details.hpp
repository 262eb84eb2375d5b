// What an error document says of a signature that was refused: what the server signed in its place, so that
// whoever wrote the client sees where they differ. All of it comes from the request itself. Pure.
#pragma once

#include "auth/authn/sigv4.hpp"
#include "protocols/s3/wire/s3_error.hpp"

namespace sluice::s3 {

void tell_signature_details(s3_failure& shown, auth::sigv4_error why,
                            auth::http_request_view const& request, unix_millis now);

}  // namespace sluice::s3
