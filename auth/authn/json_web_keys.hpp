// The public keys of somebody who signs tokens: a JSON Web Key Set (RFC 7517, 7518, 8037). Keys that
// cannot be used here (other kinds, too short, broken, for encryption) are left out, as RFC 7517,
// section 5, says; symmetric ones always are, so that no public text can become a secret. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/core/public_key.hpp"
#include "gateway/core/result.hpp"

namespace sluice::auth {

inline constexpr std::size_t longest_key_set = 256 * 1024;  // bytes, limits.key_set_bytes
inline constexpr std::size_t most_keys_of_set = 64;         // limits.key_set_keys

struct json_web_key {
    std::string id;         // "kid"; empty: none
    std::string algorithm;  // "alg"; empty: whatever fits the key
    public_key key;
};

// "RS256" and so on; nothing for "none", for HMACs and for anything else.
std::optional<signature_scheme> scheme_named(std::string_view algorithm) noexcept;

// malformed: no key set; too_large; not_found: none of its keys can be used.
result<std::vector<json_web_key>> parse_key_set(std::string_view text);

// Those that may have signed with `algorithm`: of that id, or, for a token without one, the only one
// there is.
std::vector<json_web_key const*> keys_for(std::vector<json_web_key> const& all, std::string_view id,
                                          std::string_view algorithm, signature_scheme scheme);

}  // namespace sluice::auth
