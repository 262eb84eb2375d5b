#include "protocols/s3/wire/s3_error.hpp"

#include <array>

#include "backend/store/model/object_lock.hpp"
#include "gateway/core/failure_news.hpp"

namespace sluice::s3 {
namespace {

constexpr std::array rows{
#define S3_ERROR(id, code, status, message) error_row{code, status, message},
#include "protocols/s3/wire/errors.def"
#undef S3_ERROR
};

error_code missing(auth::missing_thing what, subject about) {
    switch (what) {
        case auth::missing_thing::bucket: return error_code::no_such_bucket;
        case auth::missing_thing::object: return error_code::no_such_key;
        case auth::missing_thing::upload: return error_code::no_such_upload;
        case auth::missing_thing::nothing:
            return about == subject::bucket ? error_code::no_such_bucket : error_code::no_such_key;
        case auth::missing_thing::principal:
        case auth::missing_thing::credential:
        case auth::missing_thing::rule: return error_code::internal_error;
    }
    return error_code::internal_error;
}

// A customer's key that was not given, or not for that, or is another one.
s3_failure customer_key_refused(auth::key_trouble what, bool upload) {
    if (what == auth::key_trouble::needed)
        return {error_code::invalid_request,
                upload ? "The multipart upload initiate requested encryption. Subsequent part "
                         "requests must include the appropriate encryption parameters."
                       : "The object was stored using a form of Server Side Encryption. The "
                         "correct parameters must be provided to retrieve the object."};
    if (what == auth::key_trouble::unexpected)
        return {error_code::invalid_request,
                upload ? "The multipart upload initiate did not request encryption. Please resend "
                         "the request without sending encryption parameters."
                       : "The encryption parameters are not applicable to this object."};
    if (!upload) return error_code::access_denied;
    return {error_code::invalid_request,
            "The provided encryption parameters did not match the ones used originally."};
}

s3_failure key_refused(auth::refusal const& what, subject about) {
    switch (what.key) {
        case auth::key_trouble::needed:
        case auth::key_trouble::unexpected:
        case auth::key_trouble::wrong:
            return customer_key_refused(what.key, about == subject::upload);
        case auth::key_trouble::unknown:
            return {error_code::kms_not_found, "Key '" + what.text + "' does not exist"};
        case auth::key_trouble::disabled:
            return {error_code::kms_disabled, "Key '" + what.text + "' is disabled."};
        case auth::key_trouble::none:
        case auth::key_trouble::other_form: return error_code::internal_error;
    }
    return error_code::internal_error;
}

s3_failure shown_failure(auth::refusal const& what, subject about) {
    if (what.key != auth::key_trouble::none) return key_refused(what, about);
    if (what.access == auth::access_trouble::disabled)
        return error_code::access_control_list_not_supported;
    switch (what.code) {
        case error::invalid_argument: return {error_code::invalid_argument, what.text};
        case error::malformed: return {error_code::invalid_request, what.text};
        case error::not_found: return missing(what.missing, about);
        case error::already_exists: return error_code::bucket_already_exists;
        case error::not_empty: return error_code::bucket_not_empty;
        case error::precondition_failed: return error_code::precondition_failed;
        case error::conflict:
            return about == subject::bucket ? error_code::operation_aborted
                                            : error_code::conditional_request_conflict;
        case error::out_of_range: return error_code::invalid_range;
        case error::too_large: return error_code::entity_too_large;
        case error::unsupported: return {error_code::not_implemented, what.text};
        case error::unauthenticated: return error_code::access_denied;
        case error::permission_denied:
            if (what.text == store::locked_text) return {error_code::access_denied, what.text};
            return error_code::access_denied;
        case error::overloaded: return error_code::slow_down;
        case error::no_space: return error_code::storage_full;
        case error::read_only:
            return {error_code::service_unavailable,
                    "The storage accepts no writes at the moment."};
        case error::would_block: return error_code::internal_error;
        case error::deadline_exceeded: return error_code::slow_down;
        case error::cancelled: return error_code::service_unavailable;
        case error::closed: return error_code::incomplete_body;
        case error::outcome_unknown:
            return {error_code::internal_error,
                    "It is not known whether the change was stored. Look before trying again."};
        case error::io_failed:
        case error::corrupt: return error_code::internal_error;
    }
    return error_code::internal_error;
}

// Which of the parameters of a presigned URL is none; empty: the code's own text.
std::string text_of_malformed(std::string_view parameter) {
    if (parameter == "X-Amz-Credential")
        return "Error parsing the X-Amz-Credential parameter; the Credential is mal-formed; expecting "
               "\"<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request\".";
    if (parameter == "X-Amz-Date")
        return "X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\"";
    if (parameter.starts_with("X-Amz-"))
        return "Query-string authentication version 4 requires the X-Amz-Algorithm, "
               "X-Amz-Credential, X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and "
               "X-Amz-Expires parameters.";
    return {};
}

}  // namespace

error_row const& row_of(error_code code) noexcept {
    return rows[static_cast<std::size_t>(code)];
}
std::size_t error_code_count() noexcept {
    return rows.size();
}

s3_failure to_s3(auth::refusal const& what, subject about) {
    auto out = shown_failure(what, about);
    if (is_inner_failure(what.code)) out.cause = what.describe();
    return out;
}

s3_failure to_s3(auth::sigv4_refusal const& what, bool in_query) {
    auto const malformed = in_query ? error_code::authorization_query_parameters_error
                                    : error_code::authorization_header_malformed;
    switch (what.code) {
        case auth::sigv4_error::missing: return error_code::access_denied;
        case auth::sigv4_error::malformed: return {malformed, text_of_malformed(what.expected)};
        case auth::sigv4_error::two_signatures:
            return s3_failure(error_code::invalid_argument,
                              "Only one auth mechanism allowed; only the X-Amz-Algorithm query "
                              "parameter, Signature query string parameter or the Authorization "
                              "header should be specified")
                .detail("ArgumentName", "Authorization");
        case auth::sigv4_error::other_scheme:
            return invalid_argument("Authorization", what.expected, "Unsupported Authorization Type");
        case auth::sigv4_error::no_date:
            return {error_code::access_denied,
                    "AWS authentication requires a valid Date or x-amz-date header"};
        case auth::sigv4_error::no_payload_hash:
            return {error_code::invalid_request,
                    "Missing required header for this request: x-amz-content-sha256"};
        case auth::sigv4_error::payload_hash:
            return invalid_argument("x-amz-content-sha256", what.expected,
                                    "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, "
                                    "STREAMING-UNSIGNED-PAYLOAD-TRAILER, "
                                    "STREAMING-AWS4-HMAC-SHA256-PAYLOAD, "
                                    "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER, "
                                    "or a valid sha256 value.");
        case auth::sigv4_error::bad_uri: return error_code::invalid_uri;
        case auth::sigv4_error::signature_version_2:
            return {error_code::invalid_request,
                    "The authorization mechanism you have provided is not supported. Please use "
                    "AWS4-HMAC-SHA256."};
        case auth::sigv4_error::unsupported_algorithm:
            return {error_code::invalid_request,
                    "Unsupported authorization type. Please use AWS4-HMAC-SHA256."};
        case auth::sigv4_error::session_token: return error_code::invalid_token;
        case auth::sigv4_error::session_expired: return error_code::expired_token;
        case auth::sigv4_error::wrong_scope:
            return {malformed,
                    "The authorization is malformed; the credential scope is wrong; expecting '" +
                        what.expected + "'"};
        case auth::sigv4_error::invalid_expiry:
            return {error_code::authorization_query_parameters_error,
                    "X-Amz-Expires must be between 1 and 604800 seconds"};
        case auth::sigv4_error::expired: return {error_code::access_denied, "Request has expired"};
        case auth::sigv4_error::not_yet_valid:
            return {error_code::access_denied, "Request is not valid yet"};
        case auth::sigv4_error::skewed: return error_code::request_time_too_skewed;
        case auth::sigv4_error::header_not_signed:
            return s3_failure(error_code::access_denied,
                              "There were headers present in the request which were not signed")
                .detail("HeadersNotSigned", what.expected);
        case auth::sigv4_error::unknown_key: return error_code::invalid_access_key_id;
        case auth::sigv4_error::signature_mismatch: return error_code::signature_does_not_match;
    }
    return error_code::access_denied;
}

s3_failure invalid_argument(std::string_view name, std::string_view value, std::string message) {
    return s3_failure(error_code::invalid_argument, std::move(message))
        .detail("ArgumentName", name)
        .detail("ArgumentValue", value);
}

}  // namespace sluice::s3
