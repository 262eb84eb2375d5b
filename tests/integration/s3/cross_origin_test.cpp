#include <gtest/gtest.h>

#include "tests/integration/s3/s3_world.hpp"

namespace sluice::s3 {
namespace {

constexpr char rules[] =
    "<CORSConfiguration>"
    "<CORSRule><AllowedOrigin>https://*.example</AllowedOrigin><AllowedMethod>GET</AllowedMethod>"
    "<AllowedMethod>PUT</AllowedMethod><AllowedHeader>x-amz-*</AllowedHeader>"
    "<ExposeHeader>ETag</ExposeHeader><MaxAgeSeconds>60</MaxAgeSeconds></CORSRule>"
    "<CORSRule><AllowedOrigin>*</AllowedOrigin><AllowedMethod>HEAD</AllowedMethod></CORSRule>"
    "</CORSConfiguration>";
constexpr char vary[] = "Origin, Access-Control-Request-Headers, Access-Control-Request-Method";

class cross_origin : public testing::Test {
protected:
    cross_origin() {
        world.put("/abc", "");
        world.put("/abc/k", "x");
    }
    void configure() {
        ASSERT_EQ(world.put("/abc?cors", rules, {{"Content-MD5", md5_header(rules)}}).status, 200u);
    }
    s3_reply preflight(header_list headers, std::string target = "/abc/k") {
        return world.send_unsigned({"OPTIONS", std::move(target), {}, std::move(headers)});
    }
    static std::size_t cors_headers(s3_reply const& reply) {
        std::size_t count = 0;
        for (auto const& [name, value] : reply.headers)
            count += name.starts_with("Access-Control-") || name == "Vary";
        return count;
    }
    s3_world world;
};

header_list const asks_get{{"Origin", "https://a.example"},
                           {"Access-Control-Request-Method", "GET"}};

TEST_F(cross_origin, configurations_are_put_read_and_deleted) {
    EXPECT_EQ(world.get("/abc?cors").code(), "NoSuchCORSConfiguration");
    configure();
    auto const read = world.get("/abc?cors");
    EXPECT_EQ(read.elements("AllowedMethod"), (std::vector<std::string>{"GET", "PUT", "HEAD"}));
    EXPECT_EQ(read.elements("MaxAgeSeconds"), std::vector<std::string>{"60"});
    EXPECT_EQ(world.del("/abc?cors").status, 204u);
    EXPECT_EQ(world.get("/abc?cors").code(), "NoSuchCORSConfiguration");
}

TEST_F(cross_origin, preflights_need_rules) {
    for (auto const* target : {"/abc/k", "/abc", "/nobody/k", "/"}) {
        auto const reply = preflight(asks_get, target);
        EXPECT_EQ(reply.status, 403u) << target;
        EXPECT_EQ(reply.code(), "AccessForbidden");
        bool const is_there = std::string_view(target).starts_with("/abc");
        EXPECT_EQ(reply.element("Message"),
                  is_there ? "CORSResponse: CORS is not enabled for this bucket."
                           : "CORSResponse: Bucket not found");
        EXPECT_EQ(reply.element("Method"), "GET");
        EXPECT_EQ(reply.element("ResourceType"), "BUCKET");
    }
    EXPECT_EQ(preflight({{"Origin", "https://a.example"}}).element("Method"), "OPTIONS");
    EXPECT_EQ(preflight({}).code(), "BadRequest");
}

TEST_F(cross_origin, preflights_are_answered_by_the_rule) {
    configure();
    auto const plain = preflight(asks_get);
    EXPECT_EQ(plain.status, 200u);
    EXPECT_EQ(plain.body, "");
    EXPECT_EQ(plain.header("Access-Control-Allow-Origin"), "https://a.example");
    EXPECT_EQ(plain.header("Access-Control-Allow-Methods"), "GET, PUT");
    EXPECT_EQ(plain.header("Access-Control-Expose-Headers"), "ETag");
    EXPECT_EQ(plain.header("Access-Control-Max-Age"), "60");
    EXPECT_EQ(plain.header("Access-Control-Allow-Credentials"), "true");
    EXPECT_EQ(plain.header("Access-Control-Allow-Headers"), "");
    EXPECT_EQ(plain.header("Vary"), vary);
    auto const put = preflight({{"Origin", "https://a.example"},
                                {"Access-Control-Request-Method", "PUT"},
                                {"Access-Control-Request-Headers", "X-Amz-Acl,x-amz-meta-a"}},
                               "/abc/not/there?uploads");
    EXPECT_EQ(put.status, 200u);
    EXPECT_EQ(put.header("Access-Control-Allow-Headers"), "x-amz-acl, x-amz-meta-a");
    auto const head = preflight({{"Origin", "null"}, {"Access-Control-Request-Method", "HEAD"}});
    EXPECT_EQ(head.header("Access-Control-Allow-Origin"), "*");
    EXPECT_EQ(head.header("Access-Control-Allow-Credentials"), "");
}

TEST_F(cross_origin, preflights_without_a_matching_rule_are_refused) {
    configure();
    auto const origin = std::pair<std::string, std::string>{"Origin", "https://a.example"};
    for (auto const& headers : std::vector<header_list>{
             {{"Origin", "https://a.other"}, {"Access-Control-Request-Method", "GET"}},
             {origin, {"Access-Control-Request-Method", "DELETE"}},
             {origin,
              {"Access-Control-Request-Method", "GET"},
              {"Access-Control-Request-Headers", "x-amz-acl, authorization"}}}) {
        auto const reply = preflight(headers);
        EXPECT_EQ(reply.status, 403u);
        EXPECT_EQ(reply.code(), "AccessForbidden");
        EXPECT_EQ(reply.element("ResourceType"), "OBJECT");
        EXPECT_EQ(cors_headers(reply), 0u);
        EXPECT_TRUE(reply.element("Message").starts_with("CORSResponse: This CORS request is not"));
    }
    EXPECT_EQ(preflight(header_list{origin}).element("Message"),
              "Invalid Access-Control-Request-Method: null");
    EXPECT_EQ(preflight({origin, {"Access-Control-Request-Method", "TEAPOT"}}).code(),
              "BadRequest");
}

TEST_F(cross_origin, requests_get_the_headers_with_any_answer) {
    EXPECT_EQ(cors_headers(world.get("/abc/k", {{"Origin", "https://a.example"}})), 0u);
    configure();
    EXPECT_EQ(cors_headers(world.get("/abc/k")), 0u);
    auto const got = world.get("/abc/k", {{"Origin", "https://a.example"}});
    EXPECT_EQ(got.body, "x");
    EXPECT_EQ(got.header("Access-Control-Allow-Origin"), "https://a.example");
    EXPECT_EQ(got.header("Access-Control-Expose-Headers"), "ETag");
    EXPECT_EQ(got.header("Vary"), vary);
    EXPECT_EQ(cors_headers(got), 6u);
    auto const missing = world.get("/abc/missing", {{"Origin", "https://a.example"}});
    EXPECT_EQ(missing.code(), "NoSuchKey");
    EXPECT_EQ(cors_headers(missing), 6u);
    auto const anonymous =
        world.send_unsigned({"GET", "/abc/k", {}, {{"Origin", "https://a.example"}}});
    EXPECT_EQ(anonymous.code(), "AccessDenied");
    EXPECT_EQ(cors_headers(anonymous), 6u);
    EXPECT_EQ(cors_headers(world.put("/abc/k2", "x", {{"Origin", "https://a.example"}})), 6u);
}

TEST_F(cross_origin, requests_without_a_matching_rule_are_served_without_the_headers) {
    configure();
    auto const other = world.get("/abc/k", {{"Origin", "https://a.other"}});
    EXPECT_EQ(other.status, 200u);
    EXPECT_EQ(cors_headers(other), 0u);
    // The method that a browser asked for counts, when it says so.
    auto const method = world.get(
        "/abc/k", {{"Origin", "https://a.example"}, {"Access-Control-Request-Method", "DELETE"}});
    EXPECT_EQ(cors_headers(method), 0u);
    EXPECT_EQ(world.del("/abc/k", {{"Origin", "https://a.example"}}).status, 204u);
    EXPECT_EQ(cors_headers(world.get("/", {{"Origin", "https://a.example"}})), 0u);
}

}  // namespace
}  // namespace sluice::s3
