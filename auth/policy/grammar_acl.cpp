#include "auth/policy/grammar_acl.hpp"

#include <algorithm>
#include <array>

#include "auth/identity/principal.hpp"
#include "auth/policy/iam_actions.hpp"

namespace sluice::auth {
namespace {

using names = std::vector<std::string>;

// What a permission is on a bucket, and on an object.
struct permission_row {
    access_permission what;
    action_set verbs;
    names actions;
};

std::array<permission_row, 4> const& bucket_rows() {
    static std::array<permission_row, 4> const rows{
        permission_row{access_permission::read,
                       {action::list, action::describe},
                       {"s3:ListBucket", "s3:ListBucketVersions", "s3:ListBucketMultipartUploads"}},
        permission_row{access_permission::write,
                       {action::update, action::delete_},
                       {"s3:PutObject", "s3:DeleteObject"}},
        permission_row{access_permission::read_acp,
                       {action::list, action::describe},
                       {"s3:GetBucketAcl"}},
        permission_row{access_permission::write_acp,
                       {action::alter, action::list, action::describe},
                       {"s3:PutBucketAcl"}},
    };
    return rows;
}

std::array<permission_row, 3> const& object_rows() {
    static std::array<permission_row, 3> const rows{
        permission_row{access_permission::read,
                       {action::read},
                       {"s3:GetObject", "s3:GetObjectVersion", "s3:GetObjectAttributes",
                        "s3:GetObjectVersionAttributes"}},
        permission_row{access_permission::read_acp,
                       {action::read},
                       {"s3:GetObjectAcl", "s3:GetObjectVersionAcl"}},
        permission_row{access_permission::write_acp,
                       {action::update, action::read},
                       {"s3:PutObjectAcl", "s3:PutObjectVersionAcl"}},
    };
    return rows;
}

// No permission of a list gives these; they are the owner's (of the bucket, and of the object).
names const& owners_actions() {
    static names const actions{
        "s3:GetObjectTagging",        "s3:GetObjectVersionTagging", "s3:PutObjectTagging",
        "s3:PutObjectVersionTagging", "s3:DeleteObjectTagging",     "s3:DeleteObjectVersionTagging",
        "s3:GetObjectRetention",      "s3:PutObjectRetention",      "s3:GetObjectLegalHold",
        "s3:PutObjectLegalHold",      "s3:RestoreObject"};
    return actions;
}

names const& upload_actions() {
    static names const actions{"s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"};
    return actions;
}

principal_pattern pattern_of(access_grant const& grant) {
    switch (grant.to) {
        case access_grantee::everyone: return {principal_pattern::kind::anyone, {}};
        case access_grantee::anyone_known: return {principal_pattern::kind::authenticated, {}};
        case access_grantee::named: return {principal_pattern::kind::named, grant.id};
        case access_grantee::log_delivery: return {principal_pattern::kind::named, system_id};
    }
    return {principal_pattern::kind::named, system_id};
}

class rule_maker {
public:
    rule_maker(rule_id id, acl_scope const& scope, std::string const* key) : id_(id) {
        on_.name = {text_pattern::kind::exact, scope.bucket};
        on_.part = key ? text_pattern{text_pattern::kind::exact, *key}
                       : text_pattern{text_pattern::kind::any, {}};
    }

    void add(principal_pattern who, action_set verbs, names actions) {
        auto& made = out_.emplace_back();
        made.id = id_;
        made.effect = effect::allow;
        made.who = who;
        made.verbs = verbs;
        made.on = on_;
        made.facets = static_cast<std::uint8_t>(facet::files);
        made.conditions.push_back({"action", condition::test::text_equals, std::move(actions)});
    }

    template <class Rows>
    void add_grants(access_grants const& grants, Rows const& rows, bool ignores_public) {
        for (auto const& grant : grants) {
            bool const is_group = grant.to == access_grantee::everyone ||
                                  grant.to == access_grantee::anyone_known;
            if (is_group && ignores_public) continue;
            for (auto const& row : rows)
                if (grant.what == row.what || grant.what == access_permission::full_control)
                    add(pattern_of(grant), row.verbs, row.actions);
        }
    }

    std::vector<rule> take() { return std::move(out_); }

private:
    rule_id id_;
    resource_pattern on_;
    std::vector<rule> out_;
};

principal_pattern only(principal_id id) { return {principal_pattern::kind::named, id}; }

bool is_among(names const& actions, std::string_view action) noexcept {
    return std::find(actions.begin(), actions.end(), action) != actions.end();
}

}  // namespace

std::vector<rule> rules_of_acl(bucket_access const& access, principal_id owner,
                               acl_scope const& scope) {
    rule_maker made(built_in::acl_bucket, scope, nullptr);
    made.add_grants(access.grants, bucket_rows(), access.ignores_public);
    made.add(only(owner), {action::read, action::update}, owners_actions());
    made.add(only(owner), {action::update, action::list}, upload_actions());
    return made.take();
}

std::vector<rule> rules_of_acl(access_list const& list, acl_scope const& scope,
                               std::string const& key) {
    rule_maker made(built_in::acl_object, scope, &key);
    made.add_grants(list.grants, object_rows(), scope.ignores_public);
    access_grants const always{
        {access_grantee::named, list.owner, access_permission::read_acp},
        {access_grantee::named, list.owner, access_permission::write_acp}};
    made.add_grants(always, object_rows(), false);
    made.add(only(list.owner), {action::read, action::update}, owners_actions());
    return made.take();
}

std::vector<rule> rules_of_upload(principal_id initiator, acl_scope const& scope,
                                  std::string const& key) {
    rule_maker made(built_in::acl_object, scope, &key);
    made.add(only(initiator), {action::update, action::list}, upload_actions());
    return made.take();
}

bool object_acl_speaks_of(std::string_view iam_action) noexcept {
    auto const* row = find_iam_action(iam_action);
    if (row == nullptr) return false;
    auto const speaks = [&](permission_row const& one) { return is_among(one.actions, row->name); };
    return std::any_of(object_rows().begin(), object_rows().end(), speaks) ||
           is_among(owners_actions(), row->name);
}

}  // namespace sluice::auth
