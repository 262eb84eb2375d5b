#include "gateway/core/crypto.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "gateway/core/assert.hpp"
#include "gateway/core/encoding.hpp"

namespace sluice {
namespace {

constexpr std::size_t block_bytes(digest_kind kind) noexcept {
    return kind == digest_kind::sha512 ? 128 : 64;
}

EVP_MD const* fetched(char const* name) {
    auto* const method = EVP_MD_fetch(nullptr, name, nullptr);
    SLUICE_ASSERT(method != nullptr);
    return method;
}

// Fetching walks the library's providers: once per process.
EVP_MD const* method_of(digest_kind kind) {
    static std::array const methods{fetched("MD5"), fetched("SHA1"), fetched("SHA256"), fetched("SHA512")};
    return methods.at(static_cast<std::size_t>(kind));
}

// The key, hashed when longer than a block, xored with the pad (RFC 2104).
hasher keyed(digest_kind kind, const_byte_span key, std::byte pad) {
    auto const shortened = key.size() > block_bytes(kind) ? hash(kind, key) : digest{};
    if (shortened.size() > 0) key = shortened.bytes();
    std::array<std::byte, 128> block;
    block.fill(pad);
    for (std::size_t i = 0; i < key.size(); ++i) block[i] ^= key[i];
    hasher started{kind};
    started.update(std::span{block}.first(block_bytes(kind)));
    wipe(block);
    return started;
}

}  // namespace

std::string digest::hex() const { return hex_encode(bytes()); }

void hasher::free_context::operator()(evp_md_ctx_st* context) const noexcept { EVP_MD_CTX_free(context); }

hasher::hasher(digest_kind kind) : kind_(kind), context_(EVP_MD_CTX_new()) {
    SLUICE_ASSERT(context_);
    reset();
}

hasher::hasher(hasher const& other) : kind_(other.kind_), context_(EVP_MD_CTX_new()) {
    SLUICE_ASSERT(context_ && EVP_MD_CTX_copy_ex(context_.get(), other.context_.get()) == 1);
}

hasher& hasher::operator=(hasher const& other) {
    if (this != &other) {
        kind_ = other.kind_;
        SLUICE_ASSERT(EVP_MD_CTX_copy_ex(context_.get(), other.context_.get()) == 1);
    }
    return *this;
}

hasher::hasher(hasher&&) noexcept = default;
hasher& hasher::operator=(hasher&&) noexcept = default;
hasher::~hasher() = default;

hasher& hasher::update(const_byte_span bytes) {
    SLUICE_ASSERT(EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()) == 1);
    return *this;
}

digest hasher::finish() {
    digest finished{digest_bytes(kind_)};
    auto* const out = reinterpret_cast<unsigned char*>(finished.data());
    SLUICE_ASSERT(EVP_DigestFinal_ex(context_.get(), out, nullptr) == 1);
    reset();
    return finished;
}

void hasher::reset() {
    SLUICE_ASSERT(EVP_DigestInit_ex2(context_.get(), method_of(kind_), nullptr) == 1);
}

digest hash(digest_kind kind, const_byte_span bytes) {
    digest finished{digest_bytes(kind)};
    auto* const out = reinterpret_cast<unsigned char*>(finished.data());
    SLUICE_ASSERT(EVP_Digest(bytes.data(), bytes.size(), out, nullptr, method_of(kind), nullptr) == 1);
    return finished;
}

hmac::hmac(digest_kind kind, const_byte_span key)
    : inner_start_(keyed(kind, key, std::byte{0x36})),
      outer_start_(keyed(kind, key, std::byte{0x5c})),
      running_(inner_start_) {}

hmac& hmac::update(const_byte_span bytes) {
    running_.update(bytes);
    return *this;
}

digest hmac::finish() {
    auto const inner = running_.finish();
    running_ = outer_start_;
    running_.update(inner.bytes());
    auto const outer = running_.finish();
    running_ = inner_start_;
    return outer;
}

digest hmac_of(digest_kind kind, const_byte_span key, const_byte_span message) {
    auto inner = keyed(kind, key, std::byte{0x36});
    auto const inner_digest = inner.update(message).finish();
    auto outer = keyed(kind, key, std::byte{0x5c});
    return outer.update(inner_digest.bytes()).finish();
}

digest pbkdf2(digest_kind kind, std::string_view password, std::string_view salt,
              std::uint32_t iterations, blocking_token) {
    SLUICE_ASSERT(iterations >= 1 && iterations <= INT32_MAX);
    digest derived{digest_bytes(kind)};
    auto const done = PKCS5_PBKDF2_HMAC(
        password.data(), static_cast<int>(password.size()),
        reinterpret_cast<unsigned char const*>(salt.data()), static_cast<int>(salt.size()),
        static_cast<int>(iterations), method_of(kind), static_cast<int>(derived.size()),
        reinterpret_cast<unsigned char*>(derived.data()));
    SLUICE_ASSERT(done == 1);
    return derived;
}

bool constant_time_equal(const_byte_span left, const_byte_span right) noexcept {
    return left.size() == right.size() && CRYPTO_memcmp(left.data(), right.data(), left.size()) == 0;
}

void wipe(byte_span secret) noexcept { OPENSSL_cleanse(secret.data(), secret.size()); }

void wipe(std::string& secret) noexcept {
    OPENSSL_cleanse(secret.data(), secret.size());
    secret.clear();
}

}  // namespace sluice
