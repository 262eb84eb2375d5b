#include "gateway/core/aead.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <climits>
#include <memory>

#include "gateway/core/assert.hpp"
#include "gateway/core/crypto.hpp"

namespace sluice {
namespace {

struct free_context {
    void operator()(EVP_CIPHER_CTX* context) const noexcept { EVP_CIPHER_CTX_free(context); }
};
using context_ptr = std::unique_ptr<EVP_CIPHER_CTX, free_context>;

unsigned char* raw(std::byte* bytes) noexcept { return reinterpret_cast<unsigned char*>(bytes); }
unsigned char const* raw(std::byte const* bytes) noexcept {
    return reinterpret_cast<unsigned char const*>(bytes);
}

// Fetching walks the library's providers: once per process.
EVP_CIPHER* method() {
    static EVP_CIPHER* const cipher = EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr);
    SLUICE_ASSERT(cipher != nullptr);
    return cipher;
}

// A thread's context keeps its memory; only key and nonce change between calls.
EVP_CIPHER_CTX* prepared(const_byte_span key, aes_256_gcm::nonce const& once, int encrypting) {
    thread_local context_ptr const context{EVP_CIPHER_CTX_new()};
    SLUICE_ASSERT(context);
    SLUICE_ASSERT(EVP_CipherInit_ex2(context.get(), method(), raw(key.data()), raw(once.data()), encrypting,
                                     nullptr) == 1);
    return context.get();
}

void feed(EVP_CIPHER_CTX* context, std::byte* out, const_byte_span in) {
    SLUICE_ASSERT(in.size() <= INT_MAX);
    if (in.empty()) return;
    int written = 0;
    SLUICE_ASSERT(EVP_CipherUpdate(context, raw(out), &written, raw(in.data()),
                                   static_cast<int>(in.size())) == 1);
}

void seal_in(EVP_CIPHER_CTX* context, const_byte_span associated, const_byte_span plain,
             byte_span sealed) {
    constexpr auto tag_bytes = aes_256_gcm::tag_bytes;
    SLUICE_ASSERT(sealed.size() == plain.size() + tag_bytes);
    feed(context, nullptr, associated);
    feed(context, sealed.data(), plain);
    int written = 0;
    auto* const tag = raw(sealed.data() + plain.size());
    SLUICE_ASSERT(EVP_CipherFinal_ex(context, tag, &written) == 1);
    SLUICE_ASSERT(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, tag_bytes, tag) == 1);
}

result<void> check_length(const_byte_span sealed, byte_span plain) {
    if (sealed.size() < aes_256_gcm::tag_bytes)
        return failure{error::corrupt, "sealed bytes are shorter than their tag"};
    SLUICE_ASSERT(plain.size() + aes_256_gcm::tag_bytes == sealed.size());
    return success();
}

result<void> open_in(EVP_CIPHER_CTX* context, const_byte_span associated, const_byte_span sealed,
                     byte_span plain) {
    constexpr auto tag_bytes = aes_256_gcm::tag_bytes;
    std::array<std::byte, tag_bytes> tag;
    std::copy_n(sealed.last(tag_bytes).begin(), tag_bytes, tag.begin());
    feed(context, nullptr, associated);
    feed(context, plain.data(), sealed.first(plain.size()));
    SLUICE_ASSERT(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, tag_bytes, tag.data()) == 1);
    int written = 0;
    unsigned char nothing[tag_bytes];
    if (EVP_CipherFinal_ex(context, nothing, &written) == 1) return success();
    wipe(plain);
    return failure{error::corrupt, "sealed bytes fail their authentication"};
}

// The key schedule does not outlive the call.
void forget(EVP_CIPHER_CTX* context) { SLUICE_ASSERT(EVP_CIPHER_CTX_reset(context) == 1); }

}  // namespace

result<aes_256_gcm> aes_256_gcm::make(const_byte_span key) {
    if (key.size() != key_bytes)
        return failure{error::invalid_argument, "an AES-256 key has 32 bytes"};
    return aes_256_gcm{key};
}

