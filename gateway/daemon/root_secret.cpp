#include "gateway/daemon/root_secret.hpp"

#include <filesystem>

#include "auth/keys/key_file.hpp"
#include "gateway/core/crypto.hpp"

namespace sluice::gateway {
namespace {

constexpr std::size_t secret_characters = 40;
constexpr std::string_view purpose = "sluice root secret 1";

}  // namespace

result<root_secret> make_root_secret(std::string const& key_file, std::string const& data_folder,
                                     bool store_is_new, random_source& random, blocking_token token) {
    std::error_code ignored;  // load_key_file says what is wrong with it
    bool const existed = std::filesystem::exists(key_file, ignored);
    if (!existed && !store_is_new)
        return failure{error::not_found, "key file '" + key_file +
                                             "' is missing, and the data folder is not new: bring it back, or set "
                                             "SLUICE_ROOT_PASSWORD"};
    SLUICE_TRY(auto key, auth::load_key_file({key_file, data_folder, true}, random, token));
    auto const derived = hmac_of(digest_kind::sha256, key, purpose);
    wipe(key);
    return root_secret{derived.hex().substr(0, secret_characters), !existed};
}

}  // namespace sluice::gateway
