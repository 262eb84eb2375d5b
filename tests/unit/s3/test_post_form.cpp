#include <gtest/gtest.h>

#include "protocols/s3/ops/post_form.hpp"
#include "tests/unit/s3/request_from_text.hpp"

namespace sluice::s3 {
namespace {

using pairs = std::vector<std::pair<std::string, std::string>>;

std::vector<form_field> fields(pairs const& from) {
    std::vector<form_field> out;
    for (auto const& [name, value] : from) out.push_back({http::lower_cased(name), name, value});
    return out;
}

std::string said(s3_failure const& why) {
    std::string out(row_of(why.code).code);
    for (auto const& [name, value] : why.details) out += " " + value;
    return out;
}

post_form form_of(pairs const& from, std::optional<std::string> const& file_name = {}) {
    return post_form::from(fields(from), file_name, 20'480).value();
}

s3_request posted() { return test::request_from("POST /bucket"); }

TEST(post_forms, put_the_name_of_the_file_where_it_is_asked_for) {
    pairs const from{{"key", "up/${filename}"}, {"x-amz-meta-a", "${filename}-${filename}"},
                     {"policy", "${filename}"}};
    auto const key = [&](std::optional<std::string> const& name) {
        return std::string(form_of(from, name).key());
    };
    EXPECT_EQ(key("a.txt"), "up/a.txt");
    EXPECT_EQ(key("C:\\Program Files\\a b.txt"), "up/a b.txt");
    EXPECT_EQ(key("dir/a.txt"), "up/a.txt");
    EXPECT_EQ(key(""), "up/");
    EXPECT_EQ(key({}), "up/${filename}");
    auto const form = form_of(from, "f");
    EXPECT_EQ(form.find("x-amz-meta-a"), "f-f");
    EXPECT_EQ(form.find("policy"), "${filename}");
    std::string many = "k";
    for (int i = 0; i < 1000; ++i) many += "${filename}";
    auto const grown = post_form::from(fields({{"key", many}}), std::string(4000, 'n'), 20'480);
    ASSERT_FALSE(grown);
    EXPECT_EQ(said(grown.error()), "MaxPostPreDataLengthExceeded");
}

TEST(post_forms, need_a_key_and_every_field_once) {
    auto const refused = [](pairs const& from) {
        auto const got = post_form::from(fields(from), {}, 20'480);
        return got ? "" : said(got.error());
    };
    EXPECT_EQ(refused({{"policy", "p"}}), "InvalidArgument key ");
    EXPECT_EQ(refused({{"key", ""}}), "InvalidArgument key ");
    EXPECT_EQ(refused({{"key", "a"}, {"Key", "b"}}), "InvalidArgument Key b");
    EXPECT_EQ(refused({{"key", std::string(1025, 'k')}}), "KeyTooLongError 1025 1024");
    EXPECT_EQ(refused({{"key", "\xff"}}), "InvalidURI");
    EXPECT_EQ(form_of({{"key", "k"}, {"x-amz-meta-a", "1"}, {"X-Amz-Meta-A", "2"}})
                  .find("x-amz-meta-a"),
              "1,2");
}

TEST(post_forms, are_signed_wholly_or_not_at_all) {
    pairs const whole{{"key", "k"}, {"policy", "p"}, {"X-Amz-Algorithm", "a"},
                      {"x-amz-credential", "c"}, {"x-amz-date", "d"}, {"x-amz-signature", "s"}};
    EXPECT_TRUE(*form_of(whole).is_signed());
    EXPECT_FALSE(*form_of({{"key", "k"}, {"policy", "p"}}).is_signed());
    for (std::size_t missing = 1; missing < whole.size(); ++missing) {
        auto less = whole;
        less.erase(less.begin() + static_cast<std::ptrdiff_t>(missing));
        auto const got = form_of(less).is_signed();
        ASSERT_FALSE(got);
        EXPECT_TRUE(got.error().message.starts_with("Bucket POST must contain a field named '"));
    }
    EXPECT_EQ(said(form_of({{"key", "k"}, {"AWSAccessKeyId", "a"}}).is_signed().error()),
              "InvalidRequest");
}

TEST(post_forms, become_a_put) {
    auto const form = form_of({{"key", "a b/c"},
                               {"Content-Type", "text/x"},
                               {"Cache-Control", "no-cache"},
                               {"x-amz-meta-COLOUR", "blue"},
                               {"acl", "private"},
                               {"x-amz-storage-class", "STANDARD"},
                               {"x-amz-checksum-algorithm", "CRC32"},
                               {"x-amz-checksum-crc32", "AAAAAA=="},
                               {"submit", "Upload"},
                               {"tagging",
                                "<Tagging><TagSet><Tag><Key>a</Key><Value>1</Value></Tag></TagSet>"
                                "</Tagging>"}});
    auto const put = form.as_put(posted(), {});
    ASSERT_TRUE(put);
    EXPECT_EQ(put->bucket(), "bucket");
    EXPECT_EQ(put->key(), "a b/c");
    EXPECT_EQ(put->header("x-amz-checksum-crc32"), "AAAAAA==");
    EXPECT_FALSE(put->header("submit"));
    EXPECT_EQ(put->header("x-amz-acl"), "private");
    auto const attributes = form.attributes(*put, {});
    ASSERT_TRUE(attributes);
    EXPECT_EQ(attributes->content_type, "text/x");
    EXPECT_EQ(attributes->cache_control, "no-cache");
    EXPECT_EQ(attributes->user_metadata, (pairs{{"colour", "blue"}}));
    EXPECT_EQ(attributes->tags, (pairs{{"a", "1"}}));
}

TEST(post_forms, refuse_by_name_what_is_not_served) {
    auto const refused = [](std::string const& name, std::string const& value) {
        auto const form = form_of({{"key", "k"}, {name, value}});
        auto const put = form.as_put(posted(), {});
        if (!put) return said(put.error());
        auto const attributes = form.attributes(*put, {});
        return attributes ? "" : said(attributes.error());
    };
    for (auto const* name : {"x-amz-server-side-encryption-new", "x-amz-tagging", "x-amz-trailer",
                             "x-amz-object-lock-mode",
                             "x-amz-unknown", "if-none-match"})
        EXPECT_EQ(refused(name, "v"), std::string("NotImplemented ") + name);
    EXPECT_EQ(refused("x-amz-grant-read", "id=1"), "NotImplemented x-amz-grant-read");
    EXPECT_EQ(refused("x-amz-storage-class", "SNOW"), "InvalidStorageClass SNOW");
    EXPECT_EQ(refused("x-amz-website-redirect-location", "v"), "InvalidRedirectLocation");
    EXPECT_EQ(refused("x-amz-checksum-algorithm", "CRC32"), "InvalidRequest");
    EXPECT_EQ(refused("bucket", "other"), "InvalidArgument bucket other");
    EXPECT_EQ(refused("tagging", "not-xml"), "MalformedXML");
    EXPECT_EQ(refused("Content-Type", "a\r\nb: c"), "InvalidArgument");
    EXPECT_EQ(refused("x-amz-meta-a", std::string(3000, 'v')), "MetadataTooLarge 3001 2048");
}

TEST(post_forms, are_answered_as_they_wish) {
    store::object_stat object;
    object.etag = "abc";
    auto const answered = [&](pairs from) {
        from.emplace_back("key", "a b/c&d");
        auto const out = form_of(from).stored(posted(), false, object);
        for (auto const& [name, value] : out.head.headers)
            if (name == "Location") return std::to_string(out.head.status) + " " + value;
        return std::string();
    };
    std::string const here = "http://localhost:9000/bucket/a%20b%2Fc%26d";
    EXPECT_EQ(answered({}), "204 " + here);
    EXPECT_EQ(answered({{"success_action_status", "200"}}), "200 " + here);
    EXPECT_EQ(answered({{"success_action_status", "201"}}), "201 " + here);
    EXPECT_EQ(answered({{"success_action_status", "404"}}), "204 " + here);
    std::string const query = "bucket=bucket&key=a+b%2Fc%26d&etag=%22abc%22";
    EXPECT_EQ(answered({{"success_action_redirect", "https://e.org/done"}}),
              "303 https://e.org/done?" + query);
    EXPECT_EQ(answered({{"redirect", "http://e.org/?a=1#end"}}),
              "303 http://e.org/?a=1&" + query + "#end");
    for (auto const* url : {"/relative", "javascript:alert(1)", "https://", "https:///x",
                            "https://e.org/a b", "https://e.org/\r\nX: y",
                            "https://e.org/\xc3\xbc"})
        EXPECT_EQ(answered({{"success_action_redirect", url}}), "204 " + here) << url;
}

}  // namespace
}  // namespace sluice::s3
