// Signatures checked with somebody else's public key: RSA (PKCS #1 v1.5 and PSS), ECDSA over the
// NIST curves, Ed25519 and Ed448. Only what JSON web signatures need (RFC 7518, RFC 8037), and only
// checking: no private key is ever here.
//
// Thread rule: const and safe from any thread; copies share the key. A failed check leaves nothing
// in OpenSSL's queue of errors.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "gateway/core/result.hpp"

struct evp_pkey_st;

namespace sluice {

// Algorithm and digest; the key must be of the algorithm's kind (and curve).
enum class signature_scheme : std::uint8_t {
    rsa_pkcs1_sha256,
    rsa_pkcs1_sha384,
    rsa_pkcs1_sha512,
    rsa_pss_sha256,  // salt as long as the digest
    rsa_pss_sha384,
    rsa_pss_sha512,
    ecdsa_p256_sha256,  // the signature is r and s, each as long as the curve's order
    ecdsa_p384_sha384,
    ecdsa_p521_sha512,
    eddsa,  // Ed25519 or Ed448, by the key
};

enum class elliptic_curve : std::uint8_t { p256, p384, p521, ed25519, ed448 };

class public_key {
public:
    // Bytes are big endian. invalid_argument: a modulus under 2048 or over 8192 bits, an exponent
    // that is even or not between 3 and 2^32, a point that is not on the curve.
    static result<public_key> rsa(std::string_view modulus, std::string_view exponent);
    // `y` is empty for the Edwards curves.
    static result<public_key> on_curve(elliptic_curve curve, std::string_view x, std::string_view y);

    // False also for a scheme that is not of this key.
    bool verify(signature_scheme scheme, std::string_view message, std::string_view signature) const;
    bool fits(signature_scheme scheme) const noexcept;

private:
    enum class family : std::uint8_t { rsa, p256, p384, p521, edwards };
    public_key(family of, std::shared_ptr<evp_pkey_st> key) : of_(of), key_(std::move(key)) {}
    family of_;
    std::shared_ptr<evp_pkey_st> key_;  // shared by copies; never changes
};

}  // namespace sluice
