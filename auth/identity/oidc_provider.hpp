// Somebody else who says who people are: an OpenID Connect provider whose signed tokens are believed
// for roles whose trust policy names it. Plain value, stored as the versioned record below; what it
// signs with is read by auth/guard/provider_keys.hpp.
//
//   record  u8 version 2, i64 created ms, text issuer, text label, text keys, varint n, text[n] clients, u8 logins
//           (version 1: without logins)
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "gateway/core/clock.hpp"
#include "gateway/core/result.hpp"

namespace sluice::auth {

inline constexpr std::size_t most_oidc_providers = 100;   // limits.oidc_providers
inline constexpr std::size_t most_clients_of_one = 100;   // limits.oidc_clients
inline constexpr std::size_t longest_issuer = 255;
inline constexpr std::size_t longest_client = 255;
inline constexpr std::size_t longest_keys_place = 1024;

struct oidc_provider {
    std::string name;    // the issuer without its scheme; names the record and the ARN
    std::string issuer;  // "https://accounts.example.org", as `iss` has it
    std::string label;   // what `sluice oidc` calls it
    // Where its keys are: a URL, an absolute path, or empty for the issuer's own discovery document.
    std::string keys;
    std::vector<std::string> clients;  // audiences that are believed
    // The subject of a token may log in as the principal of that name (SASL OAUTHBEARER).
    bool logins = false;
    unix_millis created{};

    bool operator==(oidc_provider const&) const = default;
};

// Nothing: no URL of an issuer. Without the scheme, and without a slash at the end.
std::string provider_name_of(std::string_view issuer);
// "https://", or "http://" to this machine itself: what may be fetched.
bool is_fetchable(std::string_view url) noexcept;

// invalid_argument: what it may not be.
result<void> check_oidc_provider(oidc_provider const& value);

std::string encode(oidc_provider const&);
// malformed for bytes that are not such a record, unsupported for a later version.
result<oidc_provider> decode_oidc_provider(std::string_view bytes);

}  // namespace sluice::auth
