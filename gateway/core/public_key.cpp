#include "gateway/core/public_key.hpp"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>

#include <string>

namespace sluice {
namespace {

constexpr int least_modulus_bits = 2048;
constexpr int most_modulus_bits = 8192;
constexpr std::size_t most_number_bytes = 1024;  // of any of a key's numbers
constexpr std::size_t most_exponent_bytes = 4;

template <auto Free>
struct freed {
    template <class T>
    void operator()(T* what) const noexcept {
        Free(what);
    }
};
using number = std::unique_ptr<BIGNUM, freed<BN_free>>;
using key_context = std::unique_ptr<EVP_PKEY_CTX, freed<EVP_PKEY_CTX_free>>;
using digest_context = std::unique_ptr<EVP_MD_CTX, freed<EVP_MD_CTX_free>>;
using param_builder = std::unique_ptr<OSSL_PARAM_BLD, freed<OSSL_PARAM_BLD_free>>;
using params = std::unique_ptr<OSSL_PARAM, freed<OSSL_PARAM_free>>;
using ec_signature = std::unique_ptr<ECDSA_SIG, freed<ECDSA_SIG_free>>;

// What fails inside leaves errors in the thread's queue, which the next user would find.
struct clean_queue {
    ~clean_queue() { ERR_clear_error(); }
};

unsigned char const* raw(std::string_view text) noexcept {
    return reinterpret_cast<unsigned char const*>(text.data());
}

number number_of(std::string_view bytes) {
    return number{BN_bin2bn(raw(bytes), static_cast<int>(bytes.size()), nullptr)};
}

failure bad_key(char const* what) { return failure{error::invalid_argument, what}; }

std::shared_ptr<EVP_PKEY> shared(EVP_PKEY* key) {
    return std::shared_ptr<EVP_PKEY>(key, freed<EVP_PKEY_free>{});
}

// Null: the numbers are no key.
std::shared_ptr<EVP_PKEY> made_of(char const* type, OSSL_PARAM_BLD* builder) {
    params const given{OSSL_PARAM_BLD_to_param(builder)};
    key_context const context{EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr)};
    EVP_PKEY* key = nullptr;
    if (!given || !context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
        EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, given.get()) != 1)
        return nullptr;
    return shared(key);
}

// On the curve, and not at infinity. (An RSA modulus is not looked into: that takes long, and a bad
// one harms whoever published it.)
bool is_point(EVP_PKEY* key) {
    key_context const check{EVP_PKEY_CTX_new_from_pkey(nullptr, key, nullptr)};
    return check && EVP_PKEY_public_check(check.get()) == 1;
}

struct curve_row {
    char const* name;
    std::size_t bytes;  // of a coordinate, and of each half of a signature
};

constexpr curve_row row_of(elliptic_curve curve) noexcept {
    switch (curve) {
        case elliptic_curve::p256: return {"P-256", 32};
        case elliptic_curve::p384: return {"P-384", 48};
        case elliptic_curve::p521: return {"P-521", 66};
        case elliptic_curve::ed25519: return {"ED25519", 32};
        case elliptic_curve::ed448: return {"ED448", 57};
    }
    return {"", 0};
}

EVP_MD const* digest_of(signature_scheme scheme) noexcept {
    switch (scheme) {
        case signature_scheme::rsa_pkcs1_sha256:
        case signature_scheme::rsa_pss_sha256:
        case signature_scheme::ecdsa_p256_sha256: return EVP_sha256();
        case signature_scheme::rsa_pkcs1_sha384:
        case signature_scheme::rsa_pss_sha384:
        case signature_scheme::ecdsa_p384_sha384: return EVP_sha384();
        case signature_scheme::rsa_pkcs1_sha512:
        case signature_scheme::rsa_pss_sha512:
        case signature_scheme::ecdsa_p521_sha512: return EVP_sha512();
        case signature_scheme::eddsa: return nullptr;
    }
    return nullptr;
}

constexpr bool is_pss(signature_scheme scheme) noexcept {
    return scheme == signature_scheme::rsa_pss_sha256 ||
           scheme == signature_scheme::rsa_pss_sha384 || scheme == signature_scheme::rsa_pss_sha512;
}

// r and s, as OpenSSL wants them; empty: they are not such halves.
std::string as_der(std::string_view halves, std::size_t bytes) {
    if (halves.size() != 2 * bytes) return {};
    ec_signature const both{ECDSA_SIG_new()};
    auto r = number_of(halves.substr(0, bytes));
    auto s = number_of(halves.substr(bytes));
    if (!both || !r || !s || ECDSA_SIG_set0(both.get(), r.get(), s.get()) != 1) return {};
    r.release();
    s.release();
    unsigned char* der = nullptr;
    auto const size = i2d_ECDSA_SIG(both.get(), &der);
    if (size <= 0) return {};
    std::string out(reinterpret_cast<char const*>(der), static_cast<std::size_t>(size));
    OPENSSL_free(der);
    return out;
}

}  // namespace

