#include "tests/integration/postgres/raw_client.hpp"

#include "gateway/core/crypto.hpp"
#include "tests/support/run_task.hpp"

namespace sluice::postgres {
namespace {

std::string attribute(std::string_view message, char name) {
    auto const at = message.find(std::string(1, name) + "=");
    auto const value = message.substr(at + 2);
    return std::string(value.substr(0, value.find(',')));
}

// RFC 5802, the client's side.
std::string client_final(std::string const& password, std::string const& first_bare,
                         std::string const& server_first) {
    auto const salt = base64_decode(attribute(server_first, 's')).value();
    auto const rounds = static_cast<std::uint32_t>(std::stoul(attribute(server_first, 'i')));
    auto const unsigned_final = "c=biws,r=" + attribute(server_first, 'r');
    auto const everything = first_bare + "," + server_first + "," + unsigned_final;
    auto salted = hmac_of(digest_kind::sha256, password, salt + std::string("\0\0\0\1", 4));
    std::string key(salted.chars());
    for (std::uint32_t round = 1; round < rounds; ++round) {
        salted = hmac_of(digest_kind::sha256, password, salted.chars());
        for (std::size_t i = 0; i < key.size(); ++i)
            key[i] = static_cast<char>(key[i] ^ salted.chars()[i]);
    }
    auto const client_key = hmac_of(digest_kind::sha256, key, "Client Key");
    auto const stored_key = hash(digest_kind::sha256, client_key.chars());
    auto const signature = hmac_of(digest_kind::sha256, stored_key.chars(), everything);
    std::string proof(client_key.chars());
    for (std::size_t i = 0; i < proof.size(); ++i)
        proof[i] = static_cast<char>(proof[i] ^ signature.chars()[i]);
    return unsigned_final + ",p=" + base64_encode(proof);
}

}  // namespace

std::string raw_client::log_in(std::string const& password, std::vector<std::string> const& more,
                               std::uint32_t version) {
    std::vector<std::string> words{"user", "root", "database", "sluice"};
    words.insert(words.end(), more.begin(), more.end());
    send(startup_bytes(version, words));
    auto asked = message();
    if (asked.starts_with('v')) asked = message();
    if (letters_of(asked) != "R") return asked;
    std::string const first_bare = "n=,r=clientnonce";
    auto const first = "n,," + first_bare;
    send(bytes_of(sasl_initial_response_message{"SCRAM-SHA-256", first}));
    auto const challenge = message();
    auto const server_first = nth<authentication_sasl_continue_message>(challenge);
    if (server_first.has_error()) return challenge;
    auto const last = client_final(password, first_bare, std::string(server_first->data));
    send(bytes_of(sasl_response_message{last}));
    auto const answer = message();
    if (letters_of(answer) != "R") return answer;
    return answer + up_to('Z');
}

}  // namespace sluice::postgres