aes_256_gcm::aes_256_gcm(const_byte_span key) noexcept { std::copy_n(key.begin(), key_bytes, key_.begin()); }

aes_256_gcm::~aes_256_gcm() { wipe(key_); }

aes_256_gcm::nonce aes_256_gcm::make_nonce(random_source& random) {
    nonce drawn;
    random.fill(drawn);
    return drawn;
}

void aes_256_gcm::seal(nonce const& once, const_byte_span associated, const_byte_span plain,
                       byte_span sealed) const {
    auto* const context = prepared(key_, once, 1);
    seal_in(context, associated, plain, sealed);
    forget(context);
}

result<void> aes_256_gcm::open(nonce const& once, const_byte_span associated, const_byte_span sealed,
                               byte_span plain) const {
    SLUICE_CHECK(check_length(sealed, plain));
    auto* const context = prepared(key_, once, 0);
    auto opened = open_in(context, associated, sealed, plain);
    forget(context);
    return opened;
}

std::string aes_256_gcm::seal_with_nonce(random_source& random, std::string_view associated,
                                         std::string_view plain) const {
    auto const once = make_nonce(random);
    std::string sealed{as_chars(once)};
    sealed.resize(nonce_bytes + plain.size() + tag_bytes);
    seal(once, as_bytes(associated), as_bytes(plain),
         std::as_writable_bytes(std::span{sealed}).subspan(nonce_bytes));
    return sealed;
}

result<std::string> aes_256_gcm::open_with_nonce(std::string_view associated, std::string_view sealed) const {
    if (sealed.size() < nonce_bytes + tag_bytes)
        return failure{error::corrupt, "sealed bytes are shorter than nonce and tag"};
    nonce once;
    std::copy_n(as_bytes(sealed).begin(), nonce_bytes, once.begin());
    std::string plain(sealed.size() - nonce_bytes - tag_bytes, '\0');
    SLUICE_CHECK(open(once, as_bytes(associated), as_bytes(sealed).subspan(nonce_bytes),
                      std::as_writable_bytes(std::span{plain})));
    return plain;
}

void aes_256_gcm_row::free_context::operator()(evp_cipher_ctx_st* context) const noexcept {
    EVP_CIPHER_CTX_free(context);
}

aes_256_gcm_row::aes_256_gcm_row(const_byte_span key, way which)
    : which_(which), context_(EVP_CIPHER_CTX_new()) {
    SLUICE_ASSERT(context_ && key.size() == aes_256_gcm::key_bytes);
    SLUICE_ASSERT(EVP_CipherInit_ex2(context_.get(), method(), raw(key.data()), nullptr,
                                     which == way::seals ? 1 : 0, nullptr) == 1);
}

aes_256_gcm_row::aes_256_gcm_row(aes_256_gcm_row&&) noexcept = default;
aes_256_gcm_row& aes_256_gcm_row::operator=(aes_256_gcm_row&&) noexcept = default;
aes_256_gcm_row::~aes_256_gcm_row() = default;

void aes_256_gcm_row::seal(aes_256_gcm::nonce const& once, const_byte_span associated,
                           const_byte_span plain, byte_span sealed) {
    SLUICE_ASSERT(which_ == way::seals);
    // A nonce alone starts the next message under the same key.
    SLUICE_ASSERT(EVP_CipherInit_ex2(context_.get(), nullptr, nullptr, raw(once.data()), 1, nullptr) == 1);
    seal_in(context_.get(), associated, plain, sealed);
}

result<void> aes_256_gcm_row::open(aes_256_gcm::nonce const& once, const_byte_span associated,
                                   const_byte_span sealed, byte_span plain) {
    SLUICE_ASSERT(which_ == way::opens);
    SLUICE_CHECK(check_length(sealed, plain));
    SLUICE_ASSERT(EVP_CipherInit_ex2(context_.get(), nullptr, nullptr, raw(once.data()), 0, nullptr) == 1);
    return open_in(context_.get(), associated, sealed, plain);
}

}  // namespace sluice
