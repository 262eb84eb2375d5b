// Signing keys by (access key id, its sealed secret, date, region, service), so that a request
// costs one HMAC and not five and a decryption. A changed or remade key has another sealed secret
// and so never meets an old entry. Holds at most `places`; when full, half is dropped (the date
// changes daily, so old entries age out that way). Thread-safe.
#pragma once

#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

#include "auth/authn/sigv4.hpp"

namespace sluice::auth {

class signing_key_cache {
public:
    explicit signing_key_cache(std::size_t places) : places_(places) {}
    ~signing_key_cache();

    std::optional<std::string> find(sigv4_claim const& claim, std::string_view sealed) const;
    void keep(sigv4_claim const& claim, std::string_view sealed, std::string const& signing_key);
    std::size_t size() const;

private:
    std::size_t const places_;
    mutable std::mutex mutex_;
    std::unordered_map<std::string, std::string> keys_;
};

}  // namespace sluice::auth
