#include "auth/keys/envelope.hpp"

#include "gateway/core/assert.hpp"
#include "gateway/core/crypto.hpp"
#include "gateway/core/cursor.hpp"

namespace sluice::auth {
namespace {

constexpr std::uint8_t envelope_version = 1;
constexpr std::uint8_t bucket_key_flag = 1;
constexpr std::string_view data_key_label = "sluice data key 1";

std::string associated_with(envelope const& about) {
    std::string out(data_key_label);
    byte_writer(out)
        .little(static_cast<std::uint8_t>(about.kind))
        .sized(about.key_id)
        .sized(about.context);
    return out;
}

aes_256_gcm cipher_of(secret_key const& key) { return aes_256_gcm::make(key.bytes()).value(); }

}  // namespace

std::string encode(envelope const& value) {
    std::string out;
    if (value.kind == encryption_kind::none) return out;
    byte_writer(out)
        .little(envelope_version)
        .little(static_cast<std::uint8_t>(value.kind))
        .little(value.bucket_key ? bucket_key_flag : std::uint8_t{0})
        .sized(value.key_id)
        .sized(value.context)
        .sized(value.sealed_key);
    return out;
}

result<envelope> decode_envelope(std::string_view bytes) {
    envelope out;
    if (bytes.empty()) return out;
    byte_reader in(bytes);
    auto const version = in.little<std::uint8_t>();
    if (version > envelope_version)
        return failure{error::unsupported, "an object was encrypted by a later version"};
    auto const kind = in.little<std::uint8_t>();
    auto const flags = in.little<std::uint8_t>();
    out.key_id = in.sized();
    out.context = in.sized();
    out.sealed_key = in.sized();
    if (version != envelope_version || kind < 1 || kind > 3 || flags > bucket_key_flag || !in.ok() ||
        !in.at_end())
        return failure{error::corrupt, "an object's encryption does not parse"};
    out.kind = static_cast<encryption_kind>(kind);
    out.bucket_key = flags != 0;
    return out;
}

void seal_data_key(envelope& into, secret_key const& wrapping, secret_key const& data_key,
                   random_source& random) {
    into.sealed_key = cipher_of(wrapping).seal_with_nonce(random, associated_with(into),
                                                          as_chars(data_key.bytes()));
}

result<secret_key> open_data_key(envelope const& from, secret_key const& wrapping) {
    SLUICE_TRY(auto opened,
               cipher_of(wrapping).open_with_nonce(associated_with(from), from.sealed_key));
    if (opened.size() != aes_256_gcm::key_bytes) {
        wipe(opened);
        return failure{error::corrupt, "a data key has 32 bytes"};
    }
    secret_key out(as_bytes(opened));
    wipe(opened);
    return out;
}

}  // namespace sluice::auth
