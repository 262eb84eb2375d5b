#include "auth/authn/scram_server.hpp"

#include <algorithm>
#include <array>

#include "gateway/core/encoding.hpp"

namespace sluice::auth {
namespace {

// "x=value" up to the next comma; nullopt when the attribute is another.
std::optional<std::string_view> take_attribute(std::string_view& rest, char name) {
    if (rest.size() < 2 || rest[0] != name || rest[1] != '=') return std::nullopt;
    auto comma = rest.find(',');
    auto value = rest.substr(2, comma == std::string_view::npos ? comma : comma - 2);
    rest.remove_prefix(comma == std::string_view::npos ? rest.size() : comma + 1);
    return value;
}

// RFC 5802 section 5.1: "=2C" is a comma, "=3D" an equals sign, any other "=" is wrong.
std::optional<std::string> decode_name(std::string_view text) {
    std::string out;
    while (!text.empty()) {
        if (text[0] != '=') {
            out += text[0];
            text.remove_prefix(1);
        } else if (text.starts_with("=2C") || text.starts_with("=3D")) {
            out += text[2] == 'C' ? ',' : '=';
            text.remove_prefix(3);
        } else {
            return std::nullopt;
        }
    }
    return out;
}

bool is_nonce(std::string_view text) {
    return !text.empty() && std::all_of(text.begin(), text.end(),
                                        [](char c) { return c >= 0x21 && c <= 0x7e && c != ','; });
}

std::string exclusive_or(std::string_view a, std::string_view b) {
    std::string out(a);
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = static_cast<char>(out[i] ^ b[i]);
    return out;
}

}  // namespace

scram_server::scram_server(scram_options options, lookup find, random_source& random)
    : options_(std::move(options)),
      find_(std::move(find)),
      random_(random) {}

scram_server::step scram_server::take(std::string_view message) {
    auto now = std::exchange(state_, state::done);
    if (message.size() > options_.longest_message) return {};
    switch (now) {
        case state::first: return take_first(message);
        case state::final: return take_final(message);
        case state::done: return {};
    }
    return {};
}

// n: the client knows no binding; y: it does, but thinks we do not; p=: it binds.
bool scram_server::binding_acceptable(std::string_view flag) const {
    if (options_.channel_binding) return flag == "p=tls-server-end-point";
    return flag == "n" || (flag == "y" && !options_.plus_offered);
}

scram_verifier scram_server::made_up(std::string_view user) const {
    auto derive = [&](std::string_view what) {
        return std::string(hmac_of(options_.hash, options_.mock_secret,
                                   std::string(what) + "\n" + std::string(user))
                               .chars());
    };
    scram_verifier out;
    out.hash = options_.hash;
    out.salt = derive("salt").substr(0, scram_salt_bytes);
    out.stored_key = derive("stored");
    out.server_key = derive("server");
    return out;
}

scram_server::step scram_server::take_first(std::string_view message) {
    auto flag_end = message.find(',');
    if (flag_end == std::string_view::npos) return {};
    auto authzid_end = message.find(',', flag_end + 1);
    if (authzid_end == std::string_view::npos) return {};
    gs2_header_ = message.substr(0, authzid_end + 1);
    auto authzid = message.substr(flag_end + 1, authzid_end - flag_end - 1);
    auto rest = message.substr(authzid_end + 1);
    client_first_bare_ = rest;
    auto name = take_attribute(
        rest, 'n');  // an "m=" extension in front is mandatory to understand: malformed
    auto client_nonce = name ? take_attribute(rest, 'r') : std::nullopt;
    auto decoded = name ? decode_name(*name) : std::nullopt;
    if (!decoded || !client_nonce || !is_nonce(*client_nonce)) return {};
    if (!binding_acceptable(message.substr(0, flag_end)))
        return {outcome::refused, "e=channel-binding-not-supported"};
    user_ = options_.user ? *options_.user : *decoded;
    if (!authzid.empty() && authzid != "a=" + user_) return {outcome::refused, "e=other-error"};

    auto found = find_(user_);
    auto mock = made_up(user_);  // always made: an unknown name costs the same
    known_ = found && found->hash == options_.hash;
    verifier_ = known_ ? std::move(*found) : std::move(mock);
    std::array<std::byte, 18> own;
    random_.fill(own);
    nonce_ = std::string(*client_nonce) + base64_encode(own);
    server_first_ = "r=" + nonce_ + ",s=" + base64_encode(verifier_.salt) +
                    ",i=" + std::to_string(verifier_.iterations);
    state_ = state::final;
    return {outcome::send, server_first_};
}

scram_server::step scram_server::take_final(std::string_view message) {
    auto proof_at = message.rfind(",p=");
    if (proof_at == std::string_view::npos) return {};
    auto without_proof = message.substr(0, proof_at);
    auto rest = message;
    auto binding = take_attribute(rest, 'c');
    auto nonce = binding ? take_attribute(rest, 'r') : std::nullopt;
    auto proof = base64_decode(message.substr(proof_at + 3));
    if (!nonce || proof.has_error() || proof->size() != digest_bytes(options_.hash)) return {};
    auto expected_binding = base64_encode(gs2_header_ + options_.channel_binding.value_or(""));
    if (*nonce != nonce_) return {outcome::refused, "e=other-error"};
    if (*binding != expected_binding) return {outcome::refused, "e=channel-bindings-dont-match"};

    auto auth_message = client_first_bare_ + "," + server_first_ + "," + std::string(without_proof);
    auto client_signature = hmac_of(options_.hash, verifier_.stored_key, auth_message);
    auto client_key = exclusive_or(*proof, client_signature.chars());
    auto stored_key = hash(options_.hash, client_key);
    bool right = constant_time_equal(stored_key.chars(), verifier_.stored_key);
    auto server_signature = hmac_of(options_.hash, verifier_.server_key, auth_message);
    if (!right || !known_) return {outcome::refused, "e=invalid-proof"};
    return {outcome::authenticated, "v=" + base64_encode(server_signature.bytes())};
}

}  // namespace sluice::auth
