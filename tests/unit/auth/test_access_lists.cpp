// Access lists: their bytes, the rules that they amount to, and conditions that wait for the object.
#include <gtest/gtest.h>

#include <algorithm>

#include "auth/identity/principal.hpp"
#include "auth/policy/access_list.hpp"
#include "auth/policy/compiled_policy.hpp"
#include "auth/policy/grammar_acl.hpp"
#include "auth/policy/grammar_iam.hpp"
#include "gateway/core/encoding.hpp"
#include "gateway/core/random.hpp"

namespace sluice::auth {
namespace {

using enum access_permission;
using canned = access_choice::canned;

// owner: of the bucket; writer: of the object; other: neither.
constexpr principal_id owner{2000}, writer{2001}, other{2002}, role{3000};

access_grant to(principal_id id, access_permission what) {
    return {access_grantee::named, id, what};
}
access_grant to(access_grantee group, access_permission what) { return {group, {}, what}; }

access_choice chosen(canned name) {
    access_choice out;
    out.name = name;
    return out;
}

bucket_access sample() {
    bucket_access out;
    out.objects = bucket_access::ownership::bucket_owner;
    out.blocks_public = true;
    out.grants = {to(owner, full_control), to(access_grantee::everyone, read),
                  to(access_grantee::log_delivery, write)};
    return out;
}

TEST(access_lists, have_these_bytes) {
    EXPECT_EQ(hex_encode(as_bytes(encode(access_list::of_owner(writer)))),
              "01d1070000000000000101" "01d107000000000000");
    EXPECT_EQ(hex_encode(as_bytes(encode(sample()))),
              "010202030101d00700000000000002020403");
    for (auto const& list : {access_list::of_owner(writer), access_list{owner, {}},
                             access_list{owner, {to(other, write_acp), to(role, read_acp)}}})
        EXPECT_EQ(decode_access_list(encode(list)).value(), list);
    EXPECT_EQ(decode_bucket_access(encode(sample())).value(), sample());
    EXPECT_EQ(decode_bucket_access(encode(bucket_access{})).value(), bucket_access{});
}

TEST(access_lists, that_are_not_right_are_refused) {
    auto const list = encode(access_list::of_owner(writer));
    auto const bucket = encode(sample());
    for (std::size_t size = 0; size < list.size(); ++size)
        EXPECT_EQ(decode_access_list(list.substr(0, size)).error().code, error::corrupt) << size;
    for (std::size_t size = 0; size < bucket.size(); ++size)
        EXPECT_EQ(decode_bucket_access(bucket.substr(0, size)).error().code, error::corrupt);
    EXPECT_EQ(decode_access_list(list + "x").error().code, error::corrupt);
    for (char const* grants : {"010501", "010001", "010106d107000000000000",
                               "010100d107000000000000", "0101", "ff7f"}) {
        auto const hex = "01d107000000000000" + std::string(grants);
        EXPECT_EQ(decode_access_list(*hex_decode(hex)).error().code, error::corrupt) << hex;
    }
    EXPECT_EQ(decode_bucket_access(*hex_decode("01030000")).error().code, error::corrupt);
    EXPECT_EQ(decode_bucket_access(*hex_decode("01010400")).error().code, error::corrupt);
    EXPECT_EQ(decode_access_list("\2what comes later").error().code, error::unsupported);
    EXPECT_EQ(decode_bucket_access("\2what comes later").error().code, error::unsupported);
}

TEST(access_lists, take_as_many_grants_as_there_may_be) {
    access_list list{owner, access_grants(most_access_grants, to(other, read))};
    EXPECT_EQ(decode_access_list(encode(list)).value(), list);
    list.grants.push_back(to(other, read));
    EXPECT_EQ(decode_access_list(encode(list)).error().code, error::corrupt);
}

TEST(access_lists, are_public_by_their_groups) {
    EXPECT_FALSE(is_public(grants_of(chosen(canned::owner_only), writer, owner)));
    EXPECT_FALSE(is_public(grants_of(chosen(canned::bucket_owner_full), writer, owner)));
    EXPECT_FALSE(is_public(grants_of(chosen(canned::log_delivery_write), owner, owner)));
    EXPECT_TRUE(is_public(grants_of(chosen(canned::public_read), writer, owner)));
    EXPECT_TRUE(is_public(grants_of(chosen(canned::known_read), writer, owner)));
    EXPECT_FALSE(shares(grants_of(chosen(canned::bucket_owner_full), owner, owner), owner));
    EXPECT_TRUE(shares(grants_of(chosen(canned::bucket_owner_full), writer, owner), writer));
}

// One object of `writer` in a bucket of `owner`, each with a list.
struct world {
    access_list object = access_list::of_owner(writer);
    bucket_access bucket;
    std::vector<rule> stored;

