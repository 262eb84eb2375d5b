#include "auth/authn/signing_key_cache.hpp"

#include "gateway/core/crypto.hpp"
#include "gateway/core/cursor.hpp"

namespace sluice::auth {
namespace {

std::string key_of(sigv4_claim const& claim, std::string_view sealed) {
    std::string key;
    byte_writer(key)
        .sized(claim.access_key_id)
        .sized(sealed)
        .sized(claim.date)
        .sized(claim.region)
        .sized(claim.service);
    return key;
}

}  // namespace

signing_key_cache::~signing_key_cache() {
    for (auto& [name, key] : keys_) wipe(key);
}

std::optional<std::string> signing_key_cache::find(sigv4_claim const& claim,
                                                   std::string_view sealed) const {
    auto key = key_of(claim, sealed);
    std::lock_guard lock(mutex_);
    auto found = keys_.find(key);
    return found == keys_.end() ? std::nullopt : std::optional(found->second);
}

void signing_key_cache::keep(sigv4_claim const& claim, std::string_view sealed,
                             std::string const& signing_key) {
    if (places_ == 0) return;
    auto key = key_of(claim, sealed);
    std::lock_guard lock(mutex_);
    if (keys_.size() >= places_) {
        for (auto drop = (keys_.size() + 1) / 2; drop > 0; --drop) {
            wipe(keys_.begin()->second);
            keys_.erase(keys_.begin());
        }
    }
    keys_.insert_or_assign(std::move(key), signing_key);
}

std::size_t signing_key_cache::size() const {
    std::lock_guard lock(mutex_);
    return keys_.size();
}

}  // namespace sluice::auth
