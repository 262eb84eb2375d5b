// AWS Signature Version 4 for S3, server side: what a request claims, whether the claim may be
// heard at all, and whether the signature is right. Sans-io and pure; time, region and keys come in
// as arguments. Rules: "Signature Version 4 signing process" and "Authenticating Requests: Using
// Query Parameters" of the S3 API reference; S3 encodes the path once (no second encoding, no path
// normalization). Beyond them, every x-amz-* header that is present must be signed, else anyone on
// the way could add one that acts.
//
//     parse_claim -> check_claim (time, scope, signed headers) -> signature_of, compared in
//     constant time
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <boost/system/result.hpp>

#include "auth/authn/http_request_view.hpp"
#include "gateway/core/clock.hpp"
#include "gateway/core/result.hpp"

namespace sluice::auth {

// Closed: a front maps each to its own code.
enum class sigv4_error : std::uint8_t {
    missing,    // no signature at all: the anonymous principal
    malformed,  // the header or the query parameters do not parse
    signature_version_2,    // the old scheme, not served
    unsupported_algorithm,  // AWS4-ECDSA-P256-SHA256 and the like
    session_token,          // X-Amz-Security-Token is none, or not that of the access key
    session_expired,        // temporary credentials after their end
    wrong_scope,  // date, region or service of the credential scope; `expected` says the right one
    invalid_expiry,     // X-Amz-Expires not in 1 .. 604800
    expired,            // presigned URL after its end
    not_yet_valid,      // presigned URL from the future
    skewed,             // the request's date is more than the allowed skew off
    header_not_signed,  // host or an x-amz-* header outside SignedHeaders; `expected` names it
    unknown_key,        // no such access key, or it is disabled or expired
    signature_mismatch,
    two_signatures,        // in the header and in the query
    other_scheme,          // the header is of another scheme; `expected` is its value
    no_date,               // neither x-amz-date nor date
    no_payload_hash,       // x-amz-content-sha256 is not there
    payload_hash,          // x-amz-content-sha256 is none; `expected` is its value
    bad_uri,               // path or query do not decode
};
std::string_view name_of(sigv4_error) noexcept;

struct sigv4_refusal {
    sigv4_error code;
    std::string expected;  // see above; empty otherwise

    sigv4_refusal() noexcept : code(sigv4_error::missing) {}
    sigv4_refusal(sigv4_error code, std::string expected = {})
        : code(code),
          expected(std::move(expected)) {}  // NOLINT
};
[[noreturn]] void throw_exception_from_error(sigv4_refusal const& what,
                                             boost::source_location const&);

template <class T>
using sigv4_result = boost::system::result<T, sigv4_refusal>;

// How the body is covered by the signature (x-amz-content-sha256).
enum class payload_signing : std::uint8_t {
    literal_hash,  // `payload_hash` is the hex SHA-256 of the body, to be compared by who reads it
    unsigned_payload,              // UNSIGNED-PAYLOAD
    signed_chunks,                 // STREAMING-AWS4-HMAC-SHA256-PAYLOAD
    signed_chunks_with_trailer,    // STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER
    unsigned_chunks_with_trailer,  // STREAMING-UNSIGNED-PAYLOAD-TRAILER
};

struct sigv4_claim {
    std::string access_key_id;
    std::string date;  // YYYYMMDD of the scope
    std::string region;
    std::string service;
    std::string timestamp;  // YYYYMMDDTHHMMSSZ
    unix_millis signed_at{};
    bool presigned = false;
    std::int64_t expires_seconds = 0;         // presigned only
    std::vector<std::string> signed_headers;  // lower case, sorted
    std::string signature;                    // 64 lower-case hex digits
    std::string payload_hash;                 // as it stands in the canonical request
    payload_signing payload = payload_signing::unsigned_payload;
    std::string session_token;  // of temporary credentials; empty: none came along

    std::string scope() const;  // "20130524/us-east-1/s3/aws4_request"
};

struct sigv4_options {
    std::string region = "us-east-1";  // empty: any
    std::string service = "s3";
    std::int64_t skew_seconds = 15 * 60;
    std::size_t signed_headers = 128;          // limits.sigv4_signed_headers
    std::size_t query_parameters = 256;        // limits.sigv4_query_parameters
    std::size_t canonical_bytes = 128 * 1024;  // limits.sigv4_canonical_bytes
};

sigv4_result<sigv4_claim> parse_claim(http_request_view const& request,
                                      sigv4_options const& options);
sigv4_result<void> check_claim(sigv4_claim const& claim, http_request_view const& request,
                               sigv4_options const& options, unix_millis now);

// The signature of a browser's form upload ("Authenticating Requests in Browser-Based Uploads Using
// POST"): its fields as sent. What is signed is the text of the policy. Such a signature holds for
// seven days; the policy's own expiration is for whoever reads the policy.
struct sigv4_form {
    std::string_view algorithm;
    std::string_view credential;
    std::string_view date;
    std::string_view signature;
    std::string_view policy;
    std::string_view session_token;  // empty: no x-amz-security-token came along
};
// malformed: `expected` names the field.
sigv4_result<sigv4_claim> parse_form_claim(sigv4_form const& form);
sigv4_result<void> check_form_claim(sigv4_claim const& claim, sigv4_options const& options,
                                    unix_millis now);

// bad_uri: percent-encoding that is none; malformed: over the limits.
sigv4_result<std::string> canonical_request(sigv4_claim const& claim,
                                            http_request_view const& request,
                                            sigv4_options const& options);
std::string string_to_sign(sigv4_claim const& claim, std::string_view canonical_request);
// 32 raw bytes.
std::string signing_key(std::string_view secret, sigv4_claim const& claim);
// Hex. Compare with constant_time_equal only.
std::string signature_of(std::string_view signing_key, std::string_view string_to_sign);

}  // namespace sluice::auth