result<public_key> public_key::rsa(std::string_view modulus, std::string_view exponent) {
    clean_queue const afterwards;
    if (modulus.empty() || modulus.size() > most_number_bytes)
        return bad_key("an RSA modulus has 2048 to 8192 bits");
    if (exponent.empty() || exponent.size() > most_exponent_bytes)
        return bad_key("an RSA exponent has at most 32 bits");
    auto const n = number_of(modulus);
    auto const e = number_of(exponent);
    if (!n || BN_num_bits(n.get()) < least_modulus_bits || BN_num_bits(n.get()) > most_modulus_bits)
        return bad_key("an RSA modulus has 2048 to 8192 bits");
    if (!BN_is_odd(n.get())) return bad_key("an RSA modulus is odd");
    if (!e || !BN_is_odd(e.get()) || BN_is_one(e.get())) return bad_key("an RSA exponent is odd");
    param_builder const builder{OSSL_PARAM_BLD_new()};
    if (!builder || OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, n.get()) != 1 ||
        OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, e.get()) != 1)
        return bad_key("no RSA key");
    auto key = made_of("RSA", builder.get());
    if (!key) return bad_key("no RSA key");
    return public_key(family::rsa, std::move(key));
}

result<public_key> public_key::on_curve(elliptic_curve curve, std::string_view x,
                                        std::string_view y) {
    clean_queue const afterwards;
    auto const row = row_of(curve);
    if (curve == elliptic_curve::ed25519 || curve == elliptic_curve::ed448) {
        if (x.size() != row.bytes || !y.empty()) return bad_key("no point of an Edwards curve");
        auto key = shared(EVP_PKEY_new_raw_public_key_ex(nullptr, row.name, nullptr, raw(x), x.size()));
        if (!key) return bad_key("no point of an Edwards curve");
        return public_key(family::edwards, std::move(key));
    }
    if (x.size() != row.bytes || y.size() != row.bytes)
        return bad_key("coordinates are as long as the curve's field");
    std::string point("\x04");  // uncompressed
    point.append(x).append(y);
    param_builder const builder{OSSL_PARAM_BLD_new()};
    if (!builder ||
        OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, row.name, 0) != 1 ||
        OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(),
                                         point.size()) != 1)
        return bad_key("no point of the curve");
    auto key = made_of("EC", builder.get());
    if (!key || !is_point(key.get())) return bad_key("no point of the curve");
    auto const of = curve == elliptic_curve::p256   ? family::p256
                    : curve == elliptic_curve::p384 ? family::p384
                                                    : family::p521;
    return public_key(of, std::move(key));
}

bool public_key::fits(signature_scheme scheme) const noexcept {
    switch (scheme) {
        case signature_scheme::rsa_pkcs1_sha256:
        case signature_scheme::rsa_pkcs1_sha384:
        case signature_scheme::rsa_pkcs1_sha512:
        case signature_scheme::rsa_pss_sha256:
        case signature_scheme::rsa_pss_sha384:
        case signature_scheme::rsa_pss_sha512: return of_ == family::rsa;
        case signature_scheme::ecdsa_p256_sha256: return of_ == family::p256;
        case signature_scheme::ecdsa_p384_sha384: return of_ == family::p384;
        case signature_scheme::ecdsa_p521_sha512: return of_ == family::p521;
        case signature_scheme::eddsa: return of_ == family::edwards;
    }
    return false;
}

bool public_key::verify(signature_scheme scheme, std::string_view message,
                        std::string_view signature) const {
    if (!fits(scheme)) return false;
    clean_queue const afterwards;
    std::string der;
    if (of_ == family::p256) der = as_der(signature, row_of(elliptic_curve::p256).bytes);
    if (of_ == family::p384) der = as_der(signature, row_of(elliptic_curve::p384).bytes);
    if (of_ == family::p521) der = as_der(signature, row_of(elliptic_curve::p521).bytes);
    bool const is_ec = of_ != family::rsa && of_ != family::edwards;
    if (is_ec && der.empty()) return false;
    if (is_ec) signature = der;
    digest_context const context{EVP_MD_CTX_new()};
    EVP_PKEY_CTX* how = nullptr;  // the context's
    if (!context || EVP_DigestVerifyInit(context.get(), &how, digest_of(scheme), nullptr,
                                         key_.get()) != 1)
        return false;
    if (is_pss(scheme) &&
        (EVP_PKEY_CTX_set_rsa_padding(how, RSA_PKCS1_PSS_PADDING) != 1 ||
         EVP_PKEY_CTX_set_rsa_pss_saltlen(how, RSA_PSS_SALTLEN_DIGEST) != 1))
        return false;
    return EVP_DigestVerify(context.get(), raw(signature), signature.size(), raw(message),
                            message.size()) == 1;
}

}  // namespace sluice
