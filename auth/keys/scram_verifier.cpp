#include "auth/keys/scram_verifier.hpp"

#include <algorithm>
#include <charconv>

#include "gateway/core/encoding.hpp"

namespace sluice::auth {
namespace {

constexpr std::string_view prefix_256 = "SCRAM-SHA-256$";
constexpr std::string_view prefix_512 = "SCRAM-SHA-512$";

failure not_a_verifier() { return failure{error::malformed, "not a SCRAM verifier"}; }

// Cuts `text` at the first `at`; false if there is none.
bool cut(std::string_view& text, char at, std::string_view& head) {
    auto found = text.find(at);
    if (found == std::string_view::npos) return false;
    head = text.substr(0, found);
    text.remove_prefix(found + 1);
    return true;
}

}  // namespace

scram_verifier make_scram_verifier(digest_kind hash_with, std::string_view password,
                                   std::string salt, std::uint32_t iterations,
                                   blocking_token token) {
    auto salted = pbkdf2(hash_with, password, salt, iterations, token);
    auto out = scram_verifier_from(hash_with, salted.chars(), std::move(salt), iterations);
    wipe(byte_span(salted.data(), salted.size()));
    return out;
}

scram_verifier scram_verifier_from(digest_kind hash_with, std::string_view salted_password,
                                   std::string salt, std::uint32_t iterations) {
    auto client_key = hmac_of(hash_with, salted_password, "Client Key");
    scram_verifier out;
    out.hash = hash_with;
    out.iterations = iterations;
    out.salt = std::move(salt);
    out.stored_key = hash(hash_with, client_key.chars()).chars();
    out.server_key = hmac_of(hash_with, salted_password, "Server Key").chars();
    wipe(byte_span(client_key.data(), client_key.size()));
    return out;
}

std::string to_text(scram_verifier const& verifier) {
    std::string out(verifier.hash == digest_kind::sha512 ? prefix_512 : prefix_256);
    out += std::to_string(verifier.iterations) + ":" + base64_encode(verifier.salt);
    out += "$" + base64_encode(verifier.stored_key) + ":" + base64_encode(verifier.server_key);
    return out;
}

result<scram_verifier> parse_scram_verifier(std::string_view text) {
    scram_verifier out;
    if (text.starts_with(prefix_512)) out.hash = digest_kind::sha512;
    else if (!text.starts_with(prefix_256)) return not_a_verifier();
    text.remove_prefix(prefix_256.size());
    std::string_view iterations, salt, stored;
    if (!cut(text, ':', iterations) || !cut(text, '$', salt) || !cut(text, ':', stored))
        return not_a_verifier();
    auto [end, problem] =
        std::from_chars(iterations.data(), iterations.data() + iterations.size(), out.iterations);
    if (problem != std::errc{} || end != iterations.data() + iterations.size() ||
        out.iterations == 0 || out.iterations > most_scram_iterations)
        return not_a_verifier();
    SLUICE_TRY(out.salt, base64_decode(salt));
    SLUICE_TRY(out.stored_key, base64_decode(stored));
    SLUICE_TRY(out.server_key, base64_decode(text));
    auto size = digest_bytes(out.hash);
    if (out.salt.empty() || out.stored_key.size() != size || out.server_key.size() != size)
        return not_a_verifier();
    return out;
}

bool password_matches(scram_verifier const& verifier, std::string_view password,
                      blocking_token token) {
    auto made =
        make_scram_verifier(verifier.hash, password, verifier.salt, verifier.iterations, token);
    return constant_time_equal(made.stored_key, verifier.stored_key);
}

result<void> check_password(std::string_view password) {
    if (password.size() < 8 || password.size() > 256)
        return failure{error::invalid_argument, "a password has 8 to 256 characters"};
    if (!std::all_of(password.begin(), password.end(),
                     [](char c) { return c >= 0x20 && c <= 0x7e; }))
        return failure{error::unsupported, "a password consists of printable ASCII characters"};
    return {};
}

}  // namespace sluice::auth
