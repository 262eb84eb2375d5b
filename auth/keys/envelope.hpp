// How an object says what opens it: the sealed form of its data key, kept in its attributes
// (store::object_attributes::encryption), which the store never looks into.
//
//   envelope  u8 version 1, u8 kind (1 the server's key, 2 a named key, 3 a customer's key),
//             u8 flags (1 the client asked for a bucket key: nothing but an answer),
//             sized key name (1, 2), sized context (2: JSON as the client gave it), sized sealed key
//   sealed    nonce[12], AES-256-GCM of the data key, tag[16], under the key that `kind` says;
//             associated data "sluice data key 1" u8 kind, sized key name, sized context
//
// A customer's key is not stored in any form: it is right if it opens the data key. The envelope is
// bound to no object, so that a copy by reference can be given another one. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "auth/keys/object_cipher.hpp"

namespace sluice::auth {

// Stored numbers: never renumber.
enum class encryption_kind : std::uint8_t { none = 0, server_key = 1, named_key = 2, customer_key = 3 };

struct envelope {
    encryption_kind kind = encryption_kind::none;
    bool bucket_key = false;
    std::string key_id;
    std::string context;
    std::string sealed_key;
};
std::string encode(envelope const&);
// `none` for no bytes. corrupt; unsupported for a later version.
result<envelope> decode_envelope(std::string_view bytes);

// Fills in sealed_key; kind, key_id and context are said before.
void seal_data_key(envelope& into, secret_key const& wrapping, secret_key const& data_key,
                   random_source& random);
// corrupt: another key, or changed.
result<secret_key> open_data_key(envelope const& from, secret_key const& wrapping);

}  // namespace sluice::auth
