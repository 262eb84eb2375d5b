#include "auth/authn/json_web_token.hpp"

#include <algorithm>
#include <stdexcept>

#include "auth/policy/condition.hpp"
#include "auth/policy/json_tree.hpp"
#include "gateway/core/encoding.hpp"

namespace sluice::auth {
namespace {

constexpr std::size_t most_texts = 64;  // audiences, methods
constexpr double latest_second = 253'402'300'799.0;  // the end of year 9999

json_tree const* find(json_tree const& in, std::string_view name) {
    for (std::size_t i = 0; i < in.names.size(); ++i)
        if (in.names[i] == name) return &in.items[i];
    return nullptr;
}

token_result<json_tree> object_of(std::string_view part) {
    auto const text = base64url_decode(part);
    if (text.has_error()) return token_error::malformed;
    auto tree = parse_json(*text, {.bytes = longest_token});
    if (tree.has_error() || tree->what != json_tree::kind::object) return token_error::malformed;
    return *std::move(tree);
}

// Empty: it is not there.
token_result<std::string> text_of(json_tree const& in, std::string_view name) {
    auto const* found = find(in, name);
    if (found == nullptr) return std::string();
    if (found->what != json_tree::kind::text) return token_error::malformed;
    return found->text;
}

// One text or a list of them.
token_result<std::vector<std::string>> texts_of(json_tree const& in, std::string_view name) {
    std::vector<std::string> out;
    auto const* found = find(in, name);
    if (found == nullptr) return out;
    bool const one = found->what == json_tree::kind::text;
    if (!one && found->what != json_tree::kind::list) return token_error::malformed;
    if (one) out.push_back(found->text);
    for (auto const& item : found->items) {
        if (item.what != json_tree::kind::text || out.size() == most_texts)
            return token_error::malformed;
        out.push_back(item.text);
    }
    return out;
}

// NumericDate: seconds since 1970, with a fraction or without.
token_result<std::optional<unix_millis>> time_of(json_tree const& in, std::string_view name) {
    auto const* found = find(in, name);
    if (found == nullptr) return std::optional<unix_millis>();
    if (found->what != json_tree::kind::number) return token_error::malformed;
    auto const seconds = parse_decimal(found->text);
    if (!seconds || *seconds < 0 || *seconds > latest_second) return token_error::malformed;
    return std::optional(unix_millis{static_cast<std::int64_t>(*seconds * 1000)});
}

unix_millis later(unix_millis at, std::chrono::milliseconds by) {
    return unix_millis{to_underlying(at) + by.count()};
}

}  // namespace

std::string_view name_of(token_error code) noexcept {
    switch (code) {
        case token_error::malformed: return "token_malformed";
        case token_error::algorithm: return "token_algorithm";
        case token_error::no_key: return "token_key";
        case token_error::wrong_signature: return "token_signature";
        case token_error::wrong_issuer: return "token_issuer";
        case token_error::wrong_audience: return "token_audience";
        case token_error::expired: return "token_expired";
        case token_error::not_yet_valid: return "token_not_yet_valid";
        case token_error::unreachable: return "token_provider_unreachable";
        case token_error::overloaded: return "token_too_many_checks";
    }
    return "token";
}

void throw_exception_from_error(token_error code, boost::source_location const&) {
    throw std::runtime_error("token error: " + std::string(name_of(code)));
}

#define TOKEN_TRY(variable, expression)                                  \
    auto variable##_read = expression;                                   \
    if (variable##_read.has_error()) return variable##_read.error();     \
    out.variable = *std::move(variable##_read)

token_result<json_web_token> json_web_token::parse(std::string_view text) {
    if (text.size() > longest_token) return token_error::malformed;
    auto const first = text.find('.');
    if (first == text.npos) return token_error::malformed;
    auto const second = text.find('.', first + 1);
    if (second == text.npos || text.find('.', second + 1) != text.npos)
        return token_error::malformed;
    auto const head = object_of(text.substr(0, first));
    if (head.has_error()) return head.error();
    auto const claims = object_of(text.substr(first + 1, second - first - 1));
    if (claims.has_error()) return claims.error();
    auto signature = base64url_decode(text.substr(second + 1));
    if (signature.has_error()) return token_error::malformed;
    // What must be understood is not (RFC 7515, 4.1.11).
    if (find(*head, "crit") != nullptr) return token_error::malformed;

    json_web_token out;
    out.signed_part_ = text.substr(0, second);
    out.signature_ = *std::move(signature);
    auto algorithm = text_of(*head, "alg");
    auto key_id = text_of(*head, "kid");
    if (algorithm.has_error() || key_id.has_error()) return token_error::malformed;
    out.algorithm = *std::move(algorithm);
    out.key_id = *std::move(key_id);
    TOKEN_TRY(issuer, text_of(*claims, "iss"));
    TOKEN_TRY(subject, text_of(*claims, "sub"));
    TOKEN_TRY(authorized_party, text_of(*claims, "azp"));
    TOKEN_TRY(audiences, texts_of(*claims, "aud"));
    TOKEN_TRY(methods, texts_of(*claims, "amr"));
    TOKEN_TRY(not_before, time_of(*claims, "nbf"));
    TOKEN_TRY(issued, time_of(*claims, "iat"));
    auto const expires = time_of(*claims, "exp");
    if (expires.has_error() || !*expires) return token_error::malformed;
    out.expires = **expires;
    if (out.issuer.empty() || out.subject.empty() || out.audiences.empty())
        return token_error::malformed;
    return out;
}

#undef TOKEN_TRY

token_result<> json_web_token::check(std::vector<json_web_key> const& keys,
                                     token_expectation const& wanted) const {
    auto const proven = check_signature(keys);
    if (proven.has_error()) return proven;
    return check_claims(wanted);
}

token_result<> json_web_token::check_signature(std::vector<json_web_key> const& keys) const {
    auto const scheme = scheme_named(algorithm);
    if (!scheme) return token_error::algorithm;
    auto const candidates = keys_for(keys, key_id, algorithm, *scheme);
    if (candidates.empty()) return token_error::no_key;
    for (auto const* one : candidates)
        if (one->key.verify(*scheme, signed_part_, signature_)) return {};
    return token_error::wrong_signature;
}

token_result<> json_web_token::check_claims(token_expectation const& wanted) const {
    if (issuer != wanted.issuer) return token_error::wrong_issuer;
    auto const is_meant = [&](std::string const& one) {
        return std::find(wanted.audiences.begin(), wanted.audiences.end(), one) !=
               wanted.audiences.end();
    };
    // Given to a party: to one of ours (OpenID Connect Core, 3.1.3.7).
    bool const meant = authorized_party.empty()
                           ? std::any_of(audiences.begin(), audiences.end(), is_meant)
                           : is_meant(authorized_party);
    if (!meant) return token_error::wrong_audience;
    if (later(expires, token_clock_leeway) <= wanted.now) return token_error::expired;
    auto const early = [&](std::optional<unix_millis> at) {
        return at && *at > later(wanted.now, token_clock_leeway);
    };
    if (early(not_before) || early(issued)) return token_error::not_yet_valid;
    return {};
}

}  // namespace sluice::auth
