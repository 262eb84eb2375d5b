#include <gtest/gtest.h>

#include "protocols/s3/model/cors_match.hpp"
#include "protocols/s3/wire/cors_document.hpp"

namespace sluice::s3 {
namespace {

cors_rule rule_for(std::string origin, std::vector<std::string> methods) {
    cors_rule rule;
    rule.origins = {std::move(origin)};
    rule.methods = std::move(methods);
    return rule;
}

// The headers as lines, or "refused".
std::string answered(std::vector<cors_rule> const& rules, cors_question const& question) {
    auto const fields = allowed_by(rules, question);
    if (!fields) return "refused";
    std::string out;
    for (auto const& [name, value] : *fields)
        if (name != "Vary") out += name.substr(sizeof "Access-Control-" - 1) + ": " + value + "\n";
    return out;
}

bool lets(std::string const& pattern, std::string const& origin) {
    return allowed_by({rule_for(pattern, {"GET"})}, {origin, "GET", {}}).has_value();
}

TEST(cors_match, holds_origins_against_patterns) {
    EXPECT_TRUE(lets("https://a.example", "https://a.example"));
    EXPECT_FALSE(lets("https://a.example", "https://a.example:443"));
    EXPECT_FALSE(lets("https://a.example", "https://A.example"));
    EXPECT_FALSE(lets("https://a.example", "http://a.example"));
    for (auto const* origin : {"https://.example", "https://x.example", "https://x.y.example"})
        EXPECT_TRUE(lets("https://*.example", origin)) << origin;
    for (auto const* origin : {"https://example", "http://x.example", "https://x.example.org"})
        EXPECT_FALSE(lets("https://*.example", origin)) << origin;
    EXPECT_TRUE(lets("start*", "start"));
    EXPECT_TRUE(lets("*end", "end"));
    EXPECT_FALSE(lets("aba*aba", "aba"));
    EXPECT_TRUE(lets("*", "null"));
}

TEST(cors_match, answers_by_the_first_rule_that_allows_all_of_it) {
    auto first = rule_for("https://a", {"GET"});
    first.headers = {"x-one"};
    auto second = rule_for("https://*", {"GET", "PUT"});
    second.headers = {"X-Amz-*", "content-type"};
    second.exposed = {"ETag", "x-amz-version-id"};
    second.max_age_seconds = 0;
    auto const third = rule_for("*", {"HEAD"});
    std::vector<cors_rule> const rules{first, second, third};
    EXPECT_EQ(answered(rules, {"https://a", "GET", {"x-one"}}),
              "Allow-Origin: https://a\nAllow-Methods: GET\nAllow-Headers: x-one\n"
              "Allow-Credentials: true\n");
    EXPECT_EQ(answered(rules, {"https://a", "PUT", {"x-amz-acl", "content-type"}}),
              "Allow-Origin: https://a\nAllow-Methods: GET, PUT\n"
              "Allow-Headers: x-amz-acl, content-type\nExpose-Headers: ETag, x-amz-version-id\n"
              "Max-Age: 0\nAllow-Credentials: true\n");
    EXPECT_EQ(answered(rules, {"ftp://z", "HEAD", {}}), "Allow-Origin: *\nAllow-Methods: HEAD\n");
    EXPECT_EQ(answered(rules, {"https://a", "GET", {"x-one", "x-two"}}), "refused");
    EXPECT_EQ(answered(rules, {"https://a", "DELETE", {}}), "refused");
    EXPECT_EQ(answered({}, {"https://a", "GET", {}}), "refused");
}

TEST(cors_match, takes_lists_of_names_apart) {
    EXPECT_EQ(names_in("X-Amz-Acl,content-type ,, b"),
              (std::vector<std::string>{"x-amz-acl", "content-type", "b"}));
    EXPECT_EQ(names_in(" "), std::vector<std::string>{});
}

s3_result<std::vector<cors_rule>> read(std::string const& rules) {
    auto const root =
        parse_xml("<CORSConfiguration>" + rules + "</CORSConfiguration>", "CORSConfiguration");
    if (!root) return root.error();
    return cors_rules_in(*root);
}

constexpr char plain[] = "<AllowedMethod>GET</AllowedMethod><AllowedOrigin>*</AllowedOrigin>";

std::string judged(std::string const& elements) {
    auto const rules = read("<CORSRule>" + elements + "</CORSRule>");
    return rules ? "" : std::string(row_of(rules.error().code).code);
}

TEST(cors_document, is_read_and_written) {
    auto const rules = read(
        "<CORSRule><ID>one</ID><AllowedOrigin>https://*.a</AllowedOrigin><AllowedOrigin/>"
        "<AllowedMethod>PUT</AllowedMethod><AllowedMethod>GET</AllowedMethod>"
        "<AllowedHeader>x-*</AllowedHeader><ExposeHeader>ETag</ExposeHeader>"
        "<MaxAgeSeconds>3000</MaxAgeSeconds></CORSRule><CORSRule>" +
        std::string(plain) + "</CORSRule>");
    ASSERT_TRUE(rules);
    cors_rule const first{"one", {"https://*.a", ""}, {"PUT", "GET"}, {"x-*"}, {"ETag"}, 3000};
    EXPECT_EQ(*rules, (std::vector<cors_rule>{first, rule_for("*", {"GET"})}));
    xml_writer out("CORSConfiguration");
    write_cors_rules(out, *rules);
    EXPECT_EQ(cors_rules_in(*parse_xml(std::move(out).finish(), "CORSConfiguration")).value(),
              *rules);
}

TEST(cors_document, is_held_to_its_schema) {
    EXPECT_EQ(read("").error().code, error_code::malformed_xml);
    EXPECT_EQ(read("<Other/>").error().code, error_code::malformed_xml);
    EXPECT_EQ(judged(""), "MalformedXML");
    EXPECT_EQ(judged("<AllowedMethod>GET</AllowedMethod>"), "MalformedXML");
    EXPECT_EQ(judged("<AllowedOrigin>*</AllowedOrigin>"), "MalformedXML");
    EXPECT_EQ(judged(plain), "");
    for (auto const* more :
         {"<Other/>", "<AllowedHeader><A/></AllowedHeader>", "<MaxAgeSeconds>-1</MaxAgeSeconds>",
          "<MaxAgeSeconds>x</MaxAgeSeconds>", "<MaxAgeSeconds/>",
          "<MaxAgeSeconds>2147483648</MaxAgeSeconds>",
          "<MaxAgeSeconds>1</MaxAgeSeconds><MaxAgeSeconds>1</MaxAgeSeconds>",
          "<ID>a</ID><ID>b</ID>"})
        EXPECT_EQ(judged(std::string(plain) + more), "MalformedXML") << more;
}

TEST(cors_document, is_held_to_the_rules_of_s3) {
    for (auto const* more :
         {"<AllowedMethod>OPTIONS</AllowedMethod>", "<AllowedMethod>get</AllowedMethod>",
          "<AllowedMethod/>", "<AllowedOrigin>*.a.*</AllowedOrigin>",
          "<AllowedHeader>*-*</AllowedHeader>", "<ExposeHeader>*</ExposeHeader>",
          "<ExposeHeader>a&#13;&#10;b: c</ExposeHeader>"})
        EXPECT_EQ(judged(std::string(plain) + more), "InvalidRequest") << more;
    EXPECT_EQ(judged(plain + ("<ID>" + std::string(255, 'i') + "</ID>")), "");
    EXPECT_EQ(judged(plain + ("<ID>" + std::string(256, 'i') + "</ID>")), "InvalidRequest");
    std::string hundred;
    for (int i = 0; i < 100; ++i) hundred += "<CORSRule>" + std::string(plain) + "</CORSRule>";
    EXPECT_EQ(read(hundred).value().size(), 100u);
    EXPECT_EQ(read(hundred + "<CORSRule>" + plain + "</CORSRule>").error().code,
              error_code::invalid_request);
}

}  // namespace
}  // namespace sluice::s3
