#include <gtest/gtest.h>

#include "gateway/core/encoding.hpp"
#include "protocols/s3/model/post_policy.hpp"

namespace sluice::s3 {
namespace {

// 2026-01-01T00:00:00Z
constexpr unix_millis now{1767225600000};

std::string said(s3_failure const& why) {
    return std::string(row_of(why.code).code) + " " + why.message;
}

std::vector<form_field> const& form() {
    static std::vector<form_field> const fields{
        {"key", "key", "user/eric/a.jpg"},
        {"content-type", "Content-Type", "image/jpeg, image/png"},
        {"x-amz-meta-tag", "X-Amz-Meta-Tag", "Ninja"},
        {"policy", "Policy", "..."},
        {"x-amz-signature", "x-amz-signature", "..."},
    };
    return fields;
}

std::string judged(std::string const& document, std::vector<form_field> const& fields = form()) {
    auto const policy = post_policy::parse(base64_encode(document));
    if (!policy) return said(policy.error());
    auto const fits = policy->check(fields, "b", now);
    return fits ? "fits" : said(fits.error());
}

std::string with(std::string const& conditions,
                 std::string const& expiration = "2026-01-01T01:00:00Z") {
    return "{\"expiration\": \"" + expiration + "\", \"conditions\": [" + conditions + "]}";
}

std::string const covered =
    R"({"bucket": "b"}, ["starts-with", "$key", ""], ["starts-with", "$Content-Type", ""], )"
    R"(["starts-with", "$x-amz-meta-tag", ""])";

TEST(post_policy, conditions) {
    std::string const failed =
        "AccessDenied Invalid according to Policy: Policy Condition failed: ";
    struct row {
        std::string condition, verdict;
    };
    for (auto const& [condition, verdict] : std::initializer_list<row>{
             {R"(["eq", "$key", "user/eric/a.jpg"])", "fits"},
             {R"(["EQ", "$KEY", "user/eric/a.jpg"])", "fits"},
             {R"({"KEY": "user/eric/a.jpg"})", "fits"},
             {R"({"key": "user/eric/A.jpg"})", failed + R"(["eq", "$key", "user/eric/A.jpg"])"},
             {R"(["eq", "$Key", "say \"hi\""])", failed + R"(["eq", "$Key", "say \"hi\""])"},
             {R"(["starts-with", "$key", "user/eric/"])", "fits"},
             {R"(["StArTs-WiTh", "$key", "user/"])", "fits"},
             {R"(["starts-with", "$key", "user/fred/"])",
              failed + R"(["starts-with", "$key", "user/fred/"])"},
             {R"(["starts-with", "$Content-Type", "image/"])", "fits"},
             {R"(["starts-with", "$Content-Type", "image/j"])",
              failed + R"(["starts-with", "$Content-Type", "image/j"])"},
             {R"(["starts-with", "$acl", ""])", failed + R"(["starts-with", "$acl", ""])"},
             {R"(["eq", "key", "user/eric/a.jpg"])",
              failed + R"(["eq", "key", "user/eric/a.jpg"])"},
             {R"(["eq", "$bucket", "c"])", failed + R"(["eq", "$bucket", "c"])"},
             {R"(["content-length-range", 0, 10])", "fits"},
             {R"(["content-length-range", "5", "10"])", "fits"},
             {R"(["content-length-range", "test", "10"])",
              failed + R"(["content-length-range", "test", "10"])"},
         })
        EXPECT_EQ(judged(with(covered + ", " + condition)), verdict) << condition;
}

TEST(post_policy, documents_that_are_none) {
    std::string const invalid = "InvalidPolicyDocument Invalid Policy: ";
    struct row {
        std::string document, verdict;
    };
    for (auto const& [document, verdict] : std::initializer_list<row>{
             {"", "Invalid JSON."},
             {"[]", "Invalid JSON."},
             {"{\"expiration\"", "Invalid JSON."},
             {std::string(3000, '['), "Invalid JSON."},
             {with("[[[[[]]]]]"), "Invalid JSON."},
             {with("\xff"), "Invalid JSON."},
             {"{\"conditions\": []}", "Policy missing expiration."},
             {"{\"expiration\": \"2026-01-01T01:00:00Z\"}", "Policy missing conditions."},
             {"{\"expiration\": \"2026-01-01T01:00:00Z\", \"CONDITIONS\": []}",
              "Unexpected: 'conditions'"},
             {"{\"expiration\": \"2026-01-01T01:00:00Z\", \"conditions\": {}}",
              "Invalid 'conditions' value: must be a List."},
             {with("", "2026-01-01 01:00:00Z"),
              "Invalid 'expiration' value: '2026-01-01 01:00:00Z'"},
             {with("", "2026-01-01T01:00:00+02:00"),
              "Invalid 'expiration' value: '2026-01-01T01:00:00+02:00'"},
             {with("", "2026-13-01T01:00:00Z"),
              "Invalid 'expiration' value: '2026-13-01T01:00:00Z'"},
             {with("", "2026-01-01T01:00:00.xZ"),
              "Invalid 'expiration' value: '2026-01-01T01:00:00.xZ'"},
             {with("{}"),
              "Invalid Simple-Condition: Simple-Conditions must have exactly one property "
              "specified."},
             {with("{\"a\": \"1\", \"b\": \"2\"}"),
              "Invalid Simple-Condition: Simple-Conditions must have exactly one property "
              "specified."},
             {with("{\"a\": 1}"), "Invalid Simple-Condition: value must be a string."},
             {with("\"a\""), "Invalid Condition: must be a List or Object."},
             {with("[]"), "Invalid Condition: missing operation identifier."},
             {with("[\"ne\", \"$a\", \"b\"]"), "Invalid Condition: unknown operation 'ne'."},
             {with("[\"eq\", \"$a\"]"), "Invalid eq: wrong number of arguments."},
             {with("[\"eq\", \"$a\", 1]"), "Invalid JSON."},
             {with("[\"content-length-range\", 0]"),
              "Invalid content-length-range: wrong number of arguments."},
             {with("[\"content-length-range\", -1, 0]"), "Invalid JSON."},
             {with("[\"content-length-range\", 0, 512.0]"), "Invalid JSON."},
         })
        EXPECT_EQ(judged(document), invalid + verdict) << document;
    auto const not_base64 = post_policy::parse("###");
    ASSERT_FALSE(not_base64);
    EXPECT_EQ(said(not_base64.error()), invalid + "invalid Base64 encoding.");
}

TEST(post_policy, expires) {
    EXPECT_EQ(judged(with(covered, "2026-01-01T00:00:00Z")), "fits");
    EXPECT_EQ(judged(with(covered, "2026-01-01T00:00:00.5Z")), "fits");
    EXPECT_EQ(judged(with(covered, "2025-12-31T23:59:59.999Z")),
              "AccessDenied Invalid according to Policy: Policy expired.");
}

TEST(post_policy, covers_every_field) {
    std::string const extra = "AccessDenied Invalid according to Policy: Extra input fields: ";
    EXPECT_EQ(judged(with(covered)), "fits");
    EXPECT_EQ(judged(with(R"({"bucket": "b"}, ["starts-with", "$key", ""])")),
              extra + "Content-Type");
    EXPECT_EQ(judged(with(R"(["starts-with", "$key", ""])"), {{"key", "key", "k"}}),
              extra + "bucket");
    EXPECT_EQ(judged(with(R"({"bucket": "b"})"), {{"bucket", "bucket", "b"}}), "fits");
}

TEST(post_policy, ranges_add_up) {
    auto const policy = post_policy::parse(base64_encode(
        with(R"(["content-length-range", 5, 100], ["content-length-range", "2", "50"])")));
    ASSERT_TRUE(policy);
    EXPECT_EQ(policy->bounds().least, 5u);
    EXPECT_EQ(policy->bounds().most, 50u);
    EXPECT_EQ(post_policy::parse(base64_encode(with("")))->bounds().most, UINT64_MAX);
}

}  // namespace
}  // namespace sluice::s3
