#include "auth/keys/sealer.hpp"

namespace sluice::auth {
namespace {

constexpr char version = 1;

std::string bound_to(std::string_view access_key_id) {
    return "sluice access key " + std::string(access_key_id);
}

}  // namespace

result<sealer> sealer::make(std::string_view key) {
    SLUICE_TRY(auto cipher, aes_256_gcm::make(as_bytes(key)));
    return sealer(std::move(cipher));
}

std::string sealer::seal(random_source& random, std::string_view access_key_id,
                         std::string_view secret) const {
    return version + cipher_.seal_with_nonce(random, bound_to(access_key_id), secret);
}

result<std::string> sealer::open(std::string_view access_key_id, std::string_view sealed) const {
    if (sealed.empty() || sealed[0] != version)
        return failure{error::corrupt, "the sealed secret has an unknown version"};
    return cipher_.open_with_nonce(bound_to(access_key_id), sealed.substr(1));
}

}  // namespace sluice::auth
