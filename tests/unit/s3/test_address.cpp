#include <gtest/gtest.h>

#include "protocols/s3/wire/address.hpp"

namespace sluice::s3 {
namespace {

std::vector<std::string> const domains{"s3.example.org", "localhost"};

std::string shown(std::string_view host, std::string_view path) {
    auto const where = resolve_address(host, path, domains);
    if (!where) return std::string(row_of(where.error().code).code);
    return where->bucket + "|" + where->key + (where->bucket_in_host ? "|host" : "");
}

TEST(address, takes_the_path_apart) {
    EXPECT_EQ(shown("localhost:9000", "/"), "|");
    EXPECT_EQ(shown("localhost", "/b"), "b|");
    EXPECT_EQ(shown("localhost", "/b/"), "b|");
    EXPECT_EQ(shown("localhost", "/b/k"), "b|k");
    EXPECT_EQ(shown("localhost", "/b//k/"), "b|/k/");
    EXPECT_EQ(shown("10.0.0.1", "/b/../k/./"), "b|../k/./");
    EXPECT_EQ(shown("localhost", "/b/a%20b+c%2Fd%C3%A9"), "b|a b+c/d\xC3\xA9");
}

TEST(address, takes_the_bucket_from_configured_domains) {
    EXPECT_EQ(shown("b.s3.example.org", "/k"), "b|k|host");
    EXPECT_EQ(shown("B.S3.Example.Org:443", "/"), "b||host");
    EXPECT_EQ(shown("a.b.s3.example.org", "/k"), "a.b|k|host");
    EXPECT_EQ(shown("s3.example.org", "/b/k"), "b|k");
    EXPECT_EQ(shown("b.other.org", "/c/k"), "c|k");
    EXPECT_EQ(shown("xs3.example.org", "/c/k"), "c|k");
}

TEST(address, knows_its_level) {
    EXPECT_EQ(resolve_address("localhost", "/", domains)->level, resource_level::service);
    EXPECT_EQ(resolve_address("localhost", "/b/", domains)->level, resource_level::bucket);
    EXPECT_EQ(resolve_address("localhost", "/b/k", domains)->level, resource_level::object);
    EXPECT_EQ(resolve_address("b.localhost", "/", domains)->level, resource_level::bucket);
}

TEST(address, refuses_what_does_not_decode) {
    EXPECT_EQ(shown("localhost", "/b/%zz"), "InvalidURI");
    EXPECT_EQ(shown("localhost", "/b/%4"), "InvalidURI");
    EXPECT_EQ(shown("localhost", "*"), "InvalidURI");
    EXPECT_EQ(shown("localhost", "//k"), "InvalidURI");
}

TEST(address, reads_copy_sources) {
    auto const plain = parse_copy_source("/b/a%20b/c");
    ASSERT_TRUE(plain);
    EXPECT_EQ(plain->bucket, "b");
    EXPECT_EQ(plain->key, "a b/c");
    auto const versioned = parse_copy_source("b/k%3Fx?versionId=null");
    ASSERT_TRUE(versioned);
    EXPECT_EQ(versioned->key, "k?x");
    EXPECT_EQ(versioned->version, "null");
    for (auto const* text : {"", "/", "b", "/b", "/b/", "//k", "b/%g1", "b/k?versionId="})
        EXPECT_FALSE(parse_copy_source(text)) << text;
}

}  // namespace
}  // namespace sluice::s3
