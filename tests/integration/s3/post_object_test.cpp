#include <gtest/gtest.h>

#include "auth/authn/amz_date.hpp"
#include "gateway/core/crypto.hpp"
#include "gateway/core/encoding.hpp"
#include "tests/integration/s3/s3_world.hpp"
#include "tests/unit/auth/counted_refusals.hpp"

namespace sluice::s3 {
namespace {

// Browsers' form uploads, signed and sent as a page would.
class form_uploads : public testing::Test {
protected:
    form_uploads() { world.put("/bucket", ""); }

    // The fields of a form that is signed for `conditions` (JSON, without the ones every form has).
    header_list signed_fields(header_list fields, std::string const& conditions,
                              std::string const& expiration = "2026-01-01T01:00:00Z") {
        auto const now = auth::format_amz_date(world.clock.now());
        auth::sigv4_claim claim;
        claim.date = now.substr(0, 8);
        claim.region = "us-east-1";
        claim.service = "s3";
        auto const credential = world.who.access_key + "/" + claim.scope();
        auto const policy = base64_encode(
            "{\"expiration\": \"" + expiration + "\", \"conditions\": [{\"bucket\": \"bucket\"}, " +
            conditions + "{\"x-amz-algorithm\": \"AWS4-HMAC-SHA256\"}, {\"x-amz-credential\": \"" +
            credential + "\"}, {\"x-amz-date\": \"" + now + "\"}]}");
        auto const key = auth::signing_key(world.who.secret, claim);
        fields.insert(fields.end(), {{"x-amz-algorithm", "AWS4-HMAC-SHA256"},
                                     {"x-amz-credential", credential},
                                     {"x-amz-date", now},
                                     {"policy", policy},
                                     {"x-amz-signature", auth::signature_of(key, policy)}});
        return fields;
    }
    static std::string body_of(header_list const& fields, std::string const& file) {
        std::string body;
        for (auto const& [name, value] : fields)
            body += "--BOUNDARY\r\nContent-Disposition: form-data; name=\"" + name + "\"\r\n\r\n" +
                    value + "\r\n";
        return body +
               "--BOUNDARY\r\nContent-Disposition: form-data; name=\"file\"; "
               "filename=\"dir/a b.txt\"\r\nContent-Type: text/plain\r\n\r\n" +
               file + "\r\n--BOUNDARY--\r\n";
    }
    s3_reply send_body(std::string const& body, header_list headers = {},
                       std::string const& target = "/bucket") {
        headers.emplace_back("Content-Type", "multipart/form-data; boundary=BOUNDARY");
        return world.send_unsigned({"POST", target, body, headers});
    }
    s3_reply post(header_list const& fields, std::string const& file = "hello") {
        return send_body(body_of(fields, file));
    }
    // With a form signed for the key and one more field.
    s3_reply post_with(std::string const& name, std::string const& value) {
        return post(signed_fields({{"key", "k"}, {name, value}},
                                  R"({"key": "k"}, ["starts-with", "$)" + name + R"(", ""], )"));
    }
    void expect_nothing() { EXPECT_EQ(world.keys("bucket"), std::vector<std::string>{}); }

