// Server-side encryption: every kind of it, written and read every way, and that nothing of it is
// on the disk in the clear.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "gateway/core/crypto.hpp"
#include "gateway/core/encoding.hpp"
#include "protocols/s3/wire/encryption_headers.hpp"
#include "tests/integration/s3/s3_world.hpp"

namespace sluice::s3 {
namespace {

constexpr std::string_view sse = "x-amz-server-side-encryption";
constexpr std::string_view arn = "arn:aws:kms:us-east-1:000000000000:key/";

std::string content_of(std::size_t size, char seed = 'a') {
    std::string out(size, '\0');
    for (std::size_t i = 0; i < size; ++i)
        out[i] = static_cast<char>('a' + (static_cast<std::size_t>(seed) + i * 7 + i / 1000) % 26);
    return out;
}

header_list customer(char fill, std::string const& prefix = "x-amz-") {
    std::string const key(32, fill);
    return {{prefix + "server-side-encryption-customer-algorithm", "AES256"},
            {prefix + "server-side-encryption-customer-key", base64_encode(key)},
            {prefix + "server-side-encryption-customer-key-MD5", md5_header(key)}};
}

header_list joined(header_list a, header_list const& b) {
    a.insert(a.end(), b.begin(), b.end());
    return a;
}

// One way to be stored: what a write says, and what a read must.
struct way {
    std::string name;
    header_list write;
    header_list read = {};
    header_list read_as_source = {};
    bool hides_digest = false;
};

std::vector<way> all_ways() {
    return {{"none", {}},
            {"s3", {{std::string(sse), "AES256"}}},
            {"kms",
             {{std::string(sse), "aws:kms"},
              {std::string(sse) + "-aws-kms-key-id", "orders"},
              {std::string(sse) + "-context", base64_encode(R"({"shop":"1"})")}},
             {},
             {},
             true},
            {"c", customer('c'), customer('c'), customer('c', "x-amz-copy-source-"), true}};
}

class encryption : public testing::Test {
protected:
    encryption() {
        make_key("orders");
        make_key("other");
        EXPECT_EQ(world.put("/bucket", "").status, 200u);
    }
    void make_key(std::string const& id) {
        auto const boss = world.door().control_socket_caller();
        world.run(world.door().admin().create_encryption_key(boss, id)).value();
    }
    void enable(std::string const& id, bool on) {
        auto const boss = world.door().control_socket_caller();
        ASSERT_TRUE(world.run(world.door().admin().set_encryption_key_enabled(boss, id, on)));
    }
    // In parts of these contents; the ETag's text.
    s3_reply upload(std::string const& key, std::vector<std::string> const& parts, way const& how) {
        auto const created = world.post(key + "?uploads", "", how.write);
        EXPECT_EQ(created.status, 200u) << created.body;
        auto const id = created.element("UploadId");
        std::string document = "<CompleteMultipartUpload>";
        for (std::size_t i = 0; i < parts.size(); ++i) {
            auto const number = std::to_string(i + 1);
            auto const part = world.put(key + "?partNumber=" + number + "&uploadId=" + id,
                                        parts[i], how.read);
            EXPECT_EQ(part.status, 200u) << part.body;
            document += "<Part><PartNumber>" + number + "</PartNumber><ETag>" +
                        part.header("ETag") + "</ETag></Part>";
        }
        return world.post(key + "?uploadId=" + id, document + "</CompleteMultipartUpload>");
    }
    void expect_ranges(std::string const& target, std::string const& content, way const& how) {
        auto const whole = world.get(target, how.read);
        EXPECT_EQ(whole.status, 200u) << whole.body.substr(0, 300);
        EXPECT_TRUE(whole.body == content);
        for (std::size_t from : {std::size_t{0}, std::size_t{65'535}, std::size_t{65'536},
                                 std::size_t{65'537}, content.size() - 1, content.size() / 2})
            for (std::size_t length : {std::size_t{1}, std::size_t{65'536}, std::size_t{200'000}}) {
                if (from >= content.size()) continue;
                auto const range =
                    "bytes=" + std::to_string(from) + "-" + std::to_string(from + length - 1);
                auto const got = world.get(target, joined({{"Range", range}}, how.read));
                EXPECT_EQ(got.status, 206u) << range;
                EXPECT_TRUE(got.body == content.substr(from, length)) << how.name << " " << range;
            }
    }

    s3_world world;
};

TEST_F(encryption, objects_of_every_kind_and_size_come_back) {
    for (auto const& how : all_ways()) {
        for (std::size_t size : {0u, 1u, 2'000u, 65'536u, 300'000u, 1'500'001u}) {
            auto const content = content_of(size);
            auto const target = "/bucket/" + how.name + std::to_string(size);
            auto const put = world.put(target, content, how.write);
            ASSERT_EQ(put.status, 200u) << put.body;
            auto const md5 = "\"" + hash(digest_kind::md5, content).hex() + "\"";
            EXPECT_EQ(put.header("ETag") == md5, !how.hides_digest) << how.name;
            EXPECT_EQ(put.header("ETag").size(), 34u);
            auto const got =
                world.get(target, joined({{"x-amz-checksum-mode", "ENABLED"}}, how.read));
            EXPECT_EQ(got.status, 200u) << got.body;
            EXPECT_TRUE(got.body == content) << how.name << size;
            EXPECT_EQ(got.header("Content-Length"), std::to_string(size));
            EXPECT_FALSE(got.header("x-amz-checksum-crc64nvme").empty());
            auto const head = world.send({"HEAD", target, {}, how.read});
            EXPECT_EQ(head.status, 200u);
            for (auto const& answered : {put, got, head}) {
                EXPECT_EQ(answered.header(sse), how.name == "s3"    ? "AES256"
                                                : how.name == "kms" ? "aws:kms"
                                                                    : "");
                EXPECT_EQ(answered.header(std::string(sse) + "-aws-kms-key-id"),
                          how.name == "kms" ? std::string(arn) + "orders" : "");
                EXPECT_EQ(answered.header(std::string(sse) + "-customer-key-MD5"),
                          how.name == "c" ? md5_header(std::string(32, 'c')) : "");
            }
            EXPECT_EQ(put.header(std::string(sse) + "-context").empty(), how.name != "kms");
        }
        auto const sizes = world.get("/bucket?list-type=2&prefix=" + how.name).elements("Size");
        EXPECT_EQ(std::count(sizes.begin(), sizes.end(), "1500001"), 1);
    }
}

TEST_F(encryption, ranges_are_of_the_plain_bytes) {
    auto const content = content_of(2'200'000);
    for (auto const& how : all_ways()) {
        world.put("/bucket/" + how.name, content, how.write);
        expect_ranges("/bucket/" + how.name, content, how);
        EXPECT_EQ(world.get("/bucket/" + how.name, joined({{"Range", "bytes=2200000-"}}, how.read)).code(),
                  "InvalidRange");
    }
}

TEST_F(encryption, uploads_of_every_kind) {
    world.front.minimum_part_bytes = 100'000;
    std::vector<std::string> const parts{content_of(100'000, 'x'), content_of(1'300'000, 'y'),
                                         content_of(17, 'z')};
    for (auto const& how : all_ways()) {
        auto const target = "/bucket/" + how.name;
        auto const done = upload(target, parts, how);
        ASSERT_EQ(done.status, 200u) << done.body;
        EXPECT_EQ(done.header(sse), how.name == "s3" ? "AES256" : how.name == "kms" ? "aws:kms" : "");
        expect_ranges(target, parts[0] + parts[1] + parts[2], how);
        for (std::size_t i = 0; i < parts.size(); ++i) {
            auto const got = world.get(target + "?partNumber=" + std::to_string(i + 1), how.read);
            EXPECT_EQ(got.status, 206u) << got.body;
            EXPECT_TRUE(got.body == parts[i]);
            EXPECT_EQ(got.header("x-amz-mp-parts-count"), "3");
        }
        auto const about = world.get(
            target + "?attributes",
            joined({{"x-amz-object-attributes", "ObjectParts,ObjectSize"}}, how.read));
        EXPECT_EQ(about.element("ObjectSize"), "1400017") << about.body;
        EXPECT_EQ(about.elements("Size"),
                  (std::vector<std::string>{"100000", "1300000", "17"}));
    }
}

// What is too small is so by its plain bytes.
TEST_F(encryption, the_least_size_of_parts_is_that_of_their_bytes) {
    world.front.minimum_part_bytes = 100'000;
    auto const s3 = all_ways()[1];
    EXPECT_EQ(upload("/bucket/k", {content_of(99'999), content_of(1)}, s3).code(), "EntityTooSmall");
    EXPECT_EQ(upload("/bucket/k", {content_of(100'000), content_of(1)}, s3).status, 200u);
}

TEST_F(encryption, copies_between_any_two_kinds) {
    world.front.minimum_part_bytes = 100'000;
    auto const content = content_of(400'000);
    std::vector<std::string> const parts{content_of(100'000, 'x'), content_of(150'000, 'y')};
    for (auto const& from : all_ways()) {
        world.put("/bucket/from", content, from.write);
        upload("/bucket/parts", parts, from);
        for (auto const& into : all_ways()) {
            for (bool const in_parts : {false, true}) {
                auto const name = from.name + " to " + into.name + (in_parts ? " parts" : "");
                header_list headers{{"x-amz-copy-source", in_parts ? "/bucket/parts" : "/bucket/from"}};
                headers = joined(joined(headers, from.read_as_source), into.write);
                auto const copied = world.put("/bucket/into", "", headers);
                ASSERT_EQ(copied.status, 200u) << name << copied.body;
                EXPECT_EQ(copied.header(sse), into.name == "s3"    ? "AES256"
                                              : into.name == "kms" ? "aws:kms"
                                                                   : "")
                    << name;
                expect_ranges("/bucket/into", in_parts ? parts[0] + parts[1] : content, into);
                auto const got = world.get(
                    "/bucket/into", joined({{"x-amz-checksum-mode", "ENABLED"}}, into.read));
                EXPECT_FALSE(got.header("x-amz-checksum-crc64nvme").empty()) << name;
                auto const md5 = "\"" + hash(digest_kind::md5, content).hex() + "\"";
                if (!in_parts && into.hides_digest) EXPECT_NE(got.header("ETag"), md5) << name;
            }
        }
    }
    // Without the source's key, or with another one.
    EXPECT_EQ(world.put("/bucket/into", "", {{"x-amz-copy-source", "/bucket/from"}}).code(), "InvalidRequest");
    EXPECT_EQ(world.put("/bucket/into", "",
                        joined({{"x-amz-copy-source", "/bucket/from"}},
                               customer('d', "x-amz-copy-source-")))
                  .code(),
              "AccessDenied");
}

TEST_F(encryption, an_encrypted_copy_shares_the_bytes) {
    auto const content = content_of(3'000'000);
    world.put("/bucket/from", content, all_ways()[1].write);
    auto const before = world.engine().journal().statistics().bulk_bytes;
    for (auto const& into : all_ways()) {
        if (into.name == "none") continue;
        header_list headers{{"x-amz-copy-source", "/bucket/from"}};
        ASSERT_EQ(world.put("/bucket/" + into.name, "", joined(headers, into.write)).status, 200u);
    }
    EXPECT_EQ(world.engine().journal().statistics().bulk_bytes, before);
    EXPECT_EQ(world.del("/bucket/from").status, 204u);
    for (auto const& into : all_ways())
        if (into.name != "none")
            EXPECT_TRUE(world.get("/bucket/" + into.name, into.read).body == content);
    // Onto itself, to change the key.
    auto const again = world.put("/bucket/s3", "",
                                 {{"x-amz-copy-source", "/bucket/s3"},
                                  {std::string(sse), "aws:kms"},
                                  {std::string(sse) + "-aws-kms-key-id", "other"}});
    ASSERT_EQ(again.status, 200u) << again.body;
    EXPECT_EQ(world.get("/bucket/s3").header(std::string(sse) + "-aws-kms-key-id"),
              std::string(arn) + "other");
    EXPECT_TRUE(world.get("/bucket/s3").body == content);
}

TEST_F(encryption, parts_are_copied_between_any_two_kinds) {
    auto const content = content_of(300'000);
    for (auto const& from : all_ways()) {
        world.put("/bucket/from", content, from.write);
        for (auto const& into : all_ways()) {
            auto const id = world.post("/bucket/k?uploads", "", into.write).element("UploadId");
            header_list headers{{"x-amz-copy-source", "/bucket/from"},
                                {"x-amz-copy-source-range", "bytes=65530-200000"}};
            headers = joined(joined(headers, from.read_as_source), into.read);
            auto const part = world.put("/bucket/k?partNumber=7&uploadId=" + id, "", headers);
            ASSERT_EQ(part.status, 200u) << from.name << into.name << part.body;
            auto const done = world.post(
                "/bucket/k?uploadId=" + id,
                "<CompleteMultipartUpload><Part><PartNumber>7</PartNumber><ETag>" +
                    part.element("ETag") + "</ETag></Part></CompleteMultipartUpload>");
            ASSERT_EQ(done.status, 200u) << done.body;
            EXPECT_TRUE(world.get("/bucket/k", into.read).body == content.substr(65'530, 134'471));
        }
    }
}

TEST_F(encryption, a_customers_key_is_asked_for) {
    world.put("/bucket/c", "secret", customer('c'));
    world.put("/bucket/unsealed", "plain");
    world.put("/bucket/s3", "plain", all_ways()[1].write);
    auto const needs = world.get("/bucket/c");
    EXPECT_EQ(needs.status, 400u);
    EXPECT_EQ(needs.code(), "InvalidRequest");
    EXPECT_NE(needs.element("Message").find("The correct parameters must be provided"),
              std::string::npos);
    EXPECT_EQ(world.send({"HEAD", "/bucket/c", {}, {}}).status, 400u);
    EXPECT_EQ(world.get("/bucket/c?attributes", {{"x-amz-object-attributes", "ETag"}}).code(),
              "InvalidRequest");
    EXPECT_EQ(world.get("/bucket/c", customer('d')).code(), "AccessDenied");
    EXPECT_EQ(world.send({"HEAD", "/bucket/c", {}, customer('d')}).status, 403u);
    EXPECT_EQ(world.get("/bucket/unsealed", customer('c')).code(), "InvalidRequest");
    EXPECT_EQ(world.get("/bucket/s3", customer('c')).code(), "InvalidRequest");
    EXPECT_EQ(world.send({"HEAD", "/bucket/s3", {}, customer('c')}).status, 400u);
    // Tags are not under it.
    EXPECT_EQ(world.get("/bucket/c?tagging").status, 200u);
    EXPECT_EQ(world.put("/bucket/c?tagging",
                        "<Tagging><TagSet><Tag><Key>a</Key><Value>b</Value></Tag></TagSet></Tagging>",
                        {{"Content-MD5", md5_header("<Tagging><TagSet><Tag><Key>a</Key><Value>b"
                                                    "</Value></Tag></TagSet></Tagging>")}})
                  .status,
              200u);
    EXPECT_EQ(world.get("/bucket/c", customer('c')).body, "secret");
}

TEST_F(encryption, parts_come_with_their_uploads_key) {
    auto const id = world.post("/bucket/k?uploads", "", customer('c')).element("UploadId");
    auto const part = "/bucket/k?partNumber=1&uploadId=" + id;
    EXPECT_EQ(world.put(part, "x").code(), "InvalidRequest");
    EXPECT_EQ(world.put(part, "x", customer('d')).code(), "InvalidRequest");
    auto const etag = world.put(part, "x", customer('c')).header("ETag");
    EXPECT_EQ(world.get("/bucket/k?uploadId=" + id, customer('d')).code(), "InvalidRequest");
    EXPECT_EQ(world.get("/bucket/k?uploadId=" + id, customer('c')).element("Size"), "1");
    std::string const document =
        "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>" + etag +
        "</ETag></Part></CompleteMultipartUpload>";
    EXPECT_EQ(world.post("/bucket/k?uploadId=" + id, document, customer('d')).code(), "InvalidRequest");
    EXPECT_EQ(world.post("/bucket/k?uploadId=" + id, document, customer('c')).status, 200u);
    EXPECT_EQ(world.get("/bucket/k", customer('c')).body, "x");
    auto const plain = world.post("/bucket/k?uploads", "").element("UploadId");
    EXPECT_EQ(world.put("/bucket/k?partNumber=1&uploadId=" + plain, "x", customer('c')).code(),
              "InvalidRequest");
}

TEST_F(encryption, headers_that_make_no_sense_are_refused) {
    auto const name = std::string(sse);
    auto const code = [&](header_list headers) {
        return world.put("/bucket/k", "x", std::move(headers)).code();
    };
    EXPECT_EQ(code({{name, "rot13"}}), "InvalidArgument");
    EXPECT_EQ(code({{name, "aws:kms:dsse"}}), "NotImplemented");
    EXPECT_EQ(code({{name + "-aws-kms-key-id", "orders"}}), "InvalidArgument");
    EXPECT_EQ(code({{name, "AES256"}, {name + "-aws-kms-key-id", "orders"}}), "InvalidArgument");
    EXPECT_EQ(code({{name, "AES256"}, {name + "-bucket-key-enabled", "true"}}), "InvalidArgument");
    EXPECT_EQ(code({{name, "aws:kms"}, {name + "-bucket-key-enabled", "yes"}}), "InvalidArgument");
    for (auto const* context : {"not base64", "e30", "W10="})
        EXPECT_EQ(code({{name, "aws:kms"}, {name + "-context", context}}), "InvalidArgument")
            << context;
    EXPECT_EQ(code({{name, "aws:kms"}, {name + "-context", base64_encode(R"({"a":1})")}}),
              "InvalidArgument");
    EXPECT_EQ(code(joined(customer('c'), {{name, "AES256"}})), "InvalidArgument");
    for (std::size_t missing = 0; missing < 3; ++missing) {
        auto headers = customer('c');
        headers.erase(headers.begin() + static_cast<std::ptrdiff_t>(missing));
        EXPECT_EQ(code(headers), "InvalidArgument") << missing;
        EXPECT_EQ(world.get("/bucket/k", headers).code(), "InvalidArgument") << missing;
    }
    auto headers = customer('c');
    headers[0].second = "AES128";
    EXPECT_EQ(code(headers), "InvalidEncryptionAlgorithmError");
    headers = customer('c');
    headers[1].second = base64_encode(std::string(16, 'c'));
    EXPECT_EQ(code(headers), "InvalidArgument");
    headers = customer('c');
    headers[2].second = md5_header("other");
    EXPECT_EQ(code(headers), "InvalidArgument");
    EXPECT_EQ(world.get("/bucket/k").code(), "NoSuchKey");
}

TEST_F(encryption, customers_keys_travel_in_the_clear_to_the_machine_itself_only) {
    EXPECT_TRUE(carries_keys({"s3", "192.0.2.1", true}));
    EXPECT_FALSE(carries_keys({"s3", "192.0.2.1", false}));
    EXPECT_FALSE(carries_keys({"s3", "2001:db8::1", false}));
    for (auto const* local : {"127.0.0.1", "::1", "::ffff:127.0.0.1", ""})
        EXPECT_TRUE(carries_keys({"s3", local, false})) << local;
}

TEST_F(encryption, named_keys_are_looked_up) {
    auto const named = [&](std::string const& key) {
        return world.put("/bucket/k", "x",
                         {{std::string(sse), "aws:kms"}, {std::string(sse) + "-aws-kms-key-id", key}});
    };
    auto const id = std::string(sse) + "-aws-kms-key-id";
    for (auto const* spelled : {"orders", "alias/orders", "arn:aws:kms:us-east-1:000000000000:key/orders",
                                "arn:aws:kms:us-east-1:000000000000:alias/orders"})
        EXPECT_EQ(named(spelled).header(id), std::string(arn) + "orders") << spelled;
    for (auto const* unknown : {"nothere", "arn:aws:kms:eu-west-1:000000000000:key/orders",
                                "arn:aws:kms:us-east-1:000000000001:key/orders", "alias/"})
        EXPECT_EQ(named(unknown).code(), "KMS.NotFoundException") << unknown;
    // None named: the built-in one.
    EXPECT_EQ(world.put("/bucket/own", "x", {{std::string(sse), "aws:kms"}}).header(id),
              std::string(arn) + "aws/s3");
    EXPECT_EQ(named("aws/s3").status, 200u);

    ASSERT_EQ(named("other").status, 200u);
    auto const open = world.post("/bucket/u?uploads", "",
                                 {{std::string(sse), "aws:kms"}, {id, "other"}}).element("UploadId");
    enable("other", false);
    EXPECT_EQ(named("other").code(), "KMS.DisabledException");
    auto const refused = world.get("/bucket/k");
    EXPECT_EQ(refused.status, 400u);
    EXPECT_EQ(refused.code(), "KMS.DisabledException");
    EXPECT_EQ(world.send({"HEAD", "/bucket/k", {}, {}}).status, 200u);
    EXPECT_EQ(world.put("/bucket/u?partNumber=1&uploadId=" + open, "x").code(), "KMS.DisabledException");
    EXPECT_EQ(world.put("/bucket/copy", "",
                        {{"x-amz-copy-source", "/bucket/k"}, {std::string(sse), "AES256"}}).code(),
              "KMS.DisabledException");
    EXPECT_EQ(world.put("/bucket/copy", "", {{"x-amz-copy-source", "/bucket/k"}}).code(),
              "KMS.DisabledException");
    enable("other", true);
    EXPECT_EQ(world.get("/bucket/k").body, "x");

    auto const boss = world.door().control_socket_caller();
    auto& admin = world.door().admin();
    EXPECT_EQ(world.run(admin.set_encryption_key_enabled(boss, "aws/s3", false)).error().code,
              error::invalid_argument);
    EXPECT_EQ(world.run(admin.set_encryption_key_enabled(boss, "none", false)).error().code,
              error::not_found);
    EXPECT_EQ(world.run(admin.create_encryption_key(boss, "orders")).error().code,
              error::already_exists);
    EXPECT_EQ(world.run(admin.create_encryption_key(boss, "a/b")).error().code,
              error::invalid_argument);
    EXPECT_EQ(world.run(admin.list_encryption_keys(boss)).value().size(), 3u);
    auto const bob = world.as(world.add_user("bob"));
    EXPECT_EQ(world.run(admin.create_encryption_key(bob, "bobs")).error().code,
              error::permission_denied);
    auto const all = world.audit();
    EXPECT_TRUE(std::any_of(all.begin(), all.end(), [](std::string const& one) {
        return one.find("encryption-key:orders") != std::string::npos;
    }));
}

std::string configuration(std::string const& inside) {
    return "<ServerSideEncryptionConfiguration><Rule>" + inside +
           "</Rule></ServerSideEncryptionConfiguration>";
}

TEST_F(encryption, a_buckets_default_is_what_writers_get_who_say_nothing) {
    auto const set = [&](std::string const& inside) {
        auto const document = configuration(inside);
        return world.put("/bucket?encryption", document, {{"Content-MD5", md5_header(document)}});
    };
    EXPECT_EQ(world.get("/bucket?encryption").code(), "ServerSideEncryptionConfigurationNotFoundError");
    EXPECT_EQ(set("<ApplyServerSideEncryptionByDefault><SSEAlgorithm>AES256</SSEAlgorithm>"
                  "</ApplyServerSideEncryptionByDefault>").status, 200u);
    EXPECT_EQ(world.get("/bucket?encryption").element("SSEAlgorithm"), "AES256");
    EXPECT_EQ(world.get("/bucket?encryption").element("BucketKeyEnabled"), "false");
    world.put("/bucket/k", "x");
    EXPECT_EQ(world.get("/bucket/k").header(sse), "AES256");
    EXPECT_EQ(world.get("/bucket/k").body, "x");

    EXPECT_EQ(set("<ApplyServerSideEncryptionByDefault><SSEAlgorithm>aws:kms</SSEAlgorithm>"
                  "<KMSMasterKeyID>alias/orders</KMSMasterKeyID>"
                  "</ApplyServerSideEncryptionByDefault><BucketKeyEnabled>true</BucketKeyEnabled>")
                  .status, 200u);
    EXPECT_EQ(world.get("/bucket?encryption").element("KMSMasterKeyID"), "alias/orders");
    auto const bucket_key = std::string(sse) + "-bucket-key-enabled";
    auto const id = std::string(sse) + "-aws-kms-key-id";
    for (auto const& reply : {world.put("/bucket/k", "x"), world.get("/bucket/k"),
                              world.post("/bucket/u?uploads", "")}) {
        EXPECT_EQ(reply.header(id), std::string(arn) + "orders");
        EXPECT_EQ(reply.header(bucket_key), "true");
    }
    // A copy takes the target's, not the source's.
    world.put("/unsealed", "");
    world.put("/unsealed/k", "x");
    EXPECT_EQ(world.put("/bucket/copy", "", {{"x-amz-copy-source", "/unsealed/k"}}).header(id),
              std::string(arn) + "orders");
    EXPECT_EQ(world.put("/unsealed/copy", "", {{"x-amz-copy-source", "/bucket/k"}}).header(sse), "");
    EXPECT_EQ(world.get("/unsealed/copy").body, "x");
    // What a request says wins.
    EXPECT_EQ(world.put("/bucket/k", "x", {{std::string(sse), "AES256"}}).header(sse), "AES256");
    auto const other = world.put("/bucket/k", "x", {{std::string(sse), "aws:kms"}, {id, "other"},
                                               {bucket_key, "false"}});
    EXPECT_EQ(other.header(bucket_key), "");
    EXPECT_EQ(other.header(id), std::string(arn) + "other");
    EXPECT_EQ(world.put("/bucket/k", "x", customer('c')).header(sse), "");

    EXPECT_EQ(set("<BlockedEncryptionTypes><EncryptionType>SSE-C</EncryptionType>"
                  "</BlockedEncryptionTypes>").status, 200u);
    EXPECT_EQ(world.put("/bucket/k", "x", customer('c')).code(), "AccessDenied");
    EXPECT_EQ(world.put("/bucket/k", "x").header(sse), "");
    EXPECT_EQ(world.get("/bucket?encryption").element("EncryptionType"), "SSE-C");

    EXPECT_EQ(world.del("/bucket?encryption").status, 204u);
    EXPECT_EQ(world.get("/bucket?encryption").code(), "ServerSideEncryptionConfigurationNotFoundError");
    EXPECT_EQ(world.put("/bucket/k", "x", customer('c')).status, 200u);
    EXPECT_EQ(world.put("/bucket/k", "x").header(sse), "");

    std::string const method = "<ApplyServerSideEncryptionByDefault><SSEAlgorithm>";
    std::string const end = "</SSEAlgorithm></ApplyServerSideEncryptionByDefault>";
    EXPECT_EQ(set(method + "aws:kms:dsse" + end).code(), "NotImplemented");
    EXPECT_EQ(set(method + "rot13" + end).code(), "MalformedXML");
    EXPECT_EQ(set("").code(), "MalformedXML");
    EXPECT_EQ(set(method + "AES256" + end + method + "AES256" + end).code(), "MalformedXML");
    EXPECT_EQ(set("<ApplyServerSideEncryptionByDefault><SSEAlgorithm>AES256</SSEAlgorithm>"
                  "<KMSMasterKeyID>orders</KMSMasterKeyID></ApplyServerSideEncryptionByDefault>")
                  .code(), "InvalidArgument");
}

TEST_F(encryption, new_buckets_are_as_the_server_is_told) {
    world.front.encrypts_new_buckets = true;
    world.put("/new", "");
    EXPECT_EQ(world.get("/new?encryption").element("SSEAlgorithm"), "AES256");
    EXPECT_EQ(world.put("/new/k", "x").header(sse), "AES256");
}

// The simulated device keeps every byte that was written to it; here the files of a real one.
class encrypted_files : public testing::Test {
protected:
    // Every file below the store's folder.
    bool found(std::string const& text) {
        namespace fs = std::filesystem;
        for (auto const& entry : fs::recursive_directory_iterator(world.options.data_folder)) {
            if (!entry.is_regular_file()) continue;
            std::ifstream in(entry.path(), std::ios::binary);
            std::string const bytes{std::istreambuf_iterator<char>(in), {}};
            if (bytes.find(text) != std::string::npos) return true;
        }
        return false;
    }
    s3_world world{true};
};

TEST_F(encrypted_files, hold_nothing_in_the_clear) {
    auto const boss = world.door().control_socket_caller();
    world.run(world.door().admin().create_encryption_key(boss, "orders")).value();
    ASSERT_EQ(world.put("/bucket", "").status, 200u);
    auto const line = [](std::string const& name) {
        return "the plain text of " + name + " that nobody else has written, ";
    };
    auto const many = [&](std::string const& name, std::size_t bytes) {
        std::string out;
        while (out.size() < bytes) out += line(name);
        return out;
    };
    // In the record, in the commit, in frames of their own, in parts.
    std::vector<std::size_t> const sizes{200, 40'000, 1'500'000};
    for (auto const& how : all_ways()) {
        for (auto const size : sizes) {
            auto const name = how.name + std::to_string(size);
            ASSERT_EQ(world.put("/bucket/" + name, many(name, size), how.write).status, 200u);
        }
        auto const id = world.post("/bucket/" + how.name + "?uploads", "", how.write).element("UploadId");
        auto const part = world.put("/bucket/" + how.name + "?partNumber=1&uploadId=" + id,
                                    many(how.name + "part", 600'000), how.read);
        ASSERT_EQ(part.status, 200u) << part.body;
    }
    // And when it was read, and the store was closed and opened.
    world.restart();
    for (auto const& how : all_ways())
        for (auto const size : sizes) {
            auto const name = how.name + std::to_string(size);
            auto const got = world.get("/bucket/" + name, how.read);
            EXPECT_TRUE(got.body == many(name, size)) << name << got.code();
        }
    for (auto const& how : all_ways()) {
        bool const clear = how.name == "none";
        for (auto const size : sizes)
            EXPECT_EQ(found(line(how.name + std::to_string(size))), clear) << how.name << size;
        EXPECT_EQ(found(line(how.name + "part")), clear) << how.name;
    }
    EXPECT_FALSE(found(std::string(32, 'c')));
    EXPECT_FALSE(found(base64_encode(std::string(32, 'c'))));
}

TEST_F(encrypted_files, are_lost_with_the_key_file_and_say_so) {
    ASSERT_EQ(world.put("/bucket", "").status, 200u);
    ASSERT_EQ(world.put("/bucket/k", "x", all_ways()[1].write).status, 200u);
    std::filesystem::rename(world.options.key_file, world.options.key_file + ".away");
    EXPECT_ANY_THROW(world.restart());
    std::filesystem::rename(world.options.key_file + ".away", world.options.key_file);
    world.restart();
    EXPECT_EQ(world.get("/bucket/k").body, "x");
}

}  // namespace
}  // namespace sluice::s3
