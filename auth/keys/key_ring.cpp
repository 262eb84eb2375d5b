#include "auth/keys/key_ring.hpp"

#include <algorithm>

#include "gateway/core/crypto.hpp"
#include "gateway/core/cursor.hpp"
#include "gateway/core/ids.hpp"

namespace sluice::auth {
namespace {

constexpr std::uint8_t record_version = 1;
constexpr std::size_t longest_id = 64;

bool is_id_char(char c) noexcept {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           c == '.' || c == '_' || c == '-';
}

// No access key id holds a colon.
std::string seal_name(std::string_view id) { return "kms:" + std::string(id); }

}  // namespace

std::string encode(named_key const& value) {
    std::string out;
    byte_writer(out)
        .little(record_version)
        .little(static_cast<std::uint8_t>(value.enabled))
        .little(to_underlying(value.created))
        .sized(value.id)
        .sized(value.sealed_key);
    return out;
}

result<named_key> decode_named_key(std::string_view bytes) {
    byte_reader in(bytes);
    auto const version = in.little<std::uint8_t>();
    if (version > record_version)
        return failure{error::unsupported, "encryption key: unknown version"};
    if (version != record_version) in.fail();
    named_key value;
    value.enabled = in.little<std::uint8_t>() != 0;
    value.created = unix_millis{in.little<std::int64_t>()};
    value.id = in.sized();
    value.sealed_key = in.sized();
    SLUICE_CHECK(in.finish("encryption key"));
    return value;
}

result<void> check_key_id(std::string_view id) {
    if (id.empty() || id.size() > longest_id || !std::all_of(id.begin(), id.end(), is_id_char))
        return failure{error::invalid_argument,
                       "an encryption key is called by 1 to 64 letters, digits and ._-"};
    return success();
}

named_key key_ring::make(std::string id, unix_millis now, random_source& random) const {
    auto const fresh = secret_key::make(random);
    named_key out{std::move(id), true, now, {}};
    out.sealed_key = seal_.seal(random, seal_name(out.id), as_chars(fresh.bytes()));
    return out;
}

result<void> key_ring::put(named_key key) {
    auto opened = seal_.open(seal_name(key.id), key.sealed_key);
    if (opened.has_error() || opened->size() != aes_256_gcm::key_bytes)
        return failure{error::corrupt,
                       "encryption key '" + key.id + "' was not sealed by this key file"};
    secret_key const secret(as_bytes(*opened));
    wipe(*opened);
    std::scoped_lock guard(mutex_);
    if (keys_.size() >= keys_max && !keys_.contains(key.id))
        return failure{error::too_large, "there are as many encryption keys as there may be"};
    auto id = key.id;
    keys_.insert_or_assign(std::move(id), entry{std::move(key), secret});
    return success();
}

std::optional<named_key> key_ring::find(std::string_view id) const {
    std::scoped_lock guard(mutex_);
    auto const found = keys_.find(id);
    if (found == keys_.end()) return std::nullopt;
    return found->second.about;
}

std::vector<named_key> key_ring::list() const {
    std::scoped_lock guard(mutex_);
    std::vector<named_key> out;
    out.reserve(keys_.size());
    for (auto const& [id, held] : keys_) out.push_back(held.about);
    return out;
}

std::optional<secret_key> key_ring::usable(std::string_view id) const {
    std::scoped_lock guard(mutex_);
    auto const found = keys_.find(id);
    if (found == keys_.end() || !found->second.about.enabled) return std::nullopt;
    return found->second.key;
}

}  // namespace sluice::auth
