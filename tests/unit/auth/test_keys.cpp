#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "auth/keys/access_key.hpp"
#include "auth/keys/key_file.hpp"
#include "auth/keys/scram_verifier.hpp"
#include "auth/keys/sealer.hpp"
#include "gateway/core/encoding.hpp"
#include "tests/support/temporary_folder.hpp"

namespace sluice::auth {
namespace {

blocking_token const token = blocking_token::for_this_thread();

// RFC 7677 section 3: user "user", password "pencil".
TEST(ScramVerifier, Rfc7677Keys) {
    auto made = make_scram_verifier(digest_kind::sha256, "pencil",
                                    *base64_decode("W22ZaJ0SNY7soEsUEjb6gQ=="), 4096, token);
    EXPECT_EQ(
        to_text(made),
        "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:"
        "wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=");
    EXPECT_TRUE(password_matches(made, "pencil", token));
    EXPECT_FALSE(password_matches(made, "Pencil", token));
}

TEST(ScramVerifier, TextRoundTripsForBothDigests) {
    for (auto kind : {digest_kind::sha256, digest_kind::sha512}) {
        auto made = make_scram_verifier(kind, "correct horse", "0123456789abcdef", 10, token);
        EXPECT_EQ(parse_scram_verifier(to_text(made)).value(), made);
    }
    for (auto const* bad : {"", "md5abc", "SCRAM-SHA-256$", "SCRAM-SHA-256$0:YQ==$YQ==:YQ==",
                            "SCRAM-SHA-256$x:YQ==$YQ==:YQ==", "SCRAM-SHA-256$4096:YQ==$YQ==:YQ==",
                            "SCRAM-SHA-256$9999999999:YQ==$YQ==:YQ=="})
        EXPECT_TRUE(parse_scram_verifier(bad).has_error()) << bad;
}

TEST(ScramVerifier, Passwords) {
    EXPECT_TRUE(check_password("correct horse"));
    EXPECT_EQ(check_password("short").error().code, error::invalid_argument);
    EXPECT_EQ(check_password("p\xc3\xa4sswort1").error().code, error::unsupported);
    EXPECT_TRUE(check_password(std::string(257, 'a')).has_error());
}

TEST(Sealer, BoundToKeyAndId) {
    seeded_random random(1);
    auto seal = sealer::make(std::string(32, 'k')).value();
    auto sealed = seal.seal(random, "SL1", "secret");
    EXPECT_EQ(seal.open("SL1", sealed).value(), "secret");
    EXPECT_EQ(sealed.find("secret"), std::string::npos);
    EXPECT_EQ(seal.open("SL2", sealed).error().code, error::corrupt);
    EXPECT_EQ(sealer::make(std::string(32, 'x')).value().open("SL1", sealed).error().code,
              error::corrupt);
    for (std::size_t i = 0; i < sealed.size(); ++i) {
        auto damaged = sealed;
        damaged[i] = static_cast<char>(damaged[i] ^ 1);
        EXPECT_TRUE(seal.open("SL1", damaged).has_error()) << i;
    }
    EXPECT_TRUE(seal.open("SL1", "").has_error());
    EXPECT_TRUE(sealer::make("short").has_error());
}

TEST(AccessKey, ShapeAndFreshness) {
    seeded_random random(1);
    auto one = make_access_key(random), two = make_access_key(random);
    EXPECT_EQ(one.id.size(), 20u);
    EXPECT_EQ(one.secret.size(), 40u);
    EXPECT_NE(one.id, two.id);
    EXPECT_NE(one.secret, two.secret);
}

class KeyFile : public testing::Test {
protected:
    test_support::temporary_folder folder;
    std::string const path = folder.path() + "/key";
    seeded_random random{7};

    result<std::string> load(bool may_create = true) {
        return load_key_file({path, folder.path() + "/data", may_create}, random, token);
    }
};

TEST_F(KeyFile, MadeOnceAndReadBack) {
    auto made = load();
    ASSERT_TRUE(made) << made.error().describe();
    EXPECT_EQ(made->size(), 32u);
    struct stat about{};
    ASSERT_EQ(::stat(path.c_str(), &about), 0);
    EXPECT_EQ(about.st_mode & 0777, 0600u);
    EXPECT_EQ(load(false).value(), *made);
    EXPECT_FALSE(std::filesystem::exists(path + ".new"));
}

TEST_F(KeyFile, MissingIsAnErrorWhenSomethingIsSealed) {
    EXPECT_EQ(load(false).error().code, error::not_found);
}

TEST_F(KeyFile, OthersMayNotReadIt) {
    ASSERT_TRUE(load());
    ASSERT_EQ(::chmod(path.c_str(), 0640), 0);
    EXPECT_EQ(load().error().code, error::permission_denied);
}

TEST_F(KeyFile, LinksAndJunkAreRefused) {
    {
        std::ofstream(path) << "sluice-key-file 1 zz\n";
    }
    ASSERT_EQ(::chmod(path.c_str(), 0600), 0);
    EXPECT_EQ(load().error().code, error::malformed);
    std::filesystem::remove(path);
    std::filesystem::create_symlink("elsewhere", path);
    EXPECT_TRUE(load().has_error());
}

TEST_F(KeyFile, NotInsideTheDataFolder) {
    key_file_options inside{folder.path() + "/data/sub/../key", folder.path() + "/data", true};
    EXPECT_EQ(load_key_file(inside, random, token).error().code, error::invalid_argument);
    EXPECT_EQ(load_key_file({"relative", "", true}, random, token).error().code,
              error::invalid_argument);
}

}  // namespace
}  // namespace sluice::auth
