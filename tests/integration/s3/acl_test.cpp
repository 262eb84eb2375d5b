// Access lists over the wire: who owns what, whom it is shared with, and that it holds on every face.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/integration/s3/s3_world.hpp"

namespace sluice::s3 {
namespace {

using signer = auth::guard_world::signer;

constexpr char all_users[] = "http://acs.amazonaws.com/groups/global/AllUsers";
constexpr char known_users[] = "http://acs.amazonaws.com/groups/global/AuthenticatedUsers";

std::string grant_to(std::string const& grantee, std::string const& permission) {
    return "<Grant><Grantee>" + grantee + "</Grantee><Permission>" + permission +
           "</Permission></Grant>";
}
std::string id_of(std::string const& id) { return "<ID>" + id + "</ID>"; }

class access_lists : public testing::Test {
protected:
    access_lists() {
        main = world.add_user("main", {"allow main create on *"});
        alt = add_named("alt", "alt@example.org", "alt-canonical-id");
        main_id = canonical(main);
        alt_id = canonical(alt);
        make("abc", {{"x-amz-object-ownership", "ObjectWriter"}});
    }
    signer add_named(std::string name, std::string email, std::string canonical_id) {
        auth::guarded_admin::new_principal wanted;
        wanted.name = name;
        wanted.email = std::move(email);
        wanted.canonical_id = std::move(canonical_id);
        auto const boss = world.door().control_socket_caller();
        world.run(world.door().admin().add_principal(boss, wanted)).value();
        auto key = world.run(world.door().admin().create_key(boss, name)).value();
        return {key.access_key_id, key.secret};
    }
    std::string canonical(signer const& whom) { return world.as(whom).canonical_id(); }

    s3_reply as(signer const& whom, s3_call const& call) {
        auto const before = std::exchange(world.who, whom);
        auto reply = world.send(call);
        world.who = before;
        return reply;
    }
    void make(std::string const& bucket, header_list headers) {
        auto const made = as(main, {"PUT", "/" + bucket, "", std::move(headers)});
        ASSERT_EQ(made.status, 200u) << made.body;
    }
    static std::string said(s3_reply const& reply) {
        return reply.status < 300 ? "ok" : reply.code().empty() ? std::to_string(reply.status)
                                                                : reply.code();
    }
    std::string put(signer const& whom, std::string const& target, header_list headers = {},
                    std::string const& body = "x") {
        return said(as(whom, {"PUT", target, body, std::move(headers)}));
    }
    std::string ask(signer const& whom, std::string const& method, std::string const& target,
                    header_list headers = {}) {
        return said(as(whom, {method, target, "", std::move(headers)}));
    }
    std::string stranger(std::string const& method, std::string const& target,
                         std::string const& body = "") {
        return said(world.send_unsigned({method, target, body, {}}));
    }
    std::string set(signer const& whom, std::string const& target, std::string const& canned) {
        return ask(whom, "PUT", target, {{"x-amz-acl", canned}});
    }
    std::string policy(std::string const& owner, std::string const& grants) {
        return "<AccessControlPolicy><Owner>" + id_of(owner) + "</Owner><AccessControlList>" +
               grants + "</AccessControlList></AccessControlPolicy>";
    }
    std::string set_document(signer const& whom, std::string const& target,
                             std::string const& document) {
        return put(whom, target, {}, document);
    }
    std::vector<std::string> permissions(signer const& whom, std::string const& target) {
        return as(whom, {"GET", target}).elements("Permission");
    }
    std::string own(std::string const& bucket, std::string const& ownership) {
        auto const text = "<OwnershipControls><Rule><ObjectOwnership>" + ownership +
                          "</ObjectOwnership></Rule></OwnershipControls>";
        return put(main, "/" + bucket + "?ownershipControls", {{"Content-MD5", md5_header(text)}},
                   text);
    }
    std::string block(std::string const& name) {
        auto const text = "<PublicAccessBlockConfiguration><" + name + ">true</" + name +
                          "></PublicAccessBlockConfiguration>";
        return put(main, "/abc?publicAccessBlock", {{"Content-MD5", md5_header(text)}}, text);
    }
    // Which of read and read_acp somebody has on the object.
    std::string rights(signer const* whom, std::string const& target) {
        std::string out;
        auto const try_one = [&](std::string const& name, std::string const& method,
                                 std::string const& where) {
            auto const code = whom ? ask(*whom, method, where) : stranger(method, where);
            if (code == "ok") out += (out.empty() ? "" : " ") + name;
            else EXPECT_EQ(code, "AccessDenied") << name;
        };
        try_one("read", "GET", target);
        try_one("read_acp", "GET", target + "?acl");
        return out;
    }

