#include "auth/keys/session_token.hpp"

#include "gateway/core/crypto.hpp"
#include "gateway/core/cursor.hpp"
#include "gateway/core/encoding.hpp"

namespace sluice::auth {
namespace {

constexpr std::uint8_t version = 1;
constexpr std::uint8_t version_with_provider = 2;
constexpr std::string_view key_label = "sluice session tokens 1";

std::string bound_to(std::string_view access_key_id) {
    return "sluice session of " + std::string(access_key_id);
}

result<temporary_credential> decode(std::string_view access_key_id, std::string_view bytes) {
    byte_reader in(bytes);
    auto const written = in.little<std::uint8_t>();
    if (written != version && written != version_with_provider)
        return failure{error::corrupt, "the session token has an unknown version"};
    temporary_credential out;
    out.access_key_id = access_key_id;
    out.who = principal_id{in.little<std::uint64_t>()};
    out.asker = principal_id{in.little<std::uint64_t>()};
    out.issued = unix_millis{in.little<std::int64_t>()};
    out.expires = unix_millis{in.little<std::int64_t>()};
    out.secret = in.sized();
    out.session_name = in.sized();
    out.policy = in.sized();
    if (written == version_with_provider) out.provider = in.sized();
    if (!in.ok() || !in.at_end())
        return failure{error::corrupt, "the session token does not parse"};
    return out;
}

}  // namespace

result<token_sealer> token_sealer::make(std::string_view key) {
    if (key.size() != aes_256_gcm::key_bytes)
        return failure{error::invalid_argument, "the key has not 32 bytes"};
    auto const derived = hmac_of(digest_kind::sha256, key, key_label);
    SLUICE_TRY(auto cipher, aes_256_gcm::make(derived.bytes()));
    return token_sealer(std::move(cipher));
}

std::string token_sealer::seal(random_source& random, temporary_credential const& what) const {
    std::string plain;
    byte_writer writer(plain);
    writer.little(what.provider.empty() ? version : version_with_provider)
        .little(to_underlying(what.who))
        .little(to_underlying(what.asker))
        .little(to_underlying(what.issued))
        .little(to_underlying(what.expires))
        .sized(what.secret)
        .sized(what.session_name)
        .sized(what.policy);
    if (!what.provider.empty()) writer.sized(what.provider);
    auto sealed = cipher_.seal_with_nonce(random, bound_to(what.access_key_id), plain);
    wipe(plain);
    return base64_encode(sealed);
}

result<temporary_credential> token_sealer::open(std::string_view access_key_id,
                                                std::string_view token) const {
    if (token.size() > longest_session_token)
        return failure{error::corrupt, "the session token is too long"};
    auto const sealed = base64_decode(token);
    if (!sealed) return failure{error::corrupt, "the session token is not base64"};
    SLUICE_TRY(auto plain, cipher_.open_with_nonce(bound_to(access_key_id), *sealed));
    auto out = decode(access_key_id, plain);
    wipe(plain);
    return out;
}

}  // namespace sluice::auth
