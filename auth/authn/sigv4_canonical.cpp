#include <algorithm>

#include "auth/authn/header_lookup.hpp"
#include "auth/authn/sigv4.hpp"
#include "auth/authn/uri_encoding.hpp"
#include "gateway/core/crypto.hpp"

namespace sluice::auth {
namespace {

// Trimmed, and every run of white space inside is one space.
void append_collapsed(std::string& out, std::string_view value) {
    bool space = false, started = false;
    for (char c : value) {
        if (c == ' ' || c == '\t') {
            space = started;
            continue;
        }
        if (space) out += ' ';
        space = false;
        started = true;
        out += c;
    }
}

std::string canonical_query(query_parameters parameters, bool presigned) {
    if (presigned)
        std::erase_if(parameters, [](auto const& one) { return one.first == "X-Amz-Signature"; });
    for (auto& [name, value] : parameters) {
        name = uri_encode(name, false);
        value = uri_encode(value, false);
    }
    std::sort(parameters.begin(), parameters.end());
    std::string out;
    for (auto const& [name, value] : parameters) {
        if (!out.empty()) out += '&';
        out += name + "=" + value;
    }
    return out;
}

void append_headers(std::string& out, sigv4_claim const& claim, http_request_view const& request) {
    for (auto const& name : claim.signed_headers) {
        out += name + ":";
        bool first = true;
        for (auto const& header : request.headers) {
            if (!same_header_name(header.name, name)) continue;
            if (!first) out += ',';
            first = false;
            append_collapsed(out, header.value);
        }
        out += '\n';
    }
    out += '\n';
    for (std::size_t i = 0; i < claim.signed_headers.size(); ++i) {
        if (i > 0) out += ';';
        out += claim.signed_headers[i];
    }
}

}  // namespace

sigv4_result<std::string> canonical_request(sigv4_claim const& claim,
                                            http_request_view const& request,
                                            sigv4_options const& options) {
    auto path = decode_path(request.raw_path);
    if (!path) return sigv4_refusal{sigv4_error::bad_uri};
    auto parameters = parse_query(request.raw_query, options.query_parameters);
    if (!parameters) return sigv4_refusal{sigv4_error::bad_uri};
    std::string out(request.method);
    out += '\n';
    out += path->empty() ? "/" : uri_encode(*path, true);
    out += '\n';
    out += canonical_query(std::move(*parameters), claim.presigned);
    out += '\n';
    append_headers(out, claim, request);
    out += '\n';
    out += claim.payload_hash;
    if (out.size() > options.canonical_bytes)
        return sigv4_refusal{sigv4_error::malformed, "too long"};
    return out;
}

std::string string_to_sign(sigv4_claim const& claim, std::string_view canonical_request) {
    return "AWS4-HMAC-SHA256\n" + claim.timestamp + "\n" + claim.scope() + "\n" +
           hash(digest_kind::sha256, canonical_request).hex();
}

std::string signing_key(std::string_view secret, sigv4_claim const& claim) {
    auto step = [](std::string_view key, std::string_view message) {
        return std::string(hmac_of(digest_kind::sha256, key, message).chars());
    };
    auto start = "AWS4" + std::string(secret);
    auto key = step(start, claim.date);
    wipe(start);
    for (std::string_view part : {std::string_view(claim.region), std::string_view(claim.service),
                                  std::string_view("aws4_request")})
        key = step(key, part);
    return key;
}

std::string signature_of(std::string_view signing_key, std::string_view string_to_sign) {
    return hmac_of(digest_kind::sha256, signing_key, string_to_sign).hex();
}

}  // namespace sluice::auth
