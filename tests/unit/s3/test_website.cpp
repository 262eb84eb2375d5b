#include <gtest/gtest.h>

#include "gateway/core/encoding.hpp"
#include "protocols/s3/model/bucket_settings.hpp"
#include "protocols/s3/wire/address.hpp"
#include "protocols/s3/wire/website_document.hpp"

namespace sluice::s3 {
namespace {

website_request asked(std::string_view key, std::string_view query = {}) {
    return {"https", "site.web.test", key, query};
}

std::string sent(std::optional<website_redirect> const& to) {
    return to ? std::to_string(to->status) + " " + to->location : "";
}

TEST(websites, send_all_requests_elsewhere) {
    website site;
    EXPECT_EQ(sent(redirect_of_all(site, asked("a"))), "");
    site.all_host = "example.org:8080";
    EXPECT_EQ(sent(redirect_of_all(site, asked("a b/c", "x=1"))),
              "301 https://example.org:8080/a%20b/c?x=1");
    site.all_protocol = "http";
    EXPECT_EQ(sent(redirect_of_all(site, asked(""))), "301 http://example.org:8080/");
}

TEST(websites, follow_the_first_rule_that_fits) {
    website site;
    site.index_suffix = "i";
    auto& by_prefix = site.rules.emplace_back();
    by_prefix.key_prefix = "old/";
    by_prefix.replace_prefix = "new/";
    auto& by_error = site.rules.emplace_back();
    by_error.error_code = 404;
    by_error.replace_key = "not found";
    by_error.status = 307;
    auto& both = site.rules.emplace_back();
    both.key_prefix = "x";
    both.error_code = 403;
    both.host = "example.org";
    both.protocol = "http";
    EXPECT_EQ(sent(redirect_by_rule(site, asked("old/a"), 0)),
              "301 https://site.web.test/new/a");
    EXPECT_EQ(sent(redirect_by_rule(site, asked("old/a"), 404)),
              "307 https://site.web.test/not%20found");
    EXPECT_EQ(sent(redirect_by_rule(site, asked("other"), 0)), "");
    EXPECT_EQ(sent(redirect_by_rule(site, asked("xy"), 403)), "301 http://example.org/xy");
    EXPECT_EQ(sent(redirect_by_rule(site, asked("y"), 403)), "");
    auto& everything = site.rules.emplace_back();
    everything.replace_prefix = "all/";
    EXPECT_EQ(sent(redirect_by_rule(site, asked("y"), 0)), "301 https://site.web.test/all/y");
}

TEST(websites, have_hosts_of_their_own) {
    std::vector<std::string> const domains{"web.test"};
    EXPECT_EQ(website_bucket("a.b.web.test:80", domains), "a.b");
    EXPECT_EQ(website_bucket("web.test", domains), std::nullopt);
    EXPECT_EQ(website_bucket("a.s3.test", domains), std::nullopt);
    EXPECT_EQ(website_bucket("", domains), std::nullopt);
}

TEST(websites, are_read_and_written_as_documents) {
    std::string const inner =
        "<IndexDocument><Suffix>index.html</Suffix></IndexDocument>"
        "<ErrorDocument><Key>e.html</Key></ErrorDocument><RoutingRules><RoutingRule><Condition>"
        "<HttpErrorCodeReturnedEquals>404</HttpErrorCodeReturnedEquals>"
        "<KeyPrefixEquals>a/</KeyPrefixEquals></Condition><Redirect><HostName>h</HostName>"
        "<HttpRedirectCode>302</HttpRedirectCode><Protocol>http</Protocol>"
        "<ReplaceKeyPrefixWith>b/</ReplaceKeyPrefixWith></Redirect></RoutingRule></RoutingRules>";
    auto const root = parse_xml("<W>" + inner + "</W>", "W");
    auto const site = website_in(*root);
    ASSERT_TRUE(site);
    EXPECT_EQ(site->rules.front().status, 302);
    auto out = xml_writer::plain("W");
    write_website(out, *site);
    auto const text = std::move(out).finish();
    EXPECT_EQ(text.substr(text.find("<W>")), "<W>" + inner + "</W>");
}

// gateway/design/0005-store.md, "Settings of a bucket".
TEST(websites, have_the_stored_form) {
    bucket_settings settings;
    auto& site = settings.site.emplace();
    site.index_suffix = "i";
    site.error_key = "e";
    auto& rule = site.rules.emplace_back();
    rule.key_prefix = "p";
    rule.error_code = 404;
    rule.replace_prefix = "";
    rule.status = 302;
    EXPECT_EQ(hex_encode(encode(settings)), "010b15" "010169" "020165" "050d" "010170" "02029403"
                                            "0500" "0702ae02");
    EXPECT_EQ(decode_bucket_settings(encode(settings)).value(), settings);
    settings.site = website{};
    settings.site->all_host = "h";
    settings.site->all_protocol = "http";
    EXPECT_EQ(decode_bucket_settings(encode(settings)).value(), settings);
    for (auto const* hex : {"010b00",                    // neither index nor host
                            "010b06010169030168",        // both
                            "010b0601016901" "0169",     // twice
                            "010b0501016907" "00",       // a field of a later version
                            "010b08010169" "050307017f"  // no such status
                            })
        EXPECT_EQ(decode_bucket_settings(*hex_decode(hex)).error().code, error::corrupt) << hex;
}

}  // namespace
}  // namespace sluice::s3