    s3_world world;
    std::string const any_key = R"(["starts-with", "$key", ""], )";
};

TEST_F(form_uploads, store_an_object) {
    auto const fields = signed_fields(
        {{"key", "up/${filename}"},
         {"Content-Type", "image/x"},
         {"x-amz-meta-Colour", "blue"},
         {"tagging",
          "<Tagging><TagSet><Tag><Key>a</Key><Value>1</Value></Tag></TagSet></Tagging>"}},
        R"(["starts-with", "$key", "up/"], ["starts-with", "$Content-Type", "image/"], )"
        R"({"x-amz-meta-colour": "blue"}, ["starts-with", "$tagging", ""], )"
        R"(["content-length-range", 1, 100], )");
    auto const reply = post(fields);
    EXPECT_EQ(reply.status, 204u) << reply.body;
    EXPECT_EQ(reply.header("ETag"), "\"5d41402abc4b2a76b9719d911017c592\"");
    EXPECT_EQ(reply.header("Location"), "https://localhost/bucket/up%2Fa%20b.txt");
    EXPECT_EQ(reply.header("x-amz-checksum-type"), "FULL_OBJECT");
    auto const got = world.get("/bucket/up/a%20b.txt");
    EXPECT_EQ(got.body, "hello");
    EXPECT_EQ(got.header("Content-Type"), "image/x");
    EXPECT_EQ(got.header("x-amz-meta-colour"), "blue");
    EXPECT_EQ(world.get("/bucket/up/a%20b.txt?tagging").element("Value"), "1");
    std::size_t found = 0;
    for (auto const& record : world.audit())
        found += record.find(reply.header("x-amz-request-id")) != std::string::npos &&
                 record.find("PostObject") != std::string::npos &&
                 record.find("sigv4-form") != std::string::npos;
    EXPECT_EQ(found, 1u);
}

TEST_F(form_uploads, take_any_bytes_in_any_pieces) {
    std::string bytes;
    for (int i = 0; i < 300'000; ++i) bytes += static_cast<char>(i * i >> 7);
    bytes += "\r\n--BOUNDAR\r\n--\r\r\n";
    for (std::size_t piece : {SIZE_MAX, std::size_t{1000}, std::size_t{61}}) {
        world.read_piece = piece;
        auto const reply = post(signed_fields({{"key", "k"}}, any_key), bytes);
        EXPECT_EQ(reply.status, 204u) << reply.body;
        EXPECT_TRUE(world.get("/bucket/k").body == bytes) << piece;
    }
    EXPECT_EQ(post(signed_fields({{"key", "empty"}}, any_key), "").status, 204u);
    EXPECT_EQ(world.get("/bucket/empty").body, "");
}

TEST_F(form_uploads, answer_as_the_form_wishes) {
    auto const reply = post_with("success_action_status", "201");
    EXPECT_EQ(reply.status, 201u);
    EXPECT_EQ(reply.element("Location"), "https://localhost/bucket/k");
    EXPECT_EQ(reply.element("Bucket"), "bucket");
    EXPECT_EQ(reply.element("Key"), "k");
    EXPECT_NE(reply.element("ETag"), "");
    EXPECT_EQ(post_with("success_action_status", "200").status, 200u);
    auto const sent_on = post_with("success_action_redirect", "http://example.org/done?x=1");
    EXPECT_EQ(sent_on.status, 303u);
    EXPECT_EQ(sent_on.header("Location"),
              "http://example.org/done?x=1&bucket=bucket&key=k"
              "&etag=%225d41402abc4b2a76b9719d911017c592%22");
    EXPECT_EQ(post_with("success_action_redirect", "not a url").status, 204u);
}

TEST_F(form_uploads, are_found_by_host_too) {
    world.front.domains = {"s3.test"};
    auto const body = body_of(signed_fields({{"key", "k"}}, any_key), "hello");
    auto const bytes =
        "POST / HTTP/1.1\r\nHost: bucket.s3.test\r\nContent-Type: multipart/form-data; "
        "boundary=BOUNDARY\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
    auto const reply = world.exchange_all(bytes, {"POST"}).front();
    EXPECT_EQ(reply.status, 204u) << reply.body;
    EXPECT_EQ(reply.header("Location"), "https://bucket.s3.test/k");
    EXPECT_EQ(world.get("/bucket/k").body, "hello");
}

TEST_F(form_uploads, are_held_to_their_policy) {
    auto const denied = [&](header_list const& fields) {
        auto const reply = post(fields);
        EXPECT_EQ(reply.status, 403u);
        EXPECT_EQ(reply.code(), "AccessDenied");
        return reply.element("Message");
    };
    EXPECT_EQ(denied(signed_fields({{"key", "other"}}, R"({"key": "k"}, )")),
              "Invalid according to Policy: Policy Condition failed: "
              "[&quot;eq&quot;, &quot;$key&quot;, &quot;k&quot;]");
    EXPECT_EQ(denied(signed_fields({{"key", "k"}, {"x-amz-meta-a", "1"}}, any_key)),
              "Invalid according to Policy: Extra input fields: x-amz-meta-a");
    EXPECT_EQ(denied(signed_fields({{"key", "k"}}, any_key, "2025-12-31T23:59:59Z")),
              "Invalid according to Policy: Policy expired.");
    auto const range = any_key + R"(["content-length-range", 5, 10], )";
    auto const sized = [&](std::size_t size) {
        return post(signed_fields({{"key", "k"}}, range), std::string(size, 'x'));
    };
    auto const large = sized(12);
    EXPECT_EQ(large.code(), "EntityTooLarge");
    EXPECT_EQ(large.element("ProposedSize"), "12");
    EXPECT_EQ(large.element("MaxSizeAllowed"), "10");
    EXPECT_EQ(sized(100'000).code(), "EntityTooLarge");
    EXPECT_EQ(sized(1).code(), "EntityTooSmall");
    expect_nothing();
    EXPECT_EQ(sized(5).status, 204u);
    EXPECT_EQ(sized(10).status, 204u);
    world.put("/another", "");
    auto const body = body_of(signed_fields({{"key", "k"}}, any_key), "x");
    EXPECT_EQ(send_body(body, {}, "/another").code(), "AccessDenied");
}

TEST_F(form_uploads, prove_who_asks) {
    auto fields = signed_fields({{"key", "k"}}, any_key);
    auto const changed = [&](std::string const& name, std::string const& value) {
        auto other = fields;
        for (auto& field : other)
            if (field.first == name) field.second = value;
        return post(other).code();
    };
    EXPECT_EQ(changed("policy", fields[4].second.substr(4)), "SignatureDoesNotMatch");
    EXPECT_EQ(changed("x-amz-signature", std::string(64, '0')), "SignatureDoesNotMatch");
    EXPECT_EQ(changed("x-amz-credential", "nobody/20260101/us-east-1/s3/aws4_request"),
              "InvalidAccessKeyId");
    EXPECT_EQ(changed("x-amz-credential", "root/20260101/eu-west-1/s3/aws4_request"),
              "InvalidArgument");
    EXPECT_EQ(changed("x-amz-algorithm", "AWS4-HMAC-SHA1"), "InvalidArgument");
    EXPECT_EQ(changed("x-amz-date", "yesterday"), "InvalidArgument");
    EXPECT_EQ(world.door().counters().failed_authentications, 6u);
    EXPECT_EQ(auth::refusals_in(world.audit(), "s3", "192.0.2.1", "signature_mismatch"),
              (auth::counted_refusals{1, 2}));
    fields.emplace_back("x-amz-security-token", "t");
    EXPECT_EQ(post(fields).code(), "InvalidToken");
    EXPECT_EQ(world.post("/bucket", body_of(signed_fields({{"key", "k"}}, any_key), "x"),
                         {{"Content-Type", "multipart/form-data; boundary=BOUNDARY"}})
                  .code(),
              "InvalidArgument");
    expect_nothing();
}

TEST_F(form_uploads, have_the_rights_of_who_signed) {
    world.who = world.add_user("reader", {"allow reader readonly on bucket/*"});
    EXPECT_EQ(post(signed_fields({{"key", "k"}}, any_key)).code(), "AccessDenied");
    world.who = {"root", auth::root_password};
    EXPECT_EQ(post({{"key", "k"}}).code(), "AccessDenied");
    expect_nothing();
    world.add_user("somebody", {"allow anyone update on bucket/open/*"});
    EXPECT_EQ(post({{"key", "open/k"}}).status, 204u);
    EXPECT_EQ(post({{"key", "k"}}).code(), "AccessDenied");
    EXPECT_EQ(world.keys("bucket"), std::vector<std::string>{"open/k"});
}

TEST_F(form_uploads, are_refused_in_words_of_their_own) {
    auto const fields = signed_fields({{"key", "k"}}, any_key);
    auto const other =
        world.send_unsigned({"POST", "/bucket", "a=b", {{"Content-Type", "text/html"}}});
    EXPECT_EQ(other.status, 412u);
    EXPECT_EQ(other.code(), "PreconditionFailed");
    EXPECT_EQ(other.element("Condition"),
              "Bucket POST must be of the enclosure-type multipart/form-data");
    EXPECT_EQ(send_body("no form").code(), "MalformedPOSTRequest");
    auto const keyless = post({{"policy", "p"}});
    EXPECT_EQ(keyless.code(), "InvalidArgument");
    EXPECT_EQ(keyless.element("ArgumentName"), "key");
    auto const fileless = send_body("--BOUNDARY\r\nContent-Disposition: form-data; "
                                    "name=key\r\n\r\nk\r\n--BOUNDARY--");
    EXPECT_EQ(fileless.code(), "InvalidArgument");
    EXPECT_EQ(fileless.element("ArgumentName"), "file");
    auto const long_one = post({{"key", "k"}, {"x-ignore-a", std::string(20'480, 'x')}});
    EXPECT_EQ(long_one.code(), "MaxPostPreDataLengthExceeded");
    EXPECT_EQ(long_one.element("MaxPostPreDataLengthBytes"), "20480");
    auto two = body_of(fields, "a");
    two.resize(two.size() - 4);
    EXPECT_EQ(send_body(two + "\r\n" + body_of({}, "b").substr(12)).code(),
              "IncorrectNumberOfFilesInPostRequest");
    auto const truncated = body_of(fields, "hello");
    EXPECT_EQ(send_body(truncated.substr(0, truncated.size() - 6)).code(), "MalformedPOSTRequest");
    EXPECT_EQ(send_body(truncated + std::string(100'000, 'x')).code(), "MalformedPOSTRequest");
    world.front.object_bytes = 4;
    EXPECT_EQ(post(fields).code(), "EntityTooLarge");
    expect_nothing();
}

TEST_F(form_uploads, are_checked_against_their_digests) {
    EXPECT_EQ(post_with("Content-MD5", md5_header("hello")).status, 204u);
    EXPECT_EQ(post_with("x-amz-checksum-sha256", "LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=")
                  .header("x-amz-checksum-sha256"),
              "LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=");
    world.del("/bucket/k");
    EXPECT_EQ(post_with("Content-MD5", md5_header("other")).code(), "BadDigest");
    EXPECT_EQ(post_with("Content-MD5", "short").code(), "InvalidDigest");
    EXPECT_EQ(post_with("x-amz-checksum-crc32", "AAAAAA==").code(), "BadDigest");
    EXPECT_EQ(post_with("x-amz-checksum-crc32", "nonsense").code(), "InvalidRequest");
    auto const refused = post_with("x-amz-server-side-encryption", "aws:kms:dsse");
    EXPECT_EQ(refused.status, 501u);
    EXPECT_EQ(refused.element("Header"), "x-amz-server-side-encryption");
    EXPECT_EQ(post_with("acl", "public-read").code(), "AccessControlListNotSupported");
    EXPECT_EQ(send_body(body_of(signed_fields({{"key", "k"}}, any_key), "x"),
                        {{"x-amz-meta-a", "1"}})
                  .element("Header"),
              "x-amz-meta-a");
    expect_nothing();
    EXPECT_EQ(post_with("acl", "private").status, 204u);
}

TEST_F(form_uploads, that_are_cut_anywhere_leave_nothing) {
    auto const body = body_of(signed_fields({{"key", "k"}}, any_key), std::string(3000, 'x'));
    auto const bytes = "POST /bucket HTTP/1.1\r\nHost: localhost\r\nContent-Type: "
                       "multipart/form-data; boundary=BOUNDARY\r\nContent-Length: " +
                       std::to_string(body.size()) + "\r\n\r\n" + body;
    for (std::size_t size = 1; size < bytes.size(); size += 97)
        EXPECT_EQ(world.exchange_all(bytes.substr(0, size), {"POST"}).front().status, 400u) << size;
    expect_nothing();
    EXPECT_EQ(world.exchange_all(bytes, {"POST"}).front().status, 204u);
}

}  // namespace
}  // namespace sluice::s3
