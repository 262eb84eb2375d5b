#include <gtest/gtest.h>

#include "tests/integration/s3/s3_world.hpp"
#include "tests/unit/auth/counted_refusals.hpp"

namespace sluice::s3 {
namespace {

class authentication : public testing::Test {
protected:
    authentication() {
        world.put("/bucket", "");
        world.put("/bucket/k", "secret");
    }
    s3_world world;
};

TEST_F(authentication, is_needed) {
    for (auto const& call :
         {s3_call{"GET", "/"}, s3_call{"GET", "/bucket/k"}, s3_call{"PUT", "/bucket/x", "y"},
          s3_call{"DELETE", "/bucket/k"}}) {
        auto const reply = world.send_unsigned(call);
        EXPECT_EQ(reply.status, 403u) << call.target;
        EXPECT_EQ(reply.code(), "AccessDenied");
    }
    EXPECT_EQ(world.send_unsigned({"GET", "/absent"}).code(), "NoSuchBucket");
    EXPECT_EQ(world.keys("bucket"), std::vector<std::string>{"k"});
}

TEST_F(authentication, shows_what_the_server_signed) {
    auto const right = world.who;
    world.who.secret = "wrong";
    auto const wrong = world.get("/bucket/k?versionId=null");
    EXPECT_EQ(wrong.code(), "SignatureDoesNotMatch");
    EXPECT_EQ(wrong.element("AWSAccessKeyId"), right.access_key);
    auto const canonical = wrong.element("CanonicalRequest");
    EXPECT_TRUE(canonical.starts_with("GET&#10;/bucket/k&#10;versionId=null&#10;host:")) << canonical;
    EXPECT_EQ(wrong.element("CanonicalRequestBytes").substr(0, 11), "47 45 54 0a");
    EXPECT_TRUE(wrong.element("StringToSign").starts_with("AWS4-HMAC-SHA256&#10;")) << wrong.body;
    EXPECT_EQ(wrong.element("SignatureProvided").size(), 64u);
    world.who = {"AKIANOBODY0000000000", "x"};
    EXPECT_EQ(world.get("/bucket/k").element("AWSAccessKeyId"), "AKIANOBODY0000000000");
    world.who = right;
}

TEST_F(authentication, knows_who_is_unknown_and_who_is_wrong) {
    world.who.access_key = "nobody";
    EXPECT_EQ(world.get("/bucket/k").code(), "InvalidAccessKeyId");
    world.who = {"root", "wrong"};
    auto const reply = world.get("/bucket/k");
    EXPECT_EQ(reply.status, 403u);
    EXPECT_EQ(reply.code(), "SignatureDoesNotMatch");
    EXPECT_EQ(reply.body.find("secret"), std::string::npos);
}

TEST_F(authentication, covers_all_of_the_request) {
    auto const good = world.signed_request({"GET", "/bucket/k"});
    auto const replaced = [&](std::string_view from, std::string_view to) {
        auto bytes = good;
        bytes.replace(bytes.find(from), from.size(), to);
        return world.exchange_all(bytes, {"GET"}).front().code();
    };
    EXPECT_EQ(world.exchange_all(good, {"GET"}).front().body, "secret");
    EXPECT_EQ(replaced("/bucket/k", "/bucket/l"), "SignatureDoesNotMatch");
    EXPECT_EQ(replaced("Host: localhost", "Host: elsewhere"), "SignatureDoesNotMatch");
    EXPECT_EQ(replaced("GET ", "DELETE "), "SignatureDoesNotMatch");
    EXPECT_EQ(replaced("\r\n\r\n", "\r\nx-amz-acl: private\r\n\r\n"), "AccessDenied");
    EXPECT_EQ(replaced("us-east-1", "eu-west-1"), "AuthorizationHeaderMalformed");
    EXPECT_EQ(replaced("AWS4-HMAC-SHA256 ", "AWS root:"), "InvalidRequest");
}

TEST_F(authentication, has_a_time) {
    auto const bytes = world.signed_request({"GET", "/bucket/k"});
    world.clock.advance(std::chrono::minutes(14));
    EXPECT_EQ(world.exchange_all(bytes, {"GET"}).front().status, 200u);
    world.clock.advance(std::chrono::minutes(2));
    auto const reply = world.exchange_all(bytes, {"GET"}).front();
    EXPECT_EQ(reply.status, 403u);
    EXPECT_EQ(reply.code(), "RequestTimeTooSkewed");
}

TEST_F(authentication, may_be_in_the_url) {
    auto const target = world.presigned({"GET", "/bucket/k"}, 60);
    EXPECT_EQ(world.send_unsigned({"GET", target}).body, "secret");
    EXPECT_EQ(world.send_unsigned({"PUT", target, "x"}).code(), "SignatureDoesNotMatch");
    EXPECT_EQ(world.send_unsigned({"GET", target + "&response-content-type=x"}).code(),
              "SignatureDoesNotMatch");
    world.clock.advance(std::chrono::seconds(61));
    EXPECT_EQ(world.send_unsigned({"GET", target}).code(), "AccessDenied");
    auto const put = world.presigned({"PUT", "/bucket/presigned?x-amz-meta-hoisted=1"});
    EXPECT_EQ(world.send_unsigned({"PUT", put, "bytes"}).status, 200u);
    EXPECT_EQ(world.get("/bucket/presigned").header("x-amz-meta-hoisted"), "1");
    EXPECT_EQ(world.send_unsigned({"GET", world.presigned({"GET", "/bucket/k"}, 700'000)}).code(),
              "AuthorizationQueryParametersError");
}

// Refused, recorded and cheap: however often they come, a reason of a source is one record of its
// second, and nothing was checked with a key.
TEST_F(authentication, counts_what_it_refuses_by_reason) {
    constexpr std::uint64_t times = 20;
    struct refused_request {
        std::string bytes, code, reason;
    };
    std::vector<refused_request> requests;
    auto const unsigned_get = [](std::string const& target) {
        return "GET " + target + " HTTP/1.1\r\nHost: localhost\r\n\r\n";
    };
    auto const late = world.signed_request({"GET", "/bucket/k"});
    requests.push_back({unsigned_get(world.presigned({"GET", "/bucket/k"}, 60)), "AccessDenied",
                        "expired"});
    world.clock.advance(std::chrono::minutes(16));
    requests.push_back({late, "RequestTimeTooSkewed", "skewed"});
    auto const now = world.clock.now();
    world.clock.set_wall(unix_millis{to_underlying(now) + 20 * 60 * 1000});
    auto const early = world.signed_request({"GET", "/bucket/k"});
    auto const from_the_future = world.presigned({"GET", "/bucket/k"}, 60);
    world.clock.set_wall(now);
    requests.push_back({early, "RequestTimeTooSkewed", "skewed"});
    requests.push_back({unsigned_get(from_the_future), "AccessDenied", "not_yet_valid"});
    world.who = {"root", "wrong"};
    requests.push_back({world.signed_request({"GET", "/bucket/k"}), "SignatureDoesNotMatch",
                        "signature_mismatch"});
    world.who = {"nobody", "wrong"};
    requests.push_back({world.signed_request({"GET", "/bucket/k"}), "InvalidAccessKeyId",
                        "unknown_key"});
    auto const before = world.audit().size();
    std::map<std::string, std::uint64_t> expected;
    for (auto const& request : requests) {
        for (std::uint64_t i = 0; i < times; ++i)
            EXPECT_EQ(world.exchange_all(request.bytes, {"GET"}).front().code(), request.code);
        expected[request.reason] += times;
    }
    EXPECT_EQ(world.door().counters().failed_authentications, times * requests.size());
    auto const audit = world.audit();
    for (auto const& [reason, count] : expected)
        EXPECT_EQ(auth::refusals_in(audit, "s3", "192.0.2.1", reason),
                  (auth::counted_refusals{1, count}))
            << reason;
    EXPECT_EQ(audit.size(), before + expected.size());
}

TEST_F(authentication, gives_only_the_rights_of_the_policy) {
    world.who = world.add_user(
        "reader", {"allow reader readonly on bucket", "allow reader readonly on bucket/*"});
    EXPECT_EQ(world.get("/bucket/k").body, "secret");
    EXPECT_EQ(world.put("/bucket/k", "changed").code(), "AccessDenied");
    EXPECT_EQ(world.del("/bucket/k").code(), "AccessDenied");
    EXPECT_EQ(world.put("/another", "").code(), "AccessDenied");
    EXPECT_EQ(world.get("/another").code(), "NoSuchBucket");
    EXPECT_EQ(world.get("/bucket/absent").code(), "NoSuchKey");
    std::string const document = "<Delete><Object><Key>k</Key></Object></Delete>";
    auto const many =
        world.post("/bucket?delete", document, {{"Content-MD5", md5_header(document)}});
    EXPECT_EQ(many.status, 200u) << many.body;
    EXPECT_EQ(many.element("Code"), "AccessDenied");
    EXPECT_EQ(world.get("/bucket/k").body, "secret");
}

TEST_F(authentication, comes_before_the_body) {
    world.who.secret = "wrong";
    auto bytes = world.signed_request({"PUT", "/bucket/k", "x", {{"Expect", "100-continue"}}});
    bytes.resize(bytes.size() - 1);
    auto const received = world.exchange(bytes);
    EXPECT_TRUE(received.starts_with("HTTP/1.1 403 ")) << received;
    EXPECT_NE(received.find("Connection: close"), std::string::npos);
}

}  // namespace
}  // namespace sluice::s3
