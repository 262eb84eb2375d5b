// A SCRAM client written from RFC 5802's algorithm overview, sharing nothing with the server but
// the primitives. Any thread.
#pragma once

#include <string>
#include <string_view>

#include "auth/keys/scram_verifier.hpp"
#include "gateway/core/encoding.hpp"

namespace sluice::auth {

inline std::string scram_attribute(std::string_view message, char name) {
    std::string wanted{name, '='};
    auto at = message.starts_with(wanted) ? 0 : message.find("," + wanted) + 1;
    auto value = message.substr(at + 2);
    return std::string(value.substr(0, value.find(',')));
}

struct scram_client {
    digest_kind kind = digest_kind::sha256;
    std::string user = "alice", password = "correct horse", nonce = "clientnonce", gs2 = "n,,",
                binding;
    std::string expected_server_final;

    std::string first() const { return gs2 + first_bare(); }
    std::string first_bare() const { return "n=" + user + ",r=" + nonce; }
    std::string final_message(std::string const& server_first) {
        auto const token = blocking_token::for_this_thread();
        auto salt = *base64_decode(scram_attribute(server_first, 's'));
        auto rounds =
            static_cast<std::uint32_t>(std::stoul(scram_attribute(server_first, 'i')));
        auto salted = pbkdf2(kind, password, salt, rounds, token);
        auto without_proof =
            "c=" + base64_encode(gs2 + binding) + ",r=" + scram_attribute(server_first, 'r');
        auto auth_message = first_bare() + "," + server_first + "," + without_proof;
        auto client_key = hmac_of(kind, salted.chars(), "Client Key");
        auto stored_key = hash(kind, client_key.chars());
        auto signature = hmac_of(kind, stored_key.chars(), auth_message);
        std::string proof(client_key.chars());
        for (std::size_t i = 0; i < proof.size(); ++i)
            proof[i] = static_cast<char>(proof[i] ^ signature.chars()[i]);
        auto server_key = hmac_of(kind, salted.chars(), "Server Key");
        expected_server_final =
            "v=" + base64_encode(hmac_of(kind, server_key.chars(), auth_message).bytes());
        return without_proof + ",p=" + base64_encode(proof);
    }
};

}  // namespace sluice::auth
