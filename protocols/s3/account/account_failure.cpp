#include "protocols/s3/account/account_failure.hpp"

#include <array>
#include <stdexcept>

namespace sluice::s3 {
namespace {

constexpr std::array rows{
#define ACCOUNT_ERROR(id, code, status) account_error_row{code, status},
#include "protocols/s3/account/errors.def"
#undef ACCOUNT_ERROR
};

}  // namespace

account_error_row const& row_of(account_error code) noexcept {
    return rows[static_cast<std::size_t>(code)];
}

void throw_exception_from_error(account_failure const& what, boost::source_location const&) {
    throw std::runtime_error("account failure: " + what.message);
}

account_failure validation_error(std::string message) {
    return {account_error::validation_error, std::move(message), {}};
}

account_failure to_account(auth::refusal const& what) {
    switch (what.code) {
        case error::permission_denied:
            return {account_error::access_denied, "The caller is not authorized to do this.", {}};
        case error::invalid_argument:
        case error::too_large: return validation_error(what.text);
        case error::not_found: return {account_error::no_such_entity, what.text, {}};
        case error::already_exists: return {account_error::entity_already_exists, what.text, {}};
        case error::conflict: return {account_error::delete_conflict, what.text, {}};
        case error::overloaded:
        case error::deadline_exceeded:
        case error::cancelled:
        case error::read_only:
        case error::no_space:
            return {account_error::service_unavailable, "Please try again.", what.describe()};
        default: return {account_error::internal_failure, "Internal error.", what.describe()};
    }
}

account_failure to_account(auth::sigv4_refusal const& what) {
    using auth::sigv4_error;
    switch (what.code) {
        case sigv4_error::missing:
            return {account_error::missing_authentication_token,
                    "Request is missing Authentication Token", {}};
        case sigv4_error::malformed:
        case sigv4_error::two_signatures:
        case sigv4_error::other_scheme:
        case sigv4_error::no_date:
        case sigv4_error::no_payload_hash:
        case sigv4_error::payload_hash:
        case sigv4_error::bad_uri:
        case sigv4_error::signature_version_2:
        case sigv4_error::unsupported_algorithm:
        case sigv4_error::invalid_expiry:
            return {account_error::incomplete_signature,
                    "The request signature does not conform to AWS standards. " + what.expected,
                    {}};
        case sigv4_error::wrong_scope:
            return {account_error::signature_does_not_match,
                    "Credential should be scoped to correct service: '" + what.expected + "'.", {}};
        case sigv4_error::expired:
        case sigv4_error::not_yet_valid:
        case sigv4_error::skewed:
            return {account_error::request_expired, "The request's time is not now.", {}};
        case sigv4_error::header_not_signed:
            return {account_error::signature_does_not_match,
                    "'" + what.expected + "' must be a signed header.", {}};
        case sigv4_error::session_token:
        case sigv4_error::unknown_key:
            return {account_error::invalid_client_token_id,
                    "The security token included in the request is invalid.", {}};
        case sigv4_error::session_expired:
            return {account_error::expired_token,
                    "The security token included in the request is expired", {}};
        case sigv4_error::signature_mismatch:
            return {account_error::signature_does_not_match,
                    "The request signature we calculated does not match the signature you "
                    "provided.",
                    {}};
    }
    return {};
}

account_failure of_document(auth::refusal const& what) {
    if (what.code == error::unsupported)
        return {account_error::malformed_policy_document, what.text, {}};
    if (what.code == error::too_large) return {account_error::limit_exceeded, what.text, {}};
    return to_account(what);
}

account_failure to_account(auth::token_error what) {
    using auth::token_error;
    auto const invalid = [](char const* text) {
        return account_failure{account_error::invalid_identity_token, text, {}};
    };
    switch (what) {
        case token_error::malformed:
            return invalid("The ID Token provided is not a valid JWT. (You may see this error if you "
                           "sent an Access Token)");
        case token_error::algorithm:
            return invalid("The token is signed with an algorithm that is not accepted.");
        case token_error::no_key:
            return invalid("Couldn't retrieve verification key from your identity provider, please "
                           "reference AssumeRoleWithWebIdentity documentation for requirements");
        case token_error::wrong_signature: return invalid("The token's signature is not right.");
        case token_error::wrong_issuer:
            return invalid("No OpenIDConnect provider found in your account for the token's issuer");
        case token_error::wrong_audience: return invalid("Incorrect token audience");
        case token_error::expired:
            return {account_error::expired_identity_token, "Token expired", {}};
        case token_error::not_yet_valid:
            return {account_error::idp_rejected_claim, "The token is not valid yet.", {}};
        case token_error::unreachable:
            return {account_error::idp_communication_error,
                    "The keys of the identity provider cannot be read now.", {}};
        case token_error::overloaded:
            return {account_error::service_unavailable, "Please try again.", {}};
    }
    return {};
}

}  // namespace sluice::s3
