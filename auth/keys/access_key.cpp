#include "auth/keys/access_key.hpp"

#include <algorithm>
#include <array>
#include <cctype>

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

result<void> check_given_key(std::string_view id, std::string_view secret) {
    constexpr std::string_view others = "._@+=-";
    auto const of_id = [&](char c) {
        return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
               others.find(c) != std::string_view::npos;
    };
    auto const printable = [](char c) { return c > 0x20 && c < 0x7f; };
    if (id.size() < 3 || id.size() > 128 || !std::all_of(id.begin(), id.end(), of_id))
        return failure{error::invalid_argument,
                       "an access key id has 3 to 128 letters, digits and ._@+=-"};
    if (secret.size() < 8 || secret.size() > 256 ||
        !std::all_of(secret.begin(), secret.end(), printable))
        return failure{error::invalid_argument,
                       "a secret has 8 to 256 printable characters without blanks"};
    return success();
}

access_key_pair make_access_key(random_source& random) { return make_key("SL", random); }
access_key_pair make_temporary_key(random_source& random) { return make_key("ST", random); }

}  // namespace sluice::auth
