#include "gateway/core/crypto.hpp"

#include <gtest/gtest.h>

#include <string>

namespace sluice {
namespace {

auto const may_block = blocking_token::for_this_thread();

TEST(digest, published_vectors) {
    EXPECT_EQ(hash(digest_kind::md5, "").hex(), "d41d8cd98f00b204e9800998ecf8427e");
    EXPECT_EQ(hash(digest_kind::md5, "abc").hex(), "900150983cd24fb0d6963f7d28e17f72");
    EXPECT_EQ(hash(digest_kind::sha1, "abc").hex(), "a9993e364706816aba3e25717850c26c9cd0d89d");
    EXPECT_EQ(hash(digest_kind::sha256, "").hex(),
              "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    EXPECT_EQ(hash(digest_kind::sha256, "abc").hex(),
              "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    EXPECT_EQ(hash(digest_kind::sha512, "abc").hex(),
              "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
              "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f");
}

TEST(digest, pieces_give_the_same_as_the_whole_and_finishing_starts_afresh) {
    for (auto kind : {digest_kind::md5, digest_kind::sha1, digest_kind::sha256, digest_kind::sha512}) {
        std::string const text(1000, 'x');
        hasher pieces{kind};
        for (int round = 0; round < 2; ++round) {
            for (std::size_t at = 0; at < text.size(); at += 37)
                pieces.update(std::string_view{text}.substr(at, 37));
            EXPECT_EQ(pieces.finish(), hash(kind, text));
        }
        pieces.update("forgotten").reset();
        EXPECT_EQ(pieces.update("abc").finish(), hash(kind, "abc"));
    }
}

TEST(digest, a_copy_continues_on_its_own) {
    hasher first{digest_kind::sha256};
    first.update("ab");
    auto second = first;
    EXPECT_EQ(first.update("c").finish(), hash(digest_kind::sha256, "abc"));
    EXPECT_EQ(second.update("d").finish(), hash(digest_kind::sha256, "abd"));
    second = first;
    EXPECT_EQ(second.finish(), hash(digest_kind::sha256, ""));
}

// RFC 4231
TEST(hmac, published_vectors) {
    EXPECT_EQ(hmac_of(digest_kind::sha256, std::string(20, '\x0b'), "Hi There").hex(),
              "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
    EXPECT_EQ(hmac_of(digest_kind::sha256, "Jefe", "what do ya want for nothing?").hex(),
              "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    EXPECT_EQ(hmac_of(digest_kind::sha512, "Jefe", "what do ya want for nothing?").hex(),
              "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554"
              "9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737");
    EXPECT_EQ(hmac_of(digest_kind::sha256, std::string(131, '\xaa'),
                      "Test Using Larger Than Block-Size Key - Hash Key First").hex(),
              "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST(hmac, one_object_for_many_messages) {
    hmac mac{digest_kind::sha256, "Jefe"};
    for (int round = 0; round < 3; ++round) {
        mac.update("what do ya want ").update("for nothing?");
        EXPECT_EQ(mac.finish(), hmac_of(digest_kind::sha256, "Jefe", "what do ya want for nothing?"));
    }
}

// RFC 6070 (SHA-1) and RFC 7914 section 11 (SHA-256, first block).
TEST(pbkdf2, published_vectors) {
    EXPECT_EQ(pbkdf2(digest_kind::sha1, "password", "salt", 1, may_block).hex(),
              "0c60c80f961f0e71f3a9b524af6012062fe037a6");
    EXPECT_EQ(pbkdf2(digest_kind::sha1, "password", "salt", 4096, may_block).hex(),
              "4b007901b765489abead49d926f721d065a429c1");
    EXPECT_EQ(pbkdf2(digest_kind::sha256, "passwd", "salt", 1, may_block).hex(),
              "55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc");
}

TEST(constant_time_equal, compares_contents_and_lengths) {
    EXPECT_TRUE(constant_time_equal("", ""));
    EXPECT_TRUE(constant_time_equal("secret", "secret"));
    EXPECT_FALSE(constant_time_equal("secret", "secreT"));
    EXPECT_FALSE(constant_time_equal("secret", "secret "));
    EXPECT_FALSE(constant_time_equal(std::string_view("a\0b", 3), std::string_view("a\0c", 3)));
}

TEST(wipe, leaves_nothing) {
    std::string secret = "a secret that is long enough to live on the heap";
    auto const* const at = secret.data();
    wipe(secret);
    EXPECT_TRUE(secret.empty());
    EXPECT_EQ(at[0], '\0');
}

}  // namespace
}  // namespace sluice
