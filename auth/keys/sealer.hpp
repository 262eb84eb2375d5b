// Seals the secrets of access keys with the key of the key file: AES-256-GCM, bound to the access
// key id, so that a sealed secret is worth nothing without the file and cannot be moved to another
// key id. Stored form: u8 version 1, 12 bytes nonce, ciphertext, 16 bytes tag. Thread rule: const
// and safe from any thread; wiped on destruction.
#pragma once

#include <string>
#include <string_view>

#include "gateway/core/aead.hpp"

namespace sluice::auth {

class sealer {
public:
    // invalid_argument unless `key` has 32 bytes.
    static result<sealer> make(std::string_view key);

    std::string seal(random_source& random, std::string_view access_key_id,
                     std::string_view secret) const;
    // corrupt: sealed by another key file, for another id, or changed.
    result<std::string> open(std::string_view access_key_id, std::string_view sealed) const;

private:
    explicit sealer(aes_256_gcm cipher) : cipher_(std::move(cipher)) {}
    aes_256_gcm cipher_;
};

}  // namespace sluice::auth
