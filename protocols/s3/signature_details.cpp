#include "protocols/s3/signature_details.hpp"

#include "gateway/core/ids.hpp"
#include "protocols/http/date.hpp"

namespace sluice::s3 {
namespace {

// "47 45 54 0a", as S3 shows the bytes of a text.
std::string spelled_bytes(std::string_view text) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string out;
    out.reserve(text.size() * 3);
    for (unsigned char const c : text) {
        if (!out.empty()) out += ' ';
        out += digits[c >> 4];
        out += digits[c & 15];
    }
    return out;
}

void tell_mismatch(s3_failure& shown, auth::sigv4_claim const& claim,
                   auth::http_request_view const& request, auth::sigv4_options const& options) {
    auto const canonical = auth::canonical_request(claim, request, options);
    if (canonical.has_error()) return;
    auto const text = auth::string_to_sign(claim, *canonical);
    shown.detail("AWSAccessKeyId", claim.access_key_id);
    shown.detail("StringToSign", text).detail("SignatureProvided", claim.signature);
    shown.detail("StringToSignBytes", spelled_bytes(text));
    shown.detail("CanonicalRequest", *canonical);
    shown.detail("CanonicalRequestBytes", spelled_bytes(*canonical));
}

}  // namespace

void tell_signature_details(s3_failure& shown, auth::sigv4_error why,
                            auth::http_request_view const& request, unix_millis now) {
    auth::sigv4_options const options;
    auto const claim = auth::parse_claim(request, options);
    if (claim.has_error()) return;
    switch (why) {
        case auth::sigv4_error::signature_mismatch:
            return tell_mismatch(shown, *claim, request, options);
        case auth::sigv4_error::unknown_key:
            shown.detail("AWSAccessKeyId", claim->access_key_id);
            return;
        case auth::sigv4_error::skewed:
            shown.detail("RequestTime", claim->timestamp);
            shown.detail("ServerTime", http::iso_date(now));
            shown.detail("MaxAllowedSkewMilliseconds",
                         std::to_string(options.skew_seconds * 1000));
            return;
        case auth::sigv4_error::expired: {
            auto const seconds = claim->expires_seconds;
            unix_millis const end{to_underlying(claim->signed_at) + seconds * 1000};
            shown.detail("X-Amz-Expires", std::to_string(seconds));
            shown.detail("Expires", http::iso_date(end));
            shown.detail("ServerTime", http::iso_date(now));
            return;
        }
        default: return;
    }
}

}  // namespace sluice::s3
