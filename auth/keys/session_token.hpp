// Temporary credentials and the token that carries them: everything the server needs to know is
// sealed in the token itself, so that none is stored and any number can be out. AES-256-GCM under a
// key derived from the key file, bound to the access key id: a token cannot be read, changed, or
// used with another key id.
//
// Sealed form: base64 of nonce, ciphertext, tag; inside: u8 version 1, u64 principal, u64 asker,
// i64 issued ms, i64 expires ms, sized secret, sized session name, sized policy; version 2, when an
// identity provider's token was shown for it: sized ARN of the provider.
// Thread rule: const and safe from any thread.
#pragma once

#include <string>
#include <string_view>

#include "gateway/core/aead.hpp"
#include "gateway/core/clock.hpp"
#include "gateway/core/ids.hpp"

namespace sluice::auth {

struct temporary_credential {
    std::string access_key_id;
    std::string secret;
    principal_id who{};         // acts
    principal_id asker{};       // asked for it; `who` itself unless a role was assumed
    unix_millis issued{};
    unix_millis expires{};
    std::string session_name;   // of an assumed role; empty: none was
    std::string policy;         // of the session, narrows what `who` may; empty: none
    std::string provider;       // ARN of an identity provider; empty: none

    bool operator==(temporary_credential const&) const = default;
};

inline constexpr std::size_t longest_session_token = 8 * 1024;  // text, limits.session_token_bytes

class token_sealer {
public:
    // `key`: 32 bytes of the key file. invalid_argument otherwise.
    static result<token_sealer> make(std::string_view key);

    std::string seal(random_source& random, temporary_credential const& what) const;
    // corrupt: sealed by another key file, for another access key id, or changed.
    result<temporary_credential> open(std::string_view access_key_id, std::string_view token) const;

private:
    explicit token_sealer(aes_256_gcm cipher) : cipher_(std::move(cipher)) {}
    aes_256_gcm cipher_;
};

}  // namespace sluice::auth
