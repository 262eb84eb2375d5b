// A bucket as a website: index and error documents, redirects, rules, and who may read.
#include <gtest/gtest.h>

#include "tests/integration/s3/s3_world.hpp"

namespace sluice::s3 {
namespace {

class websites : public testing::Test {
protected:
    websites() {
        world.front.website_domains = {"web.test"};
        world.put("/site", "");
        EXPECT_EQ(set(simple).status, 200u);
        world.put("/site/index.html", "<p>home</p>", {{"Content-Type", "text/html"}});
        world.put("/site/docs/index.html", "<p>docs</p>", {{"Content-Type", "text/html"}});
        world.put("/site/error.html", "<p>sorry</p>", {{"Content-Type", "text/html"}});
        world.put("/site/a%20b.txt", "text");
        world.add_user("publisher", {"allow anyone read on site/*"});
    }
    s3_reply set(std::string const& inner) {
        auto const document = "<WebsiteConfiguration xmlns=\"http://s3.amazonaws.com/doc/"
                              "2006-03-01/\">" +
                              inner + "</WebsiteConfiguration>";
        return world.put("/site?website", document, {{"Content-MD5", md5_header(document)}});
    }
    s3_reply visit(std::string const& path, std::string const& method = "GET",
                   std::string const& host = "site.web.test:8080", std::string more = {}) {
        return world
            .exchange_all(method + " " + path + " HTTP/1.1\r\nHost: " + host + "\r\n" + more +
                              "Connection: close\r\n\r\n",
                          {method})
            .front();
    }
    std::string const simple = "<IndexDocument><Suffix>index.html</Suffix></IndexDocument>"
                               "<ErrorDocument><Key>error.html</Key></ErrorDocument>";
    std::string const index_only = "<IndexDocument><Suffix>index.html</Suffix></IndexDocument>";
    s3_world world;
};

TEST_F(websites, are_configured_shown_and_deleted) {
    EXPECT_EQ(world.get("/site?website").element("Suffix"), "index.html");
    EXPECT_EQ(world.get("/site?website").element("Key"), "error.html");
    EXPECT_EQ(world.del("/site?website").status, 204u);
    EXPECT_EQ(world.get("/site?website").code(), "NoSuchWebsiteConfiguration");
    auto const gone = visit("/");
    EXPECT_EQ(gone.status, 404u);
    EXPECT_EQ(gone.header("x-amz-error-code"), "NoSuchWebsiteConfiguration");
    EXPECT_EQ(visit("/", "GET", "nobody.web.test").header("x-amz-error-code"), "NoSuchBucket");
}

TEST_F(websites, answer_with_their_index) {
    auto const home = visit("/");
    EXPECT_EQ(home.status, 200u);
    EXPECT_EQ(home.body, "<p>home</p>");
    EXPECT_EQ(home.header("Content-Type"), "text/html");
    EXPECT_EQ(visit("/?x=1&versionId=nonsense").body, "<p>home</p>") << "queries mean nothing";
    EXPECT_EQ(visit("/?Action=GetCallerIdentity&Version=2011-06-15").body, "<p>home</p>");
    EXPECT_EQ(visit("/docs/").body, "<p>docs</p>");
    EXPECT_EQ(visit("/a%20b.txt").body, "text");
    auto const head = visit("/", "HEAD");
    EXPECT_EQ(head.status, 200u);
    EXPECT_EQ(head.header("Content-Length"), "11");
    auto const folder = visit("/docs");
    EXPECT_EQ(folder.status, 302u);
    EXPECT_EQ(folder.header("Location"), "/docs/");
    auto const same =
        visit("/", "GET", "site.web.test", "If-None-Match: " + home.header("ETag") + "\r\n");
    EXPECT_EQ(same.status, 304u);
    auto const part = visit("/a%20b.txt", "GET", "site.web.test", "Range: bytes=1-2\r\n");
    EXPECT_EQ(part.status, 206u);
    EXPECT_EQ(part.body, "ex");
}

TEST_F(websites, answer_errors_with_their_document) {
    auto const missing = visit("/nobody.html");
    EXPECT_EQ(missing.status, 403u) << "a stranger who may not list";
    EXPECT_EQ(missing.body, "<p>sorry</p>");
    EXPECT_EQ(missing.header("x-amz-error-code"), "AccessDenied");
    world.add_user("another", {"allow anyone list on site"});
    EXPECT_EQ(visit("/nobody.html").status, 404u);
    EXPECT_EQ(visit("/nobody.html").body, "<p>sorry</p>");
    ASSERT_EQ(world.del("/site/error.html").status, 204u);
    auto const ours = visit("/no%3Cbody%3E");
    EXPECT_EQ(ours.status, 404u);
    EXPECT_EQ(ours.header("Content-Type"), "text/html; charset=utf-8");
    EXPECT_TRUE(ours.body.starts_with("<html>")) << ours.body;
    EXPECT_NE(ours.body.find("<li>Code: NoSuchKey</li>"), std::string::npos) << ours.body;
    EXPECT_NE(ours.body.find("no&lt;body&gt;"), std::string::npos) << ours.body;
    auto const posted = visit("/", "DELETE");
    EXPECT_EQ(posted.status, 405u);
    EXPECT_EQ(posted.header("x-amz-error-code"), "MethodNotAllowed");
    EXPECT_EQ(visit("/%zz").status, 400u);
    EXPECT_EQ(visit("/" + std::string(2000, 'k')).header("x-amz-error-code"), "KeyTooLongError");
}

TEST_F(websites, show_only_what_anyone_may_read) {
    world.put("/closed", "");
    auto const document = "<WebsiteConfiguration>" + index_only + "</WebsiteConfiguration>";
    ASSERT_EQ(
        world.put("/closed?website", document, {{"Content-MD5", md5_header(document)}}).status,
        200u);
    world.put("/closed/index.html", "secret");
    auto const refused = visit("/", "GET", "closed.web.test");
    EXPECT_EQ(refused.status, 403u);
    EXPECT_EQ(refused.body.find("secret"), std::string::npos);
    auto const signed_one = visit("/", "GET", "closed.web.test", "Authorization: AWS4 x\r\n");
    EXPECT_EQ(signed_one.status, 403u) << "credentials mean nothing";
}

TEST_F(websites, send_all_requests_elsewhere) {
    ASSERT_EQ(set("<RedirectAllRequestsTo><HostName>example.org</HostName>"
                  "<Protocol>https</Protocol></RedirectAllRequestsTo>")
                  .status,
              200u);
    EXPECT_EQ(world.get("/site?website").element("HostName"), "example.org");
    auto const sent = visit("/a%20b?x=1");
    EXPECT_EQ(sent.status, 301u);
    EXPECT_EQ(sent.header("Location"), "https://example.org/a%20b?x=1");
}

TEST_F(websites, follow_their_routing_rules) {
    ASSERT_EQ(
        set(index_only +
            "<RoutingRules>"
            "<RoutingRule><Condition><KeyPrefixEquals>old/</KeyPrefixEquals></Condition>"
            "<Redirect><ReplaceKeyPrefixWith>docs/</ReplaceKeyPrefixWith></Redirect></RoutingRule>"
            "<RoutingRule><Condition><HttpErrorCodeReturnedEquals>403"
            "</HttpErrorCodeReturnedEquals><KeyPrefixEquals>moved</KeyPrefixEquals></Condition>"
            "<Redirect><HostName>example.org</HostName><Protocol>https</Protocol>"
            "<HttpRedirectCode>307</HttpRedirectCode><ReplaceKeyWith>found</ReplaceKeyWith>"
            "</Redirect></RoutingRule></RoutingRules>")
            .status,
        200u);
    EXPECT_EQ(world.get("/site?website").element("KeyPrefixEquals"), "old/");
    EXPECT_EQ(world.get("/site?website").element("HttpRedirectCode"), "307");
    auto const moved = visit("/old/x");
    EXPECT_EQ(moved.status, 301u);
    EXPECT_EQ(moved.header("Location"), "https://site.web.test:8080/docs/x");
    auto const wrong = visit("/moved/away");
    EXPECT_EQ(wrong.status, 307u);
    EXPECT_EQ(wrong.header("Location"), "https://example.org/found");
    EXPECT_EQ(visit("/").body, "<p>home</p>");
    EXPECT_EQ(visit("/other").status, 403u);
}

TEST_F(websites, send_on_from_objects_that_say_so) {
    ASSERT_EQ(world.put("/site/away", "", {{"x-amz-website-redirect-location", "/docs/"}}).status,
              200u);
    EXPECT_EQ(world.get("/site/away").status, 200u) << "S3 itself only shows it";
    EXPECT_EQ(world.get("/site/away").header("x-amz-website-redirect-location"), "/docs/");
    auto const sent = visit("/away");
    EXPECT_EQ(sent.status, 301u);
    EXPECT_EQ(sent.header("Location"), "/docs/");
    ASSERT_EQ(world.put("/site/copy", "", {{"x-amz-copy-source", "/site/away"}}).status, 200u);
    EXPECT_EQ(world.get("/site/copy").header("x-amz-website-redirect-location"), "");
    for (auto const* bad : {"docs/", "ftp://x", "javascript:x"})
        EXPECT_EQ(world.put("/site/away", "", {{"x-amz-website-redirect-location", bad}}).code(),
                  "InvalidRedirectLocation");
}

TEST_F(websites, refuse_documents_that_are_wrong) {
    auto const rule = [&](std::string const& inner) {
        return index_only + "<RoutingRules><RoutingRule>" + inner + "</RoutingRule></RoutingRules>";
    };
    std::string const to = "<Redirect><HostName>a</HostName></Redirect>";
    std::string many;
    for (int i = 0; i < 51; ++i) many += "<RoutingRule>" + to + "</RoutingRule>";
    for (auto const& [inner, code] : header_list{
             {"", "InvalidArgument"},
             {"<IndexDocument><Suffix>a/b</Suffix></IndexDocument>", "InvalidArgument"},
             {"<IndexDocument><Suffix/></IndexDocument>", "InvalidArgument"},
             {"<IndexDocument/>", "InvalidArgument"},
             {"<Other/>", "MalformedXML"},
             {index_only + index_only, "MalformedXML"},
             {index_only + "<RedirectAllRequestsTo><HostName>a</HostName></RedirectAllRequestsTo>",
              "InvalidArgument"},
             {"<RedirectAllRequestsTo><HostName>a b</HostName></RedirectAllRequestsTo>",
              "InvalidRequest"},
             {"<RedirectAllRequestsTo><HostName>a</HostName><Protocol>ftp</Protocol>"
              "</RedirectAllRequestsTo>",
              "InvalidRequest"},
             {rule("<Redirect/>"), "MalformedXML"},
             {rule("<Condition/>" + to), "InvalidRequest"},
             {rule("<Condition><HttpErrorCodeReturnedEquals>200</HttpErrorCodeReturnedEquals>"
                   "</Condition>" + to),
              "InvalidRequest"},
             {rule("<Redirect><HttpRedirectCode>300</HttpRedirectCode></Redirect>"),
              "InvalidRequest"},
             {rule("<Redirect><ReplaceKeyWith>a</ReplaceKeyWith><ReplaceKeyPrefixWith>b"
                   "</ReplaceKeyPrefixWith></Redirect>"),
              "InvalidRequest"},
             {rule("<Redirect><HostName>a</HostName><HostName>b</HostName></Redirect>"),
              "MalformedXML"},
             {index_only + "<RoutingRules>" + many + "</RoutingRules>", "InvalidRequest"},
             {index_only + "<RoutingRules/>", "MalformedXML"}})
        EXPECT_EQ(set(inner).code(), code) << inner.substr(0, 300);
    EXPECT_EQ(world.get("/site?website").element("Key"), "error.html") << "as it was";
}

}  // namespace
}  // namespace sluice::s3
