#include "auth/keys/access_key.hpp"

#include <array>

#include "gateway/core/encoding.hpp"

namespace sluice::auth {
namespace {

access_key_pair make_key(std::string_view prefix, random_source& random) {
    constexpr char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    std::array<std::byte, 18> id_bits;
    std::array<std::byte, 30> secret_bits;
    random.fill(id_bits);
    random.fill(secret_bits);
    access_key_pair out;
    out.id = prefix;
    for (auto bits : id_bits) out.id += alphabet[std::to_integer<unsigned>(bits) & 31];
    out.secret = base64_encode(secret_bits);
    return out;
}

}  // namespace

access_key_pair make_access_key(random_source& random) { return make_key("SL", random); }
access_key_pair make_temporary_key(random_source& random) { return make_key("ST", random); }

}  // namespace sluice::auth
