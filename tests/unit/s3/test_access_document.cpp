#include <gtest/gtest.h>

#include "protocols/s3/wire/access_document.hpp"
#include "tests/unit/s3/request_from_text.hpp"

namespace sluice::s3 {
namespace {

using canned = auth::access_choice::canned;
using naming = named_grant::naming;
using enum auth::access_permission;

s3_result<asked_access> asked(std::string const& headers,
                              access_subject about = access_subject::object) {
    return access_asked_by(test::request_from("PUT /b/k", headers), about);
}
std::string code(s3_failure const& why) { return std::string(row_of(why.code).code); }
std::string refused(std::string const& headers) {
    auto const out = asked(headers);
    return out ? "" : code(out.error());
}

TEST(access_headers, may_say_nothing) {
    auto const none = asked("");
    ASSERT_TRUE(none);
    EXPECT_FALSE(none->says_something);
    EXPECT_EQ(none->name, canned::owner_only);
    EXPECT_FALSE(none->grants);
}

TEST(access_headers, name_a_canned_list) {
    EXPECT_EQ(asked("x-amz-acl: public-read-write\r\n")->name, canned::public_read_write);
    EXPECT_EQ(asked("x-amz-acl: authenticated-read\r\n")->name, canned::known_read);
    EXPECT_EQ(asked("x-amz-acl: log-delivery-write\r\n", access_subject::bucket)->name,
              canned::log_delivery_write);
    EXPECT_EQ(refused("x-amz-acl: log-delivery-write\r\n"), "InvalidArgument");
    EXPECT_EQ(refused("x-amz-acl: PUBLIC-READ\r\n"), "InvalidArgument");
    EXPECT_EQ(refused("x-amz-acl: aws-exec-read\r\n"), "NotImplemented");
}

TEST(access_headers, grant) {
    auto const out = asked(
        "x-amz-grant-read: uri=\"http://g\", id=\"a,b\",emailAddress=x@y\r\n"
        "x-amz-grant-full-control: id=c\r\n");
    ASSERT_TRUE(out && out->grants);
    std::vector<named_grant> const wanted{{naming::canonical_id, "c", full_control},
                                          {naming::group, "http://g", read},
                                          {naming::canonical_id, "a,b", read},
                                          {naming::email, "x@y", read}};
    EXPECT_EQ(*out->grants, wanted);
    for (auto const* value : {"", "id=", "id", "=a", "name=a", "id=a,", "id=\"a", "id=a\"b"})
        EXPECT_EQ(refused("x-amz-grant-write-acp: " + std::string(value) + "\r\n"),
                  "InvalidArgument")
            << value;
    EXPECT_EQ(refused("x-amz-grant-read: id=a\r\nx-amz-acl: private\r\n"), "InvalidRequest");
    std::string many = "id=a";
    for (int i = 0; i < 99; ++i) many += ",id=a";
    EXPECT_EQ(refused("x-amz-grant-read: " + many + "\r\n"), "");
    EXPECT_EQ(refused("x-amz-grant-read: " + many + ",id=a\r\n"), "MalformedACLError");
}

std::string policy(std::string const& grants, std::string const& owner = "<ID>o</ID>") {
    return "<AccessControlPolicy xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"><Owner>" +
           owner + "</Owner><AccessControlList>" + grants +
           "</AccessControlList></AccessControlPolicy>";
}
std::string grant(std::string const& type, std::string const& grantee,
                  std::string const& permission) {
    auto const typed = type.empty() ? "" : " xsi:type=\"" + type + "\"";
    return "<Grant><Grantee" + typed + ">" + grantee + "</Grantee><Permission>" + permission +
           "</Permission></Grant>";
}

TEST(access_documents, are_read) {
    auto const out = access_document_in(
        policy(grant("CanonicalUser", "<ID>a</ID><DisplayName>A</DisplayName>", "FULL_CONTROL") +
               grant("AmazonCustomerByEmail", "<EmailAddress>x@y</EmailAddress>", "WRITE") +
               grant("Group", "<URI>http://g</URI>", "READ_ACP") +
               grant("", "<ID>b</ID>", "WRITE_ACP")));
    ASSERT_TRUE(out);
    EXPECT_EQ(out->owner, "o");
    std::vector<named_grant> const wanted{{naming::canonical_id, "a", full_control},
                                          {naming::email, "x@y", write},
                                          {naming::group, "http://g", read_acp},
                                          {naming::canonical_id, "b", write_acp}};
    EXPECT_EQ(out->grants, wanted);
    EXPECT_TRUE(access_document_in(policy(""))->grants.empty());
}

TEST(access_documents, that_are_not_right_are_refused) {
    auto const good = grant("", "<ID>a</ID>", "READ");
    for (auto const& text :
         {std::string(), std::string("<Other/>"), policy(good, ""), policy(good, "<Name>o</Name>"),
          policy("<Grant/>"), policy(grant("", "", "READ")),
          policy(grant("", "<ID></ID>", "READ")), policy(grant("Group", "<ID>a</ID>", "READ")),
          policy(grant("", "<ID>a</ID><URI>u</URI>", "READ")), policy(grant("", "<ID>a</ID>", "")),
          policy(grant("", "<ID>a</ID>", "read")), policy(good + "<Other/>")}) {
        auto const out = access_document_in(text);
        EXPECT_EQ(out ? "" : code(out.error()), "MalformedACLError") << text;
    }
}

TEST(access_groups, have_their_addresses) {
    for (auto const group : {auth::access_grantee::everyone, auth::access_grantee::anyone_known,
                             auth::access_grantee::log_delivery})
        EXPECT_EQ(group_named(uri_of(group)), group);
    EXPECT_EQ(uri_of(auth::access_grantee::named), "");
    EXPECT_FALSE(group_named("http://acs.amazonaws.com/groups/global/Others"));
}

}  // namespace
}  // namespace sluice::s3
