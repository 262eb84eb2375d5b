// A request before anybody is known: the first line is "METHOD path?query", the others are headers.
// What is claimed is well-formed and within the limits, a canonical request is its own, and no
// claim is right without the key.
#include <algorithm>
#include <vector>

#include "auth/authn/sigv4.hpp"
#include "tests/fuzz/fuzz_input.hpp"

using namespace sluice;

namespace {

struct parsed_request {
    std::string_view method, path, query;
    std::vector<auth::http_header_view> headers;

    auth::http_request_view view() const { return {method, path, query, headers}; }
};

std::string_view take_line(std::string_view& rest) {
    auto const line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    return line;
}

parsed_request request_of(std::string_view text) {
    parsed_request request;
    auto const first = take_line(text);
    auto const space = first.find(' ');
    request.method = first.substr(0, space);
    auto const target = space == first.npos ? std::string_view() : first.substr(space + 1);
    auto const mark = target.find('?');
    request.path = target.substr(0, mark);
    if (mark != target.npos) request.query = target.substr(mark + 1);
    while (!text.empty()) {
        auto const line = take_line(text);
        auto const colon = line.find(':');
        if (colon == line.npos) continue;
        auto value = line.substr(colon + 1);
        while (value.starts_with(' ')) value.remove_prefix(1);
        request.headers.push_back({line.substr(0, colon), value});
    }
    return request;
}

auth::sigv4_options options() {
    auth::sigv4_options small;
    small.signed_headers = 12;
    small.query_parameters = 12;
    small.canonical_bytes = 2048;
    return small;
}

bool is_lower_hex(std::string_view text) {
    return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == text.npos;
}

void expect_well_formed(auth::sigv4_claim const& claim) {
    auto const& names = claim.signed_headers;
    fuzz::expect(!names.empty() && names.size() <= options().signed_headers);
    fuzz::expect(std::adjacent_find(names.begin(), names.end(), std::greater_equal<>()) ==
                 names.end());
    fuzz::expect(is_lower_hex(claim.signature) && claim.date.size() == 8);
    fuzz::expect(!claim.access_key_id.empty() && claim.access_key_id.size() <= 128);
    fuzz::expect(claim.timestamp.size() == 16);
    if (claim.presigned)
        fuzz::expect(claim.expires_seconds >= 1 && claim.expires_seconds <= 7 * 24 * 3600);
    if (claim.payload == auth::payload_signing::literal_hash)
        fuzz::expect(is_lower_hex(claim.payload_hash));
}

// The request as its canonical form spells it.
void expect_itself(auth::sigv4_claim const& claim, parsed_request request,
                   std::string const& canonical) {
    auto rest = std::string_view(canonical);
    fuzz::expect(take_line(rest) == request.method);
    request.path = take_line(rest);
    std::string query(take_line(rest));
    if (claim.presigned) query += "&X-Amz-Signature=" + claim.signature;
    request.query = query;
    auto wider = options();
    wider.query_parameters += 1;
    auto const again = auth::canonical_request(claim, request.view(), wider);
    fuzz::expect(again.has_value() && *again == canonical);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    auto const request = request_of(fuzz::text_of(data, size));
    if (request.method.find('\n') != request.method.npos) return 0;
    auto const claim = auth::parse_claim(request.view(), options());
    if (!claim) {
        fuzz::expect(!auth::name_of(claim.error().code).empty());
        return 0;
    }
    expect_well_formed(*claim);
    // Seconds after the seeds were signed.
    unix_millis const now{1'369'353'610'000};
    auto const checked = auth::check_claim(*claim, request.view(), options(), now);
    if (checked) fuzz::expect(claim->service == "s3" && claim->region == "us-east-1");
    auto const canonical = auth::canonical_request(*claim, request.view(), options());
    if (!canonical) {
        fuzz::expect(canonical.error().code == auth::sigv4_error::malformed ||
                     canonical.error().code == auth::sigv4_error::bad_uri);
        return 0;
    }
    fuzz::expect(canonical->size() <= options().canonical_bytes);
    expect_itself(*claim, request, *canonical);
    auto const key = auth::signing_key("a secret that nobody signs with", *claim);
    auto const right = auth::signature_of(key, auth::string_to_sign(*claim, *canonical));
    fuzz::expect(right != claim->signature);
    return 0;
}