    s3_world world;
    signer main, alt;
    std::string main_id, alt_id;
};

TEST_F(access_lists, begin_with_the_owners_grant) {
    ASSERT_EQ(put(main, "/abc/k"), "ok");
    for (std::string const target : {"/abc?acl", "/abc/k?acl"}) {
        auto const reply = as(main, {"GET", target});
        EXPECT_EQ(reply.elements("ID"), std::vector<std::string>(2, main_id)) << reply.body;
        EXPECT_EQ(reply.elements("Permission"), std::vector<std::string>{"FULL_CONTROL"});
    }
    EXPECT_EQ(as(main, {"GET", "/abc?ownershipControls"}).element("ObjectOwnership"),
              "ObjectWriter");
    EXPECT_EQ(ask(alt, "GET", "/abc/k"), "AccessDenied");
    EXPECT_EQ(ask(alt, "GET", "/abc?list-type=2"), "AccessDenied");
    EXPECT_EQ(put(alt, "/abc/k"), "AccessDenied");
    EXPECT_EQ(stranger("GET", "/abc/k"), "AccessDenied");
    EXPECT_EQ(ask(main, "GET", "/abc/missing"), "NoSuchKey");
    EXPECT_EQ(ask(alt, "GET", "/abc/missing"), "AccessDenied");
}

TEST_F(access_lists, of_objects_let_read) {
    ASSERT_EQ(put(main, "/abc/k", {{"x-amz-acl", "public-read"}}), "ok");
    ASSERT_EQ(put(main, "/abc/hers", {{"x-amz-grant-read", "emailAddress=\"alt@example.org\""}}),
              "ok");
    ASSERT_EQ(put(main, "/abc/known", {{"x-amz-acl", "authenticated-read"}}), "ok");
    EXPECT_EQ(rights(nullptr, "/abc/k"), "read");
    EXPECT_EQ(rights(&alt, "/abc/k"), "read");
    EXPECT_EQ(rights(nullptr, "/abc/known"), "");
    EXPECT_EQ(rights(&alt, "/abc/known"), "read");
    EXPECT_EQ(rights(&alt, "/abc/hers"), "read");
    EXPECT_EQ(rights(nullptr, "/abc/hers"), "");
    // Grants by header are all there is: the owner has his list, and not the bytes.
    EXPECT_EQ(ask(main, "GET", "/abc/hers"), "AccessDenied");
    EXPECT_EQ(set(main, "/abc/hers?acl", "private"), "ok");
    EXPECT_EQ(rights(&main, "/abc/hers"), "read read_acp");
    EXPECT_EQ(rights(&alt, "/abc/hers"), "");
    EXPECT_EQ(stranger("HEAD", "/abc/k"), "ok");
    EXPECT_EQ(ask(alt, "GET", "/abc/k?attributes", {{"x-amz-object-attributes", "ETag"}}), "ok");
    EXPECT_EQ(ask(alt, "GET", "/abc/k?tagging"), "AccessDenied");
    EXPECT_EQ(put(alt, "/abc/k"), "AccessDenied");
    EXPECT_EQ(ask(alt, "DELETE", "/abc/k"), "AccessDenied");
}

TEST_F(access_lists, of_buckets_let_list_and_write) {
    ASSERT_EQ(put(main, "/abc/k"), "ok");
    ASSERT_EQ(set(main, "/abc?acl", "public-read"), "ok");
    EXPECT_EQ(stranger("GET", "/abc?list-type=2"), "ok");
    EXPECT_EQ(stranger("GET", "/abc?versions"), "ok");
    EXPECT_EQ(stranger("GET", "/abc?uploads"), "ok");
    EXPECT_EQ(stranger("HEAD", "/abc"), "ok");
    EXPECT_EQ(ask(alt, "GET", "/abc/missing"), "NoSuchKey") << "whoever lists is told";
    EXPECT_EQ(ask(alt, "GET", "/abc/k"), "AccessDenied");
    EXPECT_EQ(ask(alt, "GET", "/abc?acl"), "AccessDenied");
    EXPECT_EQ(ask(alt, "GET", "/abc?location"), "AccessDenied");
    EXPECT_EQ(put(alt, "/abc/n"), "AccessDenied");
    ASSERT_EQ(set(main, "/abc?acl", "public-read-write"), "ok");
    EXPECT_EQ(put(alt, "/abc/n"), "ok");
    EXPECT_EQ(put(alt, "/abc/k"), "ok") << "overwrites";
    EXPECT_EQ(stranger("PUT", "/abc/s", "s"), "ok");
    EXPECT_EQ(stranger("GET", "/abc/s"), "ok") << "strangers own it";
    EXPECT_EQ(ask(main, "GET", "/abc/s"), "AccessDenied");
    EXPECT_EQ(stranger("DELETE", "/abc/s"), "ok");
    EXPECT_EQ(ask(alt, "DELETE", "/abc/k"), "ok");
    EXPECT_EQ(set(alt, "/abc?acl", "private"), "AccessDenied");
    ASSERT_EQ(set(main, "/abc?acl", "authenticated-read"), "ok");
    EXPECT_EQ(stranger("GET", "/abc?list-type=2"), "AccessDenied");
    EXPECT_EQ(ask(alt, "GET", "/abc?list-type=2"), "ok");
    ASSERT_EQ(set(main, "/abc?acl", "log-delivery-write"), "ok");
    EXPECT_EQ(permissions(main, "/abc?acl"),
              (std::vector<std::string>{"FULL_CONTROL", "WRITE", "READ_ACP"}));
}

TEST_F(access_lists, say_who_owns_what) {
    ASSERT_EQ(set(main, "/abc?acl", "public-read-write"), "ok");
    ASSERT_EQ(put(alt, "/abc/hers"), "ok");
    ASSERT_EQ(put(main, "/abc/his"), "ok");
    auto const listed = as(main, {"GET", "/abc"});
    EXPECT_EQ(listed.elements("ID"), (std::vector<std::string>{alt_id, main_id}));
    EXPECT_EQ(as(main, {"GET", "/abc?versions"}).elements("ID"),
              (std::vector<std::string>{alt_id, main_id}));
    EXPECT_EQ(as(main, {"GET", "/abc?list-type=2&fetch-owner=true"}).elements("ID"),
              (std::vector<std::string>{alt_id, main_id}));
    // The bucket's owner has what the list gives him, and may delete.
    EXPECT_EQ(rights(&main, "/abc/hers"), "");
    EXPECT_EQ(ask(main, "GET", "/abc/hers?tagging"), "ok");
    ASSERT_EQ(set(alt, "/abc/hers?acl", "bucket-owner-read"), "ok");
    EXPECT_EQ(rights(&main, "/abc/hers"), "read");
    EXPECT_EQ(set(main, "/abc/hers?acl", "private"), "AccessDenied");
    ASSERT_EQ(set(alt, "/abc/hers?acl", "bucket-owner-full-control"), "ok");
    EXPECT_EQ(rights(&main, "/abc/hers"), "read read_acp");
    EXPECT_EQ(set(main, "/abc/hers?acl", "private"), "ok") << "which the owner keeps";
    EXPECT_EQ(as(alt, {"GET", "/abc/hers?acl"}).elements("ID"),
              (std::vector<std::string>(2, alt_id)));
    EXPECT_EQ(ask(main, "DELETE", "/abc/hers"), "ok");
}

TEST_F(access_lists, give_objects_to_the_bucket_where_that_is_preferred) {
    ASSERT_EQ(own("abc", "BucketOwnerPreferred"), "ok");
    ASSERT_EQ(set(main, "/abc?acl", "public-read-write"), "ok");
    ASSERT_EQ(put(alt, "/abc/hers"), "ok");
    ASSERT_EQ(put(alt, "/abc/given", {{"x-amz-acl", "bucket-owner-full-control"}}), "ok");
    EXPECT_EQ(as(main, {"GET", "/abc"}).elements("ID"),
              (std::vector<std::string>{main_id, alt_id}));
    EXPECT_EQ(rights(&main, "/abc/given"), "read read_acp");
    EXPECT_EQ(rights(&alt, "/abc/given"), "");
}

TEST_F(access_lists, stop_to_count_when_the_owner_is_enforced) {
    ASSERT_EQ(set(main, "/abc?acl", "public-read-write"), "ok");
    ASSERT_EQ(put(alt, "/abc/hers", {{"x-amz-acl", "public-read"}}), "ok");
    EXPECT_EQ(own("abc", "BucketOwnerEnforced"), "InvalidBucketAclWithObjectOwnership");
    ASSERT_EQ(set(main, "/abc?acl", "private"), "ok");
    ASSERT_EQ(own("abc", "BucketOwnerEnforced"), "ok");
    EXPECT_EQ(ask(main, "GET", "/abc/hers"), "ok");
    EXPECT_EQ(ask(alt, "GET", "/abc/hers"), "AccessDenied");
    EXPECT_EQ(stranger("GET", "/abc/hers"), "AccessDenied");
    EXPECT_EQ(as(main, {"GET", "/abc"}).elements("ID"), std::vector<std::string>{main_id});
    EXPECT_EQ(as(main, {"GET", "/abc/hers?acl"}).elements("ID"),
              std::vector<std::string>(2, main_id));
    EXPECT_EQ(put(main, "/abc/k", {{"x-amz-acl", "public-read"}}),
              "AccessControlListNotSupported");
    EXPECT_EQ(put(main, "/abc/k", {{"x-amz-grant-read", "id=" + alt_id}}),
              "AccessControlListNotSupported");
    EXPECT_EQ(set(main, "/abc/hers?acl", "public-read"), "AccessControlListNotSupported");
    EXPECT_EQ(put(main, "/abc/k", {{"x-amz-acl", "bucket-owner-full-control"}}), "ok");
    // What was, is again; what came meanwhile is the bucket owner's.
    ASSERT_EQ(own("abc", "ObjectWriter"), "ok");
    EXPECT_EQ(rights(&alt, "/abc/hers"), "read read_acp");
    EXPECT_EQ(rights(nullptr, "/abc/hers"), "read");
    EXPECT_EQ(rights(&main, "/abc/k"), "read read_acp");
}

TEST_F(access_lists, come_with_a_bucket) {
    make("open", {{"x-amz-object-ownership", "ObjectWriter"}, {"x-amz-acl", "public-read"}});
    EXPECT_EQ(stranger("GET", "/open?list-type=2"), "ok");
    make("hers", {{"x-amz-object-ownership", "BucketOwnerPreferred"},
                  {"x-amz-grant-write", "id=" + alt_id},
                  {"x-amz-grant-read-acp", "id=\"" + alt_id + "\", uri=\"" + all_users + "\""}});
    EXPECT_EQ(permissions(main, "/hers?acl"),
              (std::vector<std::string>{"WRITE", "READ_ACP", "READ_ACP"}));
    EXPECT_EQ(put(alt, "/hers/k"), "ok");
    EXPECT_EQ(ask(alt, "GET", "/hers?acl"), "ok");
    EXPECT_EQ(stranger("GET", "/hers?acl"), "ok");
    EXPECT_EQ(put(main, "/hers/n"), "AccessDenied") << "he gave himself nothing";
    EXPECT_EQ(put(main, "/new", {{"x-amz-object-ownership", "Nobody"}}, ""), "InvalidArgument");
    EXPECT_EQ(put(main, "/new", {{"x-amz-grant-read", "id=" + alt_id}}, ""),
              "InvalidBucketAclWithObjectOwnership");
    EXPECT_EQ(put(main, "/open", {{"x-amz-object-ownership", "ObjectWriter"}}, ""),
              "BucketAlreadyOwnedByYou");
}

TEST_F(access_lists, are_refused_when_they_are_not_right) {
    ASSERT_EQ(put(main, "/abc/k"), "ok");
    for (std::string const target : {"/abc?acl", "/abc/k?acl"}) {
        auto const with = [&](std::string const& grantee, std::string const& permission = "READ") {
            return set_document(main, target, policy(main_id, grant_to(grantee, permission)));
        };
        EXPECT_EQ(with(id_of("_foo")), "InvalidArgument");
        EXPECT_EQ(with("<EmailAddress>nobody@example.org</EmailAddress>"),
                  "UnresolvableGrantByEmailAddress");
        EXPECT_EQ(with("<URI>http://acs.amazonaws.com/groups/global/Nobody</URI>"),
                  "InvalidArgument");
        EXPECT_EQ(with(id_of(alt_id), "EVERYTHING"), "MalformedACLError");
        EXPECT_EQ(with("<URI>" + std::string(all_users) + "</URI>" + id_of(alt_id)),
                  "MalformedACLError");
        EXPECT_EQ(with(""), "MalformedACLError");
        EXPECT_EQ(set_document(main, target, "<AccessControlPolicy/>"), "MalformedACLError");
        EXPECT_EQ(set_document(main, target, "no document"), "MalformedACLError");
        EXPECT_EQ(set_document(main, target, policy(alt_id, "")), "AccessDenied");
        std::string many;
        for (int i = 0; i < 100; ++i) many += grant_to(id_of(alt_id), "READ");
        EXPECT_EQ(set_document(main, target, policy(main_id, many)), "ok");
        many += grant_to(id_of(main_id), "FULL_CONTROL");
        EXPECT_EQ(set_document(main, target, policy(main_id, many)), "MalformedACLError");
        EXPECT_EQ(set(main, target, "nonsense"), "InvalidArgument");
        EXPECT_EQ(set(main, target, "aws-exec-read"), "NotImplemented");
        EXPECT_EQ(ask(main, "PUT", target,
                      {{"x-amz-acl", "private"}, {"x-amz-grant-read", "id=" + alt_id}}),
                  "InvalidRequest");
        EXPECT_EQ(ask(main, "PUT", target, {{"x-amz-grant-read", "name=alt"}}), "InvalidArgument");
        EXPECT_EQ(ask(main, "PUT", target, {{"x-amz-grant-read", ""}}), "InvalidArgument");
        EXPECT_EQ(ask(main, "PUT", target), "MissingSecurityHeader");
    }
    ASSERT_EQ(set(main, "/abc?acl", "private"), "ok");
    EXPECT_EQ(put(main, "/abc/n", {{"x-amz-acl", "log-delivery-write"}}), "InvalidArgument");
    EXPECT_EQ(set(main, "/abc/missing?acl", "private"), "NoSuchKey");
    EXPECT_EQ(set(alt, "/abc/missing?acl", "private"), "AccessDenied");
}

TEST_F(access_lists, are_read_as_they_were_put) {
    ASSERT_EQ(put(main, "/abc/k"), "ok");
    auto const grants = grant_to(id_of(main_id), "FULL_CONTROL") +
                        grant_to("<EmailAddress>alt@example.org</EmailAddress>", "READ_ACP") +
                        grant_to("<URI>" + std::string(known_users) + "</URI>", "READ") +
                        grant_to(id_of(alt_id), "WRITE_ACP");
    ASSERT_EQ(set_document(main, "/abc/k?acl", policy(main_id, grants)), "ok");
    auto const read = as(main, {"GET", "/abc/k?acl"});
    EXPECT_EQ(read.elements("ID"), (std::vector<std::string>{main_id, main_id, alt_id, alt_id}));
    EXPECT_EQ(read.elements("URI"), std::vector<std::string>{known_users});
    EXPECT_EQ(read.elements("Permission"),
              (std::vector<std::string>{"FULL_CONTROL", "READ_ACP", "READ", "WRITE_ACP"}));
    EXPECT_NE(read.body.find("xsi:type=\"Group\""), read.body.npos);
    EXPECT_EQ(rights(&alt, "/abc/k"), "read read_acp");
    // Who may write the list may not change whose it is.
    EXPECT_EQ(set_document(alt, "/abc/k?acl", policy(alt_id, "")), "AccessDenied");
    EXPECT_EQ(set_document(alt, "/abc/k?acl", policy(main_id, "")), "ok");
    EXPECT_EQ(rights(&alt, "/abc/k"), "");
    EXPECT_EQ(permissions(main, "/abc/k?acl"), std::vector<std::string>{});
    EXPECT_EQ(ask(main, "GET", "/abc/k"), "AccessDenied");
}

TEST_F(access_lists, bind_the_bucket_owner_until_he_changes_them) {
    ASSERT_EQ(put(main, "/abc/k"), "ok");
    ASSERT_EQ(set_document(main, "/abc?acl", policy(main_id, "")), "ok");
    EXPECT_EQ(ask(main, "GET", "/abc/k"), "ok");
    EXPECT_EQ(put(main, "/abc/n"), "AccessDenied");
    EXPECT_EQ(ask(main, "GET", "/abc?acl"), "ok");
    EXPECT_EQ(set(main, "/abc?acl", "private"), "ok");
    EXPECT_EQ(put(main, "/abc/n"), "ok");
}

TEST_F(access_lists, that_are_public_can_be_blocked_and_ignored) {
    ASSERT_EQ(put(main, "/abc/k", {{"x-amz-acl", "public-read"}}), "ok");
    ASSERT_EQ(set(main, "/abc?acl", "public-read"), "ok");
    ASSERT_EQ(block("BlockPublicAcls"), "ok");
    for (std::string const canned : {"public-read", "public-read-write", "authenticated-read"}) {
        EXPECT_EQ(set(main, "/abc?acl", canned), "AccessDenied");
        EXPECT_EQ(set(main, "/abc/k?acl", canned), "AccessDenied");
        EXPECT_EQ(put(main, "/abc/n", {{"x-amz-acl", canned}}), "AccessDenied");
        EXPECT_EQ(ask(main, "POST", "/abc/n?uploads", {{"x-amz-acl", canned}}), "AccessDenied");
        EXPECT_EQ(ask(main, "PUT", "/abc/n",
                      {{"x-amz-copy-source", "/abc/k"}, {"x-amz-acl", canned}}),
                  "AccessDenied");
    }
    EXPECT_EQ(put(main, "/abc/n", {{"x-amz-grant-read", "uri=" + std::string(all_users)}}),
              "AccessDenied");
    EXPECT_EQ(put(main, "/abc/n", {{"x-amz-grant-read", "id=" + alt_id}}), "ok");
    EXPECT_EQ(stranger("GET", "/abc/k"), "ok") << "what was there stays in force";
    ASSERT_EQ(block("IgnorePublicAcls"), "ok");
    EXPECT_EQ(stranger("GET", "/abc/k"), "AccessDenied");
    EXPECT_EQ(stranger("GET", "/abc?list-type=2"), "AccessDenied");
    EXPECT_EQ(ask(alt, "GET", "/abc/n"), "ok") << "no group";
    EXPECT_EQ(ask(main, "GET", "/abc/k"), "ok");
    EXPECT_EQ(ask(main, "DELETE", "/abc?publicAccessBlock"), "ok");
    EXPECT_EQ(stranger("GET", "/abc/k"), "ok");
}

TEST_F(access_lists, are_not_copied) {
    ASSERT_EQ(set(main, "/abc?acl", "public-read-write"), "ok");
    ASSERT_EQ(put(main, "/abc/open", {{"x-amz-acl", "public-read"}}), "ok");
    ASSERT_EQ(put(main, "/abc/shut"), "ok");
    header_list const from_open{{"x-amz-copy-source", "/abc/open"}};
    EXPECT_EQ(ask(alt, "PUT", "/abc/shut-copy", {{"x-amz-copy-source", "/abc/shut"}}),
              "AccessDenied");
    EXPECT_EQ(ask(alt, "PUT", "/abc/copy", from_open), "ok");
    EXPECT_EQ(as(alt, {"GET", "/abc/copy?acl"}).elements("ID"),
              std::vector<std::string>(2, alt_id));
    EXPECT_EQ(stranger("GET", "/abc/copy"), "AccessDenied");
    EXPECT_EQ(ask(main, "GET", "/abc/copy"), "AccessDenied");
    EXPECT_EQ(ask(main, "PUT", "/abc/again",
                  {{"x-amz-copy-source", "/abc/open"}, {"x-amz-acl", "public-read"}}),
              "ok");
    EXPECT_EQ(stranger("GET", "/abc/again"), "ok");
    EXPECT_EQ(ask(alt, "PUT", "/abc/copy", {{"x-amz-copy-source", "/abc/missing"}}), "NoSuchKey");
}

TEST_F(access_lists, are_each_versions_own) {
    auto const text = std::string("<VersioningConfiguration><Status>Enabled</Status>"
                                  "</VersioningConfiguration>");
    ASSERT_EQ(put(main, "/abc?versioning", {{"Content-MD5", md5_header(text)}}, text), "ok");
    auto const first = as(main, {"PUT", "/abc/k", "1", {{"x-amz-acl", "public-read"}}});
    auto const second = as(main, {"PUT", "/abc/k", "2"});
    auto const at = [](s3_reply const& put) {
        return "versionId=" + put.header("x-amz-version-id");
    };
    EXPECT_EQ(stranger("GET", "/abc/k?" + at(first)), "ok");
    EXPECT_EQ(stranger("GET", "/abc/k?" + at(second)), "AccessDenied");
    EXPECT_EQ(stranger("GET", "/abc/k"), "AccessDenied");
    EXPECT_EQ(set(main, "/abc/k?acl&" + at(first), "private"), "ok");
    EXPECT_EQ(set(main, "/abc/k?acl&" + at(second), "public-read"), "ok");
    EXPECT_EQ(stranger("GET", "/abc/k?" + at(first)), "AccessDenied");
    EXPECT_EQ(stranger("GET", "/abc/k"), "ok");
    EXPECT_EQ(permissions(main, "/abc/k?acl&" + at(first)).size(), 1u);
    EXPECT_EQ(permissions(main, "/abc/k?acl").size(), 2u);
    // Whoever writes hides; the bucket's owner erases.
    ASSERT_EQ(set(main, "/abc?acl", "public-read-write"), "ok");
    EXPECT_EQ(stranger("DELETE", "/abc/k?" + at(first)), "AccessDenied");
    EXPECT_EQ(stranger("DELETE", "/abc/k"), "ok");
    EXPECT_EQ(stranger("GET", "/abc/k"), "NoSuchKey");
    EXPECT_EQ(ask(main, "DELETE", "/abc/k?" + at(first)), "ok");
}

TEST_F(access_lists, come_with_uploads) {
    ASSERT_EQ(put(main, "/abc/k"), "ok");
    EXPECT_EQ(ask(alt, "POST", "/abc/big?uploads"), "AccessDenied");
    ASSERT_EQ(set(main, "/abc?acl", "public-read-write"), "ok");
    auto const begun = as(alt, {"POST", "/abc/big?uploads", "", {{"x-amz-acl", "public-read"}}});
    auto const id = "uploadId=" + begun.element("UploadId");
    auto const part = as(alt, {"PUT", "/abc/big?partNumber=1&" + id, "part"});
    ASSERT_EQ(part.status, 200u) << part.body;
    EXPECT_EQ(as(alt, {"GET", "/abc/big?" + id}).status, 200u) << "who began it";
    EXPECT_EQ(as(main, {"GET", "/abc/big?" + id}).status, 200u) << "whose the bucket is";
    EXPECT_EQ(stranger("GET", "/abc/big?" + id), "AccessDenied");
    EXPECT_EQ(stranger("DELETE", "/abc/big?" + id), "AccessDenied");
    auto const document = "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>" +
                          part.header("ETag") + "</ETag></Part></CompleteMultipartUpload>";
    auto const done = as(alt, {"POST", "/abc/big?" + id, document});
    ASSERT_EQ(done.status, 200u) << done.body;
    EXPECT_EQ(as(alt, {"GET", "/abc/big?acl"}).elements("Permission"),
              (std::vector<std::string>{"FULL_CONTROL", "READ"}));
    EXPECT_EQ(stranger("GET", "/abc/big"), "ok");
    EXPECT_EQ(ask(main, "GET", "/abc/big?acl"), "AccessDenied");
    auto const other = as(alt, {"POST", "/abc/other?uploads"}).element("UploadId");
    EXPECT_EQ(ask(alt, "DELETE", "/abc/other?uploadId=" + other), "ok");
    auto const third = as(alt, {"POST", "/abc/other?uploads"}).element("UploadId");
    EXPECT_EQ(ask(main, "DELETE", "/abc/other?uploadId=" + third), "ok");
    EXPECT_EQ(ask(alt, "PUT", "/abc/copied?partNumber=1&uploadId=" +
                                  as(alt, {"POST", "/abc/copied?uploads"}).element("UploadId"),
                  {{"x-amz-copy-source", "/abc/k"}}),
              "AccessDenied");
}

TEST_F(access_lists, stay_with_what_grows_or_is_renamed) {
    ASSERT_EQ(set(main, "/abc?acl", "public-read-write"), "ok");
    ASSERT_EQ(put(main, "/abc/k", {{"x-amz-acl", "public-read"}}, "1"), "ok");
    EXPECT_EQ(put(alt, "/abc/k", {{"x-amz-write-offset-bytes", "1"}}, "2"), "ok");
    EXPECT_EQ(put(alt, "/abc/k",
                  {{"x-amz-write-offset-bytes", "2"}, {"x-amz-acl", "private"}}, "3"),
              "InvalidRequest");
    EXPECT_EQ(stranger("GET", "/abc/k"), "ok");
    EXPECT_EQ(as(main, {"GET", "/abc/k?acl"}).elements("ID"), std::vector<std::string>(2, main_id));
    EXPECT_EQ(ask(alt, "PUT", "/abc/n?renameObject", {{"x-amz-rename-source", "k"}}), "ok");
    EXPECT_EQ(stranger("GET", "/abc/n"), "ok");
    EXPECT_EQ(as(main, {"GET", "/abc/n?acl"}).elements("ID"), std::vector<std::string>(2, main_id));
    EXPECT_EQ(put(alt, "/abc/new", {{"x-amz-write-offset-bytes", "0"}}, "n"), "ok");
    EXPECT_EQ(as(alt, {"GET", "/abc/new?acl"}).elements("ID"), std::vector<std::string>(2, alt_id));
}

TEST_F(access_lists, decide_what_presigned_links_reach) {
    ASSERT_EQ(put(main, "/abc/k", {{"x-amz-acl", "private"}}), "ok");
    auto const link = [&](signer const& whom, std::string const& target) {
        auto const before = std::exchange(world.who, whom);
        auto const presigned = world.presigned({"GET", target});
        world.who = before;
        return said(world.send_unsigned({"GET", presigned, "", {}}));
    };
    EXPECT_EQ(link(main, "/abc/k"), "ok");
    EXPECT_EQ(link(alt, "/abc/k"), "AccessDenied");
}

TEST_F(access_lists, are_named_in_the_audit_log) {
    ASSERT_EQ(set(main, "/abc?acl", "public-read-write"), "ok");
    ASSERT_EQ(put(alt, "/abc/k", {{"x-amz-acl", "public-read"}}), "ok");
    ASSERT_EQ(ask(main, "GET", "/abc/k"), "ok");
    auto const log = world.audit();
    auto const has = [&](std::string const& one, std::string const& other) {
        return std::any_of(log.begin(), log.end(), [&](std::string const& record) {
            return record.find(one) != record.npos && record.find(other) != record.npos;
        });
    };
    EXPECT_TRUE(has("\"PutObject\"", "acl:bucket"));
    EXPECT_TRUE(has("\"read\"", "acl:object"));
}

TEST_F(access_lists, need_the_right_to_put_them_by_policy) {
    auto const statements = [](std::string const& actions) {
        return R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":)"
               R"({"AWS":"arn:aws:iam::000000000000:user/alt"},"Action":[)" +
               actions + R"(],"Resource":"arn:aws:s3:::abc/*"}]})";
    };
    ASSERT_EQ(put(main, "/abc?policy", {}, statements(R"("s3:PutObject")")), "ok");
    EXPECT_EQ(put(alt, "/abc/k"), "ok");
    EXPECT_EQ(put(alt, "/abc/k", {{"x-amz-acl", "bucket-owner-full-control"}}), "ok");
    EXPECT_EQ(put(alt, "/abc/k", {{"x-amz-acl", "public-read"}}), "AccessDenied");
    ASSERT_EQ(put(main, "/abc?policy", {}, statements(R"("s3:PutObject","s3:PutObjectAcl")")),
              "ok");
    EXPECT_EQ(put(alt, "/abc/k", {{"x-amz-acl", "public-read"}}), "ok");
    EXPECT_EQ(stranger("GET", "/abc/k"), "ok");
}

TEST_F(access_lists, survive_a_restart) {
    s3_world kept(true);
    auto const send = [&](s3_call const& call) { return kept.send(call); };
    ASSERT_EQ(send({"PUT", "/abc", "", {{"x-amz-object-ownership", "ObjectWriter"},
                                        {"x-amz-acl", "public-read"}}}).status, 200u);
    ASSERT_EQ(send({"PUT", "/abc/k", "x", {{"x-amz-acl", "public-read"}}}).status, 200u);
    ASSERT_EQ(send({"PUT", "/abc/shut", "x"}).status, 200u);
    kept.restart();
    EXPECT_EQ(kept.send_unsigned({"GET", "/abc/k", "", {}}).status, 200u);
    EXPECT_EQ(kept.send_unsigned({"GET", "/abc/shut", "", {}}).status, 403u);
    EXPECT_EQ(kept.send_unsigned({"GET", "/abc?list-type=2", "", {}}).status, 200u);
    EXPECT_EQ(send({"GET", "/abc/k?acl"}).elements("Permission").size(), 2u);
}

// Conditions on tags.
class tag_conditions : public access_lists {
protected:
    void allow(std::string const& actions, std::string const& condition) {
        add(R"({"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::000000000000:user/alt"},)"
            R"("Action":[)" + actions + R"(],"Resource":"arn:aws:s3:::abc/*","Condition":)" +
            condition + "}");
    }
    void deny(std::string const& actions, std::string const& condition) {
        add(R"({"Effect":"Deny","Principal":{"AWS":"arn:aws:iam::000000000000:user/alt"},)"
            R"("Action":[)" + actions + R"(],"Resource":"arn:aws:s3:::abc/*","Condition":)" +
            condition + "}");
    }
    void add(std::string const& statement) {
        statements_ += (statements_.empty() ? "" : ",") + statement;
        auto const text = R"({"Version":"2012-10-17","Statement":[)" + statements_ + "]}";
        auto const reply = as(main, {"PUT", "/abc?policy", text});
        ASSERT_EQ(reply.status, 204u) << reply.body;
    }
    std::string tag(signer const& whom, std::string const& target, std::string const& key,
                    std::string const& value) {
        auto const text = "<Tagging><TagSet><Tag><Key>" + key + "</Key><Value>" + value +
                          "</Value></Tag></TagSet></Tagging>";
        return put(whom, target + "?tagging", {{"Content-MD5", md5_header(text)}}, text);
    }
    std::string statements_;
};

constexpr char is_open[] = R"({"StringEquals":{"s3:ExistingObjectTag/access":"open"}})";

TEST_F(tag_conditions, decide_reads_by_the_object) {
    ASSERT_EQ(put(main, "/abc/open", {{"x-amz-tagging", "access=open"}}), "ok");
    ASSERT_EQ(put(main, "/abc/shut", {{"x-amz-tagging", "access=shut"}}), "ok");
    allow(R"("s3:GetObject","s3:GetObjectTagging","s3:PutObjectTagging","s3:DeleteObject")",
          is_open);
    EXPECT_EQ(ask(alt, "GET", "/abc/open"), "ok");
    EXPECT_EQ(ask(alt, "GET", "/abc/open?tagging"), "ok");
    EXPECT_EQ(ask(alt, "GET", "/abc/shut"), "AccessDenied");
    EXPECT_EQ(ask(alt, "GET", "/abc/shut?tagging"), "AccessDenied");
    EXPECT_EQ(ask(alt, "GET", "/abc/missing"), "AccessDenied");
    EXPECT_EQ(tag(alt, "/abc/shut", "access", "open"), "AccessDenied");
    EXPECT_EQ(ask(alt, "DELETE", "/abc/shut"), "AccessDenied");
    EXPECT_EQ(ask(alt, "DELETE", "/abc/missing"), "AccessDenied");
    ASSERT_EQ(tag(main, "/abc/shut", "access", "open"), "ok");
    EXPECT_EQ(ask(alt, "GET", "/abc/shut"), "ok");
    EXPECT_EQ(tag(alt, "/abc/shut", "access", "shut"), "ok");
    EXPECT_EQ(ask(alt, "GET", "/abc/shut"), "AccessDenied");
    EXPECT_EQ(ask(alt, "DELETE", "/abc/open"), "ok");
    EXPECT_EQ(ask(main, "HEAD", "/abc/open"), "404");
}

TEST_F(tag_conditions, deny_what_everything_else_allows) {
    ASSERT_EQ(put(main, "/abc/k", {{"x-amz-tagging", "secret=yes"},
                                   {"x-amz-acl", "public-read"}}), "ok");
    ASSERT_EQ(put(main, "/abc/n", {{"x-amz-acl", "public-read"}}), "ok");
    ASSERT_EQ(set(main, "/abc?acl", "public-read-write"), "ok");
    deny(R"("s3:GetObject","s3:DeleteObject")",
         R"({"StringEquals":{"s3:ExistingObjectTag/secret":"yes"}})");
    EXPECT_EQ(stranger("GET", "/abc/k"), "ok");
    EXPECT_EQ(ask(alt, "GET", "/abc/k"), "AccessDenied");
    EXPECT_EQ(ask(alt, "GET", "/abc/n"), "ok");
    EXPECT_EQ(ask(alt, "PUT", "/abc/c", {{"x-amz-copy-source", "/abc/k"}}), "AccessDenied");
    EXPECT_EQ(ask(alt, "PUT", "/abc/c", {{"x-amz-copy-source", "/abc/n"}}), "ok");
    EXPECT_EQ(ask(alt, "DELETE", "/abc/k"), "AccessDenied");
    EXPECT_EQ(ask(alt, "PUT", "/abc/r?renameObject", {{"x-amz-rename-source", "k"}}),
              "AccessDenied");
    auto const text = std::string("<Delete><Object><Key>k</Key></Object><Object><Key>n</Key>"
                                  "</Object></Delete>");
    auto const reply = as(alt, {"POST", "/abc?delete", text, {{"Content-MD5", md5_header(text)}}});
    EXPECT_EQ(reply.elements("Code"), std::vector<std::string>{"AccessDenied"});
    EXPECT_EQ(reply.elements("Key").size(), 2u);
    EXPECT_EQ(ask(main, "HEAD", "/abc/k"), "ok");
    EXPECT_EQ(ask(main, "HEAD", "/abc/n"), "404");
}

TEST_F(tag_conditions, hold_requests_to_their_tags) {
    allow(R"("s3:PutObject","s3:PutObjectTagging")",
          R"({"StringEquals":{"s3:RequestObjectTag/team":"blue"},)"
          R"("ForAllValues:StringEquals":{"s3:RequestObjectTagKeys":["team","note"]}})");
    EXPECT_EQ(put(alt, "/abc/k"), "AccessDenied");
    EXPECT_EQ(put(alt, "/abc/k", {{"x-amz-tagging", "team=red"}}), "AccessDenied");
    EXPECT_EQ(put(alt, "/abc/k", {{"x-amz-tagging", "team=blue&other=1"}}), "AccessDenied");
    EXPECT_EQ(put(alt, "/abc/k", {{"x-amz-tagging", "team=blue&note=1"}}), "ok");
    EXPECT_EQ(tag(alt, "/abc/k", "team", "red"), "ok") << "who owns it needs no policy";
    ASSERT_EQ(put(main, "/abc/his"), "ok");
    EXPECT_EQ(tag(alt, "/abc/his", "team", "red"), "AccessDenied");
    EXPECT_EQ(tag(alt, "/abc/his", "team", "blue"), "ok");
    EXPECT_EQ(ask(alt, "POST", "/abc/k?uploads"), "AccessDenied");
    EXPECT_EQ(ask(alt, "POST", "/abc/k?uploads", {{"x-amz-tagging", "team=blue"}}), "ok");
}

}  // namespace
}  // namespace sluice::s3
