#include <algorithm>
#include <charconv>

#include "auth/authn/amz_date.hpp"
#include "auth/authn/declared_payload.hpp"
#include "auth/authn/header_lookup.hpp"
#include "auth/authn/sigv4.hpp"
#include "auth/authn/uri_encoding.hpp"

namespace sluice::auth {
namespace {

constexpr std::string_view algorithm = "AWS4-HMAC-SHA256";
constexpr std::size_t longest_access_key = 128;
constexpr std::int64_t longest_expiry_seconds = 7 * 24 * 3600;

bool is_lower_hex(std::string_view text, std::size_t digits) noexcept {
    return text.size() == digits &&
           text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

// Credential = access key / date / region / service / aws4_request; the access key may contain
// slashes.
bool take_credential(std::string_view text, sigv4_claim& into) {
    std::string_view parts[4];
    for (auto& part : parts) {
        auto slash = text.rfind('/');
        if (slash == std::string_view::npos) return false;
        part = text.substr(slash + 1);
        text = text.substr(0, slash);
    }
    if (parts[0] != "aws4_request" || text.empty() || text.size() > longest_access_key)
        return false;
    if (parts[3].size() != 8 || parts[2].size() > 64 || parts[1].size() > 32) return false;
    into.access_key_id = text;
    into.service = parts[1];
    into.region = parts[2];
    into.date = parts[3];
    return true;
}

bool take_signed_headers(std::string_view text, std::size_t most, sigv4_claim& into) {
    for (;;) {
        auto end = text.find(';');
        auto name = text.substr(0, end);
        if (name.empty() || into.signed_headers.size() == most || lower_case(name) != name)
            return false;
        if (!into.signed_headers.empty() && into.signed_headers.back() >= name)
            return false;  // sorted, once each
        into.signed_headers.emplace_back(name);
        if (end == std::string_view::npos) return true;
        text.remove_prefix(end + 1);
    }
}

sigv4_result<void> take_payload(std::string_view declared, sigv4_claim& into) {
    into.payload_hash = declared;
    if (declared == "UNSIGNED-PAYLOAD") into.payload = payload_signing::unsigned_payload;
    else if (declared == "STREAMING-AWS4-HMAC-SHA256-PAYLOAD")
        into.payload = payload_signing::signed_chunks;
    else if (declared == "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER")
        into.payload = payload_signing::signed_chunks_with_trailer;
    else if (declared == "STREAMING-UNSIGNED-PAYLOAD-TRAILER")
        into.payload = payload_signing::unsigned_chunks_with_trailer;
    else if (is_lower_hex(declared, 64)) into.payload = payload_signing::literal_hash;
    else if (declared.starts_with("STREAMING-"))
        return sigv4_refusal{sigv4_error::unsupported_algorithm};
    else return sigv4_refusal{sigv4_error::payload_hash, std::string(declared)};
    return {};
}

bool is_signed(sigv4_claim const& claim, std::string_view lower_name) {
    return std::binary_search(claim.signed_headers.begin(), claim.signed_headers.end(), lower_name);
}

sigv4_result<void> take_date_header(http_request_view const& request, sigv4_claim& into) {
    auto amz = find_header(request, "x-amz-date");
    if (amz.count > 1) return sigv4_refusal{sigv4_error::malformed, "x-amz-date"};
    auto http = find_header(request, "date");
    auto const& used = amz.count == 1 ? amz : http;
    if (used.count == 0) return sigv4_refusal{sigv4_error::no_date};
    if (used.count != 1) return sigv4_refusal{sigv4_error::malformed, "x-amz-date"};
    auto time = parse_amz_date(used.value);
    if (!time && amz.count == 0) time = parse_http_date(used.value);
    if (!time) return sigv4_refusal{sigv4_error::malformed, "x-amz-date"};
    into.signed_at = *time;
    into.timestamp = format_amz_date(*time);
    return {};
}

bool take_authorization_field(std::string_view field, std::size_t most_headers, sigv4_claim& into) {
    auto equals = field.find('=');
    if (equals == std::string_view::npos) return false;
    auto name = field.substr(0, equals), value = field.substr(equals + 1);
    if (name == "Credential") return into.access_key_id.empty() && take_credential(value, into);
    if (name == "SignedHeaders")
        return into.signed_headers.empty() && take_signed_headers(value, most_headers, into);
    if (name != "Signature" || !into.signature.empty() || !is_lower_hex(value, 64)) return false;
    into.signature = value;
    return true;
}

sigv4_result<sigv4_claim> from_header(std::string_view value, http_request_view const& request,
                                      sigv4_options const& options) {
    sigv4_refusal const malformed{sigv4_error::malformed, "authorization"};
    auto space = value.find(' ');
    auto scheme = value.substr(0, space);
    if (scheme == "AWS") return sigv4_refusal{sigv4_error::signature_version_2};
    if (scheme != algorithm)
        return scheme.starts_with("AWS4-")
                   ? sigv4_refusal{sigv4_error::unsupported_algorithm}
                   : sigv4_refusal{sigv4_error::other_scheme, std::string(value)};
    if (space == std::string_view::npos) return malformed;
    sigv4_claim claim;
    auto rest = value.substr(space + 1);
    while (!rest.empty()) {
        auto comma = rest.find(',');
        if (!take_authorization_field(trimmed(rest.substr(0, comma)), options.signed_headers,
                                      claim))
            return malformed;
        rest.remove_prefix(comma == std::string_view::npos ? rest.size() : comma + 1);
    }
    if (claim.access_key_id.empty() || claim.signed_headers.empty() || claim.signature.empty())
        return malformed;
    if (auto dated = take_date_header(request, claim); dated.has_error()) return dated.error();
    auto hash = find_header(request, "x-amz-content-sha256");
    if (hash.count == 0 && !request.body_hash.empty()) {
        hash.count = 1;
        hash.value = request.body_hash;
    }
    if (hash.count == 0) return sigv4_refusal{sigv4_error::no_payload_hash};
    if (hash.count != 1) return sigv4_refusal{sigv4_error::malformed, "x-amz-content-sha256"};
    if (auto taken = take_payload(hash.value, claim); taken.has_error()) return taken.error();
    return claim;
}

// Where it belongs: beside the signature, once.
sigv4_result<void> take_session_token(query_parameters const& parameters,
                                      http_request_view const& request, sigv4_claim& claim) {
    constexpr std::string_view header_name = "x-amz-security-token";
    sigv4_refusal const malformed{sigv4_error::malformed, std::string(header_name)};
    auto const header = find_header(request, header_name);
    auto const is_parameter = [](auto const& one) {
        return lower_case(one.first) == header_name;
    };
    auto const in_query = std::count_if(parameters.begin(), parameters.end(), is_parameter);
    if (header.count + static_cast<std::size_t>(in_query) > 1) return malformed;
    if (header.count == 1) {
        claim.session_token = header.value;
    } else if (in_query == 1) {
        if (!claim.presigned) return malformed;
        claim.session_token =
            std::find_if(parameters.begin(), parameters.end(), is_parameter)->second;
    } else {
        return {};
    }
    if (claim.session_token.empty()) return malformed;
    return {};
}

// The value of a parameter that must be there exactly once.
std::optional<std::string_view> only(query_parameters const& parameters, std::string_view name) {
    std::optional<std::string_view> found;
    for (auto const& [key, value] : parameters) {
        if (key != name) continue;
        if (found) return std::nullopt;
        found = value;
    }
    return found;
}

bool has(query_parameters const& parameters, std::string_view name) {
    return std::any_of(parameters.begin(), parameters.end(),
                       [&](auto const& one) { return one.first == name; });
}

// UNSIGNED-PAYLOAD unless the URL or a signed header says otherwise; an unsigned header may only
// repeat that.
sigv4_result<void> take_presigned_payload(query_parameters const& parameters,
                                          http_request_view const& request, sigv4_claim& claim) {
    auto header = find_header(request, "x-amz-content-sha256");
    std::string_view declared = "UNSIGNED-PAYLOAD";
    if (has(parameters, "X-Amz-Content-Sha256")) {
        auto named = only(parameters, "X-Amz-Content-Sha256");
        if (!named) return sigv4_refusal{sigv4_error::malformed, "X-Amz-Content-Sha256"};
        declared = *named;
    } else if (header.count == 1 && is_signed(claim, "x-amz-content-sha256")) {
        declared = header.value;
    }
    if (header.count > 1 || (header.count == 1 && header.value != declared))
        return sigv4_refusal{sigv4_error::header_not_signed, "x-amz-content-sha256"};
    return take_payload(declared, claim);
}

sigv4_result<sigv4_claim> from_query(query_parameters const& parameters,
                                     http_request_view const& request,
                                     sigv4_options const& options) {
    auto malformed = [](char const* name) { return sigv4_refusal{sigv4_error::malformed, name}; };
    auto given_algorithm = only(parameters, "X-Amz-Algorithm");
    if (!given_algorithm) return malformed("X-Amz-Algorithm");
    if (*given_algorithm != algorithm) return sigv4_refusal{sigv4_error::unsupported_algorithm};
    sigv4_claim claim;
    claim.presigned = true;
    auto credential = only(parameters, "X-Amz-Credential");
    if (!credential || !take_credential(*credential, claim)) return malformed("X-Amz-Credential");
    auto date = only(parameters, "X-Amz-Date");
    auto time = date ? parse_amz_date(*date) : std::nullopt;
    if (!time) return malformed("X-Amz-Date");
    claim.signed_at = *time;
    claim.timestamp = *date;
    auto expires = only(parameters, "X-Amz-Expires");
    if (!expires) return malformed("X-Amz-Expires");
    auto [end, problem] =
        std::from_chars(expires->data(), expires->data() + expires->size(), claim.expires_seconds);
    if (problem != std::errc{} || end != expires->data() + expires->size() ||
        claim.expires_seconds < 1 || claim.expires_seconds > longest_expiry_seconds)
        return sigv4_refusal{sigv4_error::invalid_expiry};
    auto headers = only(parameters, "X-Amz-SignedHeaders");
    if (!headers || !take_signed_headers(*headers, options.signed_headers, claim))
        return malformed("X-Amz-SignedHeaders");
    auto signature = only(parameters, "X-Amz-Signature");
    if (!signature || !is_lower_hex(*signature, 64)) return malformed("X-Amz-Signature");
    claim.signature = *signature;
    if (auto taken = take_presigned_payload(parameters, request, claim); taken.has_error())
        return taken.error();
    return claim;
}

sigv4_result<void> check_scope(sigv4_claim const& claim, sigv4_options const& options) {
    if (claim.service != options.service)
        return sigv4_refusal{sigv4_error::wrong_scope, options.service};
    if (!options.region.empty() && claim.region != options.region)
        return sigv4_refusal{sigv4_error::wrong_scope, options.region};
    if (claim.date != claim.timestamp.substr(0, 8))
        return sigv4_refusal{sigv4_error::wrong_scope, claim.timestamp.substr(0, 8)};
    return {};
}

sigv4_result<void> check_time(sigv4_claim const& claim, sigv4_options const& options,
                              unix_millis now) {
    auto off = to_underlying(now) - to_underlying(claim.signed_at);
    auto skew = options.skew_seconds * 1000;
    if (!claim.presigned) {
        if (off > skew || off < -skew) return sigv4_refusal{sigv4_error::skewed};
        return {};
    }
    if (off < -skew) return sigv4_refusal{sigv4_error::not_yet_valid};
    if (off > claim.expires_seconds * 1000) return sigv4_refusal{sigv4_error::expired};
    return {};
}

}  // namespace

std::string sigv4_claim::scope() const {
    return date + "/" + region + "/" + service + "/aws4_request";
}

std::string_view name_of(sigv4_error code) noexcept {
    switch (code) {
        case sigv4_error::missing: return "missing";
        case sigv4_error::malformed: return "malformed";
        case sigv4_error::signature_version_2: return "signature_version_2";
        case sigv4_error::unsupported_algorithm: return "unsupported_algorithm";
        case sigv4_error::session_token: return "session_token";
        case sigv4_error::session_expired: return "session_expired";
        case sigv4_error::wrong_scope: return "wrong_scope";
        case sigv4_error::invalid_expiry: return "invalid_expiry";
        case sigv4_error::expired: return "expired";
        case sigv4_error::not_yet_valid: return "not_yet_valid";
        case sigv4_error::skewed: return "skewed";
        case sigv4_error::header_not_signed: return "header_not_signed";
        case sigv4_error::unknown_key: return "unknown_key";
        case sigv4_error::signature_mismatch: return "signature_mismatch";
        case sigv4_error::two_signatures: return "two_signatures";
        case sigv4_error::other_scheme: return "other_scheme";
        case sigv4_error::no_date: return "no_date";
        case sigv4_error::no_payload_hash: return "no_payload_hash";
        case sigv4_error::payload_hash: return "payload_hash";
        case sigv4_error::bad_uri: return "bad_uri";
    }
    return "unknown";
}

void throw_exception_from_error(sigv4_refusal const& what, boost::source_location const&) {
    throw failure_exception(
        failure{error::unauthenticated, std::string(name_of(what.code)) + " " + what.expected});
}

sigv4_result<sigv4_claim> parse_claim(http_request_view const& request,
                                      sigv4_options const& options) {
    auto authorization = find_header(request, "authorization");
    auto parameters = parse_query(request.raw_query, options.query_parameters);
    if (!parameters) return sigv4_refusal{sigv4_error::bad_uri};
    bool in_query = has(*parameters, "X-Amz-Algorithm") || has(*parameters, "X-Amz-Signature") ||
                    has(*parameters, "X-Amz-Credential");
    if (authorization.count > 1) return sigv4_refusal{sigv4_error::malformed, "authorization"};
    if (authorization.count == 1 && in_query) return sigv4_refusal{sigv4_error::two_signatures};
    if (authorization.count == 1 || in_query) {
        auto claim = in_query ? from_query(*parameters, request, options)
                              : from_header(authorization.value, request, options);
        if (claim.has_error()) return claim;
        if (auto taken = take_session_token(*parameters, request, *claim); taken.has_error())
            return taken.error();
        return claim;
    }
    if (has(*parameters, "AWSAccessKeyId") && has(*parameters, "Signature"))
        return sigv4_refusal{sigv4_error::signature_version_2};
    if (find_header(request, "x-amz-security-token").count > 0)
        return sigv4_refusal{sigv4_error::session_token};
    return sigv4_refusal{sigv4_error::missing};
}

sigv4_result<void> check_claim(sigv4_claim const& claim, http_request_view const& request,
                               sigv4_options const& options, unix_millis now) {
    if (auto fits = check_scope(claim, options); fits.has_error()) return fits.error();
    if (auto timely = check_time(claim, options, now); timely.has_error()) return timely.error();
    if (!is_signed(claim, "host")) return sigv4_refusal{sigv4_error::header_not_signed, "host"};
    for (auto const& header : request.headers) {
        auto name = lower_case(header.name);
        // The payload hash is a line of the canonical request itself, whether its header is signed
        // or not.
        if (!name.starts_with("x-amz-") || name == "x-amz-content-sha256") continue;
        if (!is_signed(claim, name)) return sigv4_refusal{sigv4_error::header_not_signed, name};
    }
    return {};
}

sigv4_result<sigv4_claim> parse_form_claim(sigv4_form const& form) {
    auto malformed = [](char const* name) { return sigv4_refusal{sigv4_error::malformed, name}; };
    if (form.algorithm != algorithm) return sigv4_refusal{sigv4_error::unsupported_algorithm};
    sigv4_claim claim;
    if (!take_credential(form.credential, claim)) return malformed("X-Amz-Credential");
    auto time = parse_amz_date(form.date);
    if (!time) return malformed("X-Amz-Date");
    if (!is_lower_hex(form.signature, 64)) return malformed("X-Amz-Signature");
    claim.signed_at = *time;
    claim.timestamp = form.date;
    claim.signature = form.signature;
    claim.session_token = form.session_token;
    claim.presigned = true;
    claim.expires_seconds = longest_expiry_seconds;
    return claim;
}

sigv4_result<void> check_form_claim(sigv4_claim const& claim, sigv4_options const& options,
                                    unix_millis now) {
    if (auto fits = check_scope(claim, options); fits.has_error()) return fits.error();
    return check_time(claim, options, now);
}

sigv4_result<declared_payload> payload_of_stranger(http_request_view const& request) {
    auto const hash = find_header(request, "x-amz-content-sha256");
    // Clients that sign nothing may leave the header out where their chunks end with a trailer.
    bool const has_trailer = find_header(request, "x-amz-trailer").count != 0;
    if (hash.count == 0 && has_trailer)
        return declared_payload{payload_signing::unsigned_chunks_with_trailer, {}};
    if (hash.count == 0) return declared_payload{};
    sigv4_claim claim;
    sigv4_refusal const malformed{sigv4_error::malformed, "x-amz-content-sha256"};
    if (hash.count != 1) return malformed;
    if (auto taken = take_payload(hash.value, claim); taken.has_error()) return taken.error();
    if (claim.payload == payload_signing::signed_chunks ||
        claim.payload == payload_signing::signed_chunks_with_trailer)
        return malformed;
    return declared_payload{claim.payload, std::move(claim.payload_hash)};
}

}  // namespace sluice::auth