    world() { bucket.grants = {to(owner, full_control)}; }

    decision ask(principal_id who, action verb, std::string_view name, std::string_view part = "k",
                 bool with_object = true) const {
        acl_scope const scope{"b", bucket.ignores_public};
        auto rules = rules_of_acl(bucket, owner, scope);
        if (with_object) {
            auto more = rules_of_acl(object, scope, "k");
            rules.insert(rules.end(), more.begin(), more.end());
        }
        request_context context;
        context.action = name;
        access_request request;
        request.verb = verb;
        request.name = "b";
        request.part = part;
        request.face = static_cast<std::uint8_t>(facet::files);
        request.owner = owner;
        request.lists_count = true;
        request.attached = rules;
        request.context = &context;
        std::vector<principal_id> closure{who};
        if (who == other) closure.push_back(role);
        subject const as{who, closure};
        auto const made = compiled_policy::build({}, stored, 1).value();
        auto const decided = made->of(as)->decide(request);
        EXPECT_EQ(decided, evaluate(stored, as, request));
        return decided;
    }
    bool may(principal_id who, action verb, std::string_view name,
             std::string_view part = "k") const {
        return ask(who, verb, name, part).allowed();
    }
};

struct right {
    char const* what;
    action verb;
    char const* name;
    char const* part;
};
constexpr right read_object{"read", action::read, "s3:GetObject", "k"};
constexpr right read_list{"read_acp", action::read, "s3:GetObjectAcl", "k"};
constexpr right write_list{"write_acp", action::update, "s3:PutObjectAcl", "k"};
constexpr right put_object{"write", action::update, "s3:PutObject", "k"};

// S3's table of canned lists: who has what on the object, besides its owner, who has all of it.
struct canned_case {
    canned name;
    std::string bucket_owner, other, stranger;
};

TEST(access_lists, that_are_canned_give_what_s3_says) {
    for (auto const& one : {
             canned_case{canned::owner_only, "", "", ""},
             canned_case{canned::public_read, "read", "read", "read"},
             canned_case{canned::public_read_write, "read", "read", "read"},
             canned_case{canned::known_read, "read", "read", ""},
             canned_case{canned::bucket_owner_read, "read", "", ""},
             canned_case{canned::bucket_owner_full, "read read_acp write_acp", "", ""}}) {
        world w;
        w.object.grants = grants_of(chosen(one.name), writer, owner);
        auto const rights = [&](principal_id who) {
            std::string out;
            for (auto const& right : {read_object, read_list, write_list})
                if (w.may(who, right.verb, right.name))
                    out += (out.empty() ? "" : " ") + std::string(right.what);
            return out;
        };
        EXPECT_EQ(rights(writer), "read read_acp write_acp");
        EXPECT_EQ(rights(owner), one.bucket_owner) << static_cast<int>(one.name);
        EXPECT_EQ(rights(other), one.other) << static_cast<int>(one.name);
        EXPECT_EQ(rights(anonymous_id), one.stranger) << static_cast<int>(one.name);
        EXPECT_EQ(rights(root_id), "read read_acp write_acp");
        // WRITE on an object gives nothing; it is the bucket's that lets write.
        EXPECT_FALSE(w.may(other, put_object.verb, put_object.name));
        EXPECT_TRUE(w.may(owner, put_object.verb, put_object.name));
    }
}

TEST(access_lists, of_buckets_give_what_s3_says) {
    struct bucket_case {
        access_permission what;
        std::string rights;
    };
    for (auto const& one :
         {bucket_case{read, "list versions uploads head"}, bucket_case{write, "put delete"},
          bucket_case{read_acp, "acl"}, bucket_case{write_acp, "set"},
          bucket_case{full_control, "list versions uploads head put delete acl set"}}) {
        world w;
        w.bucket.grants.push_back(to(other, one.what));
        std::string rights;
        for (auto const& right :
             {right{"list", action::list, "s3:ListBucket", "p"},
              right{"versions", action::list, "s3:ListBucketVersions", ""},
              right{"uploads", action::list, "s3:ListBucketMultipartUploads", ""},
              right{"head", action::describe, "s3:ListBucket", ""},
              right{"put", action::update, "s3:PutObject", "n"},
              right{"delete", action::delete_, "s3:DeleteObject", "k"},
              right{"for good", action::delete_version, "s3:DeleteObjectVersion", "k"},
              right{"acl", action::describe, "s3:GetBucketAcl", ""},
              right{"set", action::alter, "s3:PutBucketAcl", ""},
              right{"policy", action::grant, "s3:PutBucketPolicy", ""},
              right{"drop", action::drop, "s3:DeleteBucket", ""},
              right{"location", action::describe, "s3:GetBucketLocation", ""},
              right{"settings", action::alter, "s3:PutBucketTagging", ""},
              right{"abort", action::update, "s3:AbortMultipartUpload", "k"},
              right{"tags", action::update, "s3:PutObjectTagging", "k"},
              right{"read", action::read, "s3:GetObject", "k"}})
            if (w.may(other, right.verb, right.name, right.part))
                rights += (rights.empty() ? "" : " ") + std::string(right.what);
        EXPECT_EQ(rights, one.rights) << static_cast<int>(one.what);
    }
}

TEST(access_lists, bind_the_owner_of_a_bucket_too) {
    world w;
    EXPECT_TRUE(w.may(owner, action::list, "s3:ListBucket", ""));
    w.bucket.grants.clear();
    EXPECT_FALSE(w.may(owner, action::list, "s3:ListBucket", ""));
    EXPECT_FALSE(w.may(owner, put_object.verb, put_object.name));
    EXPECT_FALSE(w.may(owner, read_object.verb, read_object.name));
    // What he can always: the list itself, everything about the bucket, and to delete.
    EXPECT_TRUE(w.may(owner, action::describe, "s3:GetBucketAcl", ""));
    EXPECT_TRUE(w.may(owner, action::alter, "s3:PutBucketAcl", ""));
    EXPECT_TRUE(w.may(owner, action::delete_, "s3:DeleteObject"));
    EXPECT_TRUE(w.may(owner, action::delete_version, "s3:DeleteObjectVersion"));
    EXPECT_TRUE(w.may(owner, action::drop, "s3:DeleteBucket", ""));
    EXPECT_TRUE(w.may(owner, action::read, "s3:GetObjectTagging"));
    EXPECT_FALSE(w.may(owner, read_list.verb, read_list.name));
}

TEST(access_lists, leave_an_objects_owner_its_list) {
    world w;
    w.object.grants.clear();
    EXPECT_FALSE(w.may(writer, read_object.verb, read_object.name));
    EXPECT_TRUE(w.may(writer, read_list.verb, read_list.name));
    EXPECT_TRUE(w.may(writer, write_list.verb, write_list.name));
    EXPECT_TRUE(w.may(writer, action::update, "s3:PutObjectTagging"));
    EXPECT_FALSE(w.may(writer, action::update, "s3:PutObjectTagging", "another"));
}

TEST(access_lists, name_what_decided) {
    world w;
    w.object.grants.push_back(to(role, read));
    w.bucket.grants.push_back(to(other, write));
    EXPECT_EQ(rule_label(w.ask(other, action::read, "s3:GetObject").rule), "acl:object");
    EXPECT_EQ(rule_label(w.ask(other, action::update, "s3:PutObject").rule), "acl:bucket");
    EXPECT_EQ(w.ask(other, action::read, "s3:GetObjectAcl").rule, built_in::default_deny);
    EXPECT_EQ(w.ask(other, action::read, "s3:GetObject", "k", false).rule, built_in::default_deny);
}

TEST(access_lists, yield_to_a_deny) {
    world w;
    w.object.grants.push_back(to(access_grantee::everyone, read));
    rule deny;
    deny.id = rule_id{5000};
    deny.who.what = principal_pattern::kind::anyone;
    deny.verbs = {action::read};
    w.stored.push_back(deny);
    EXPECT_EQ(w.ask(other, action::read, "s3:GetObject").rule, deny.id);
    EXPECT_EQ(w.ask(writer, action::read, "s3:GetObject").rule, deny.id);
}

TEST(access_lists, lose_their_groups_where_public_ones_are_ignored) {
    world w;
    w.bucket.ignores_public = true;
    w.object.grants = grants_of(chosen(canned::public_read), writer, owner);
    w.object.grants.push_back(to(other, read));
    w.bucket.grants.push_back(to(access_grantee::anyone_known, read));
    EXPECT_FALSE(w.may(anonymous_id, read_object.verb, read_object.name));
    EXPECT_FALSE(w.may(owner, read_object.verb, read_object.name));
    EXPECT_TRUE(w.may(other, read_object.verb, read_object.name));
    EXPECT_FALSE(w.may(other, action::list, "s3:ListBucket", ""));
}

TEST(access_lists, give_an_upload_to_who_began_it) {
    auto const rules = rules_of_upload(writer, {"b", false}, "k");
    ASSERT_EQ(rules.size(), 1u);
    EXPECT_EQ(rules.front().who.id, writer);
    EXPECT_TRUE(rules.front().verbs.has(action::list));
    EXPECT_FALSE(rules.front().verbs.has(action::read));
}

TEST(access_lists, of_objects_speak_of_these_actions) {
    for (auto const* name : {"s3:GetObject", "s3:getobjectversion", "s3:PutObjectAcl",
                             "s3:GetObjectTagging", "s3:GetObjectAttributes"})
        EXPECT_TRUE(object_acl_speaks_of(name)) << name;
    for (auto const* name : {"s3:PutObject", "s3:DeleteObject", "s3:ListBucket",
                             "s3:AbortMultipartUpload", "s3:BypassGovernanceRetention", ""})
        EXPECT_FALSE(object_acl_speaks_of(name)) << name;
}

// Conditions on the tags of an object that is there.
class waiting : public testing::Test {
protected:
    void put(std::string const& statements) {
        auto const people = directory::build({}, {}, {}).value();
        iam_scope const scope{*people, "b"};
        auto made = parse_iam_policy(
            R"({"Version":"2012-10-17","Statement":[)" + statements + "]}", scope);
        ASSERT_TRUE(made.has_value()) << made.error().describe();
        for (auto& one : made->rules) {
            one.id = rule_id{2000 + rules_.size()};
            rules_.push_back(std::move(one));
        }
    }
    static std::string statement(std::string const& effect, std::string const& condition,
                                 std::string const& resource = "arn:aws:s3:::b/*") {
        return R"({"Effect":")" + effect + R"(","Principal":"*","Action":"s3:GetObject",)" +
               R"("Resource":")" + resource + R"(","Condition":)" + condition + "}";
    }
    decision ask(std::optional<std::vector<context_value>> tags) const {
        std::vector<context_value> values{{"principal", to_text(rule_id{to_underlying(other)})}};
        if (tags)
            for (auto const& one : *tags)
                values.push_back({"s3:ExistingObjectTag/" + one.key, one.value});
        request_context context;
        context.action = "s3:GetObject";
        context.values = values;
        context.knows_object = tags.has_value();
        access_request request;
        request.verb = action::read;
        request.name = "b";
        request.part = "k";
        request.face = static_cast<std::uint8_t>(facet::files);
        request.context = &context;
        principal_id const closure[] = {other};
        return evaluate(rules_, {other, closure}, request);
    }
    std::vector<rule> rules_;
};

constexpr char is_open[] = R"({"StringEquals":{"s3:ExistingObjectTag/access":"open"}})";

TEST_F(waiting, an_allow_needs_the_object) {
    put(statement("Allow", is_open));
    EXPECT_FALSE(ask(std::nullopt).allowed());
    EXPECT_TRUE(ask(std::nullopt).needs_object);
    EXPECT_TRUE(ask({{{"access", "open"}}}).allowed());
    EXPECT_TRUE(ask({{{"Access", "open"}}}).allowed());   // names of keys have no case
    EXPECT_FALSE(ask({{{"access", "Open"}}}).allowed());  // values have
    EXPECT_FALSE(ask({{{"other", "open"}}}).allowed());
    EXPECT_FALSE(ask(std::vector<context_value>{}).allowed());
    EXPECT_FALSE(ask(std::vector<context_value>{}).needs_object);
}

TEST_F(waiting, a_deny_keeps_an_allow_waiting) {
    put(statement("Allow", R"({"Bool":{"aws:SecureTransport":"false"}})"));
    put(statement("Deny", R"({"StringEquals":{"s3:ExistingObjectTag/secret":"yes"}})"));
    EXPECT_TRUE(ask(std::nullopt).allowed());
    EXPECT_TRUE(ask(std::nullopt).needs_object);
    EXPECT_FALSE(ask({{{"secret", "yes"}}}).allowed());
    EXPECT_TRUE(ask({{{"secret", "no"}}}).allowed());
    EXPECT_TRUE(ask(std::vector<context_value>{}).allowed());
}

TEST_F(waiting, nothing_waits_that_is_decided_without) {
    put(statement("Allow", R"({"StringEquals":{"s3:ExistingObjectTag/access":"open"},)"
                           R"("Bool":{"aws:SecureTransport":"true"}})"));
    EXPECT_FALSE(ask(std::nullopt).needs_object);
    put(statement("Deny", R"({"Bool":{"aws:SecureTransport":"false"}})"));
    put(statement("Allow", is_open));
    EXPECT_FALSE(ask(std::nullopt).allowed());
    EXPECT_FALSE(ask(std::nullopt).needs_object);
}

TEST_F(waiting, so_do_variables_and_negations) {
    put(statement("Allow", R"({"Bool":{"aws:SecureTransport":"false"}})",
                  "arn:aws:s3:::b/${s3:ExistingObjectTag/name}"));
    EXPECT_TRUE(ask(std::nullopt).needs_object);
    EXPECT_TRUE(ask({{{"name", "k"}}}).allowed());
    EXPECT_FALSE(ask({{{"name", "j"}}}).allowed());
    put(statement("Allow", R"({"StringNotEquals":{"s3:ExistingObjectTag/secret":"yes"}})"));
    EXPECT_TRUE(ask(std::vector<context_value>{}).allowed());
    EXPECT_FALSE(ask({{{"secret", "yes"}}}).allowed());
}

TEST_F(waiting, an_object_without_the_tag_is_told_by_null) {
    put(statement("Allow", R"({"Null":{"s3:ExistingObjectTag/secret":"true"}})"));
    EXPECT_TRUE(ask(std::nullopt).needs_object);
    EXPECT_TRUE(ask(std::vector<context_value>{}).allowed());
    EXPECT_FALSE(ask({{{"secret", ""}}}).allowed());
}

}  // namespace
}  // namespace sluice::auth
