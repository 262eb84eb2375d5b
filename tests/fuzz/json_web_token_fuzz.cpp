// A key set, and a token's header, claims and signature, one a line: whatever they say, nothing gets
// in unsigned, under a symmetric key or past its end.
#include "auth/authn/json_web_token.hpp"
#include "gateway/core/encoding.hpp"
#include "gateway/core/ids.hpp"
#include "tests/fuzz/fuzz_input.hpp"

using namespace sluice;

namespace {

std::string part(std::string_view text) {
    auto out = base64_encode(text);
    while (out.ends_with('=')) out.pop_back();
    for (auto& c : out) c = c == '+' ? '-' : c == '/' ? '_' : c;
    return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    std::string_view lines[4];
    auto rest = fuzz::text_of(data, size);
    for (auto& line : lines) {
        line = rest.substr(0, rest.find('\n'));
        rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    }
    auto const text = part(lines[1]) + "." + part(lines[2]) + "." + std::string(lines[3]);
    auto const token = auth::json_web_token::parse(text);
    auto const keys = auth::parse_key_set(lines[0]);
    if (token.has_error() || keys.has_error()) return 0;
    fuzz::expect(!token->issuer.empty() && !token->subject.empty() && !token->audiences.empty());
    std::vector<std::string> const audiences{"sluice"};
    auth::token_expectation const wanted{"https://issuer.example/realm", audiences,
                                         unix_millis{1'700'000'000'000}};
    if (token->check(*keys, wanted).has_error()) return 0;
    fuzz::expect(auth::scheme_named(token->algorithm).has_value());
    fuzz::expect(token->algorithm != "none" && !token->algorithm.starts_with("HS"));
    fuzz::expect(token->issuer == wanted.issuer);
    fuzz::expect(to_underlying(token->expires) > to_underlying(wanted.now) - 60'000);
    return 0;
}
