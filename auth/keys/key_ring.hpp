// The named keys that seal objects' data keys: in memory, each opened with the key file; their
// records are the guard's to write. A key is never erased, since what it sealed would be lost with
// it; one that is disabled opens and seals nothing until it is enabled again.
//
//   record   u8 version 1, u8 enabled, i64 created ms, sized id, sized sealed key
//   sealed   as the secrets of access keys (sealer.hpp), bound to "kms:" + id
//
// Thread rule: any thread.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "auth/keys/object_cipher.hpp"
#include "auth/keys/sealer.hpp"
#include "gateway/core/clock.hpp"

namespace sluice::auth {

// Made on first use; what objects are sealed with that name no key. It cannot be disabled.
inline constexpr std::string_view built_in_key = "aws/s3";

struct named_key {
    std::string id;
    bool enabled = true;
    unix_millis created{};
    std::string sealed_key;
};
std::string encode(named_key const&);
// malformed; unsupported for a later version.
result<named_key> decode_named_key(std::string_view bytes);
// 1 to 64 letters, digits and ._- ; invalid_argument.
result<void> check_key_id(std::string_view id);

class key_ring {
public:
    // limits.encryption_keys
    static constexpr std::size_t keys_max = 10'000;

    explicit key_ring(sealer const& seal) : seal_(seal) {}

    // A fresh key, sealed; not yet on the ring.
    named_key make(std::string id, unix_millis now, random_source& random) const;
    // Adds or replaces. corrupt: another key file sealed it. too_large: keys_max.
    result<void> put(named_key key);

    std::optional<named_key> find(std::string_view id) const;
    std::vector<named_key> list() const;  // by id
    // Nothing: unknown or disabled, which find() tells.
    std::optional<secret_key> usable(std::string_view id) const;

private:
    struct entry {
        named_key about;
        secret_key key;
    };
    sealer const& seal_;
    mutable std::mutex mutex_;
    std::map<std::string, entry, std::less<>> keys_;
};

}  // namespace sluice::auth
