#include "gateway/core/aead.hpp"

#include <gtest/gtest.h>

#include <string>

#include "gateway/core/encoding.hpp"

namespace sluice {
namespace {

aes_256_gcm cipher_with(std::string_view hex_key) {
    auto const key = hex_decode(hex_key).value();
    return aes_256_gcm::make(as_bytes(key)).value();
}

// The Galois/Counter Mode of Operation (McGrew, Viega), test cases 13, 14 and 16.
TEST(aes_256_gcm, published_vectors) {
    auto const zero = cipher_with(std::string(64, '0'));
    std::string tag_only(16, '\0');
    zero.seal({}, {}, {}, std::as_writable_bytes(std::span{tag_only}));
    EXPECT_EQ(hex_encode(tag_only), "530f8afbc74536b9a963b4f1c4cb738b");
    std::string sealed(32, '\0');
    std::string const plain(16, '\0');
    zero.seal({}, {}, as_bytes(plain), std::as_writable_bytes(std::span{sealed}));
    EXPECT_EQ(hex_encode(sealed), "cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919");

    auto const cipher = cipher_with("feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308");
    auto const text = hex_decode("d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
                                 "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39").value();
    auto const associated = hex_decode("feedfacedeadbeeffeedfacedeadbeefabaddad2").value();
    auto const once_bytes = hex_decode("cafebabefacedbaddecaf888").value();
    aes_256_gcm::nonce once;
    std::copy_n(as_bytes(once_bytes).begin(), once.size(), once.begin());
    std::string out(text.size() + 16, '\0');
    cipher.seal(once, as_bytes(associated), as_bytes(text), std::as_writable_bytes(std::span{out}));
    EXPECT_EQ(hex_encode(out), "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
                               "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662"
                               "76fc6ece0f4e1768cddf8853bb2d551b");
}

TEST(aes_256_gcm, opens_only_what_was_sealed) {
    seeded_random random{1};
    auto const cipher = cipher_with(std::string(64, 'a'));
    auto const other = cipher_with(std::string(64, 'b'));
    auto const sealed = cipher.seal_with_nonce(random, "name", "secret");
    EXPECT_EQ(cipher.open_with_nonce("name", sealed).value(), "secret");
    EXPECT_EQ(cipher.open_with_nonce("eman", sealed).error().code, error::corrupt);
    EXPECT_EQ(other.open_with_nonce("name", sealed).error().code, error::corrupt);
    for (std::size_t bit = 0; bit < sealed.size() * 8; ++bit) {
        auto changed = sealed;
        changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ (1 << bit % 8));
        EXPECT_EQ(cipher.open_with_nonce("name", changed).error().code, error::corrupt) << bit;
    }
    for (std::size_t length = 0; length < sealed.size(); ++length)
        EXPECT_EQ(cipher.open_with_nonce("name", sealed.substr(0, length)).error().code, error::corrupt);
}

TEST(aes_256_gcm, a_failed_open_leaves_no_plain_text) {
    auto const cipher = cipher_with(std::string(64, 'a'));
    std::string const plain = "0123456789";
    std::string sealed(plain.size() + 16, '\0');
    cipher.seal({}, {}, as_bytes(plain), std::as_writable_bytes(std::span{sealed}));
    sealed.back() = static_cast<char>(sealed.back() ^ 1);
    std::string opened(plain.size(), 'x');
    EXPECT_TRUE(cipher.open({}, {}, as_bytes(sealed), std::as_writable_bytes(std::span{opened})).has_error());
    EXPECT_EQ(opened, std::string(plain.size(), '\0'));
}

TEST(aes_256_gcm, works_in_place_and_draws_fresh_nonces) {
    auto const cipher = cipher_with(std::string(64, 'c'));
    std::string buffer = "in place" + std::string(16, '\0');
    auto const bytes = std::as_writable_bytes(std::span{buffer});
    cipher.seal({}, {}, bytes.first(8), bytes);
    ASSERT_TRUE(cipher.open({}, {}, bytes, bytes.first(8)).has_value());
    EXPECT_EQ(buffer.substr(0, 8), "in place");
    EXPECT_NE(aes_256_gcm::make_nonce(system_random()), aes_256_gcm::make_nonce(system_random()));
}

TEST(aes_256_gcm, a_row_of_messages_is_sealed_as_each_would_be) {
    std::string const key(32, 'r');
    auto const one_by_one = aes_256_gcm::make(as_bytes(key)).value();
    aes_256_gcm_row seals(as_bytes(key), aes_256_gcm_row::way::seals);
    aes_256_gcm_row opens(as_bytes(key), aes_256_gcm_row::way::opens);
    for (std::size_t size : {0u, 5u, 16u, 1000u, 7u}) {
        aes_256_gcm::nonce once{std::byte{static_cast<unsigned char>(size)}};
        std::string const plain(size, 'p');
        std::string expected(size + 16, '\0'), sealed(size + 16, '\0'), opened(size, '\0');
        auto const writable = [](std::string& of) {
            return std::as_writable_bytes(std::span{of});
        };
        one_by_one.seal(once, as_bytes("about"), as_bytes(plain), writable(expected));
        seals.seal(once, as_bytes("about"), as_bytes(plain), writable(sealed));
        EXPECT_EQ(sealed, expected);
        EXPECT_TRUE(opens.open(once, as_bytes("other"), as_bytes(sealed), writable(opened)).has_error());
        ASSERT_TRUE(opens.open(once, as_bytes("about"), as_bytes(sealed), writable(opened)).has_value());
        EXPECT_EQ(opened, plain);
    }
}

TEST(aes_256_gcm, refuses_other_key_lengths) {
    for (std::size_t length : {0u, 16u, 31u, 33u})
        EXPECT_EQ(aes_256_gcm::make(as_bytes(std::string(length, 'k'))).error().code, error::invalid_argument);
}

}  // namespace
}  // namespace sluice
