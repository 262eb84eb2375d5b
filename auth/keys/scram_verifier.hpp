// A password as SCRAM keeps it (RFC 5802, RFC 7677): salt, StoredKey and ServerKey, from which the
// password cannot be computed. Text form as in PostgreSQL's pg_authid:
// "SCRAM-SHA-256$4096:<salt>$<StoredKey>:<ServerKey>" with base64 fields, and the same with
// SHA-512. One SHA-256 verifier serves Kafka and PostgreSQL. Plain value; wiping it is not needed
// to keep the password, but it allows a server to be impersonated: never log it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "gateway/core/blocking_token.hpp"
#include "gateway/core/crypto.hpp"
#include "gateway/core/result.hpp"

namespace sluice::auth {

inline constexpr std::uint32_t scram_iterations = 4096;
inline constexpr std::uint32_t most_scram_iterations = 1'000'000;  // accepted in a stored verifier
inline constexpr std::size_t scram_salt_bytes = 16;

struct scram_verifier {
    digest_kind hash = digest_kind::sha256;  // sha256 or sha512
    std::uint32_t iterations = scram_iterations;
    std::string salt;
    std::string stored_key;
    std::string server_key;
    bool operator==(scram_verifier const&) const = default;
};

scram_verifier make_scram_verifier(digest_kind hash, std::string_view password, std::string salt,
                                   std::uint32_t iterations, blocking_token token);
// From what a client derived of a password that is not told.
scram_verifier scram_verifier_from(digest_kind hash, std::string_view salted_password,
                                   std::string salt, std::uint32_t iterations);
std::string to_text(scram_verifier const& verifier);
result<scram_verifier> parse_scram_verifier(std::string_view text);  // malformed
// For PLAIN: milliseconds of work, constant time in the comparison.
bool password_matches(scram_verifier const& verifier, std::string_view password,
                      blocking_token token);

// 8 to 256 printable ASCII characters. Others would need SASLprep (RFC 4013) to mean the same to
// every client, so they are refused rather than kept in a form that some clients cannot reproduce.
result<void> check_password(std::string_view password);

}  // namespace sluice::auth
