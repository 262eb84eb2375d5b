// Against the values that the xxHash sanity checks and the reference command line give.
#include "gateway/core/xxhash.hpp"

#include <gtest/gtest.h>

#include "gateway/core/encoding.hpp"

namespace sluice {
namespace {

std::string hex_of(xxhash_kind kind, std::string_view text) {
    xxhash_hasher hasher(kind);
    hasher.update(as_bytes(text));
    return hex_encode(hasher.value());
}

TEST(xxhash, agrees_with_known_values) {
    EXPECT_EQ(hex_of(xxhash_kind::xxh64, ""), "ef46db3751d8e999");
    EXPECT_EQ(hex_of(xxhash_kind::xxh3, ""), "2d06800538d394c2");
    EXPECT_EQ(hex_of(xxhash_kind::xxh128, ""), "99aa06d3014798d86001c324468d497f");
    EXPECT_EQ(hex_of(xxhash_kind::xxh64, "abc"), "44bc2cf5ad770999");
    EXPECT_EQ(hex_of(xxhash_kind::xxh3, "abc"), "78af5f94892f3950");
    EXPECT_EQ(hex_of(xxhash_kind::xxh128, "abc"), "06b05ab6733a618578af5f94892f3950");
}

TEST(xxhash, runs_over_pieces) {
    std::string whole;
    for (int i = 0; i < 5000; ++i) whole.push_back(static_cast<char>(i * 31 + i / 7));
    for (auto kind : {xxhash_kind::xxh64, xxhash_kind::xxh3, xxhash_kind::xxh128}) {
        for (std::size_t piece : {1u, 7u, 240u, 1024u, 4999u}) {
            xxhash_hasher hasher(kind);
            for (std::size_t at = 0; at < whole.size(); at += piece)
                hasher.update(as_bytes(std::string_view(whole).substr(at, piece)));
            EXPECT_EQ(hex_encode(hasher.value()), hex_of(kind, whole));
        }
    }
}

}  // namespace
}  // namespace sluice
