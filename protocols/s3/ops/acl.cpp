// GetBucketAcl, PutBucketAcl, GetObjectAcl, PutObjectAcl. ACLs are disabled, as in a bucket whose
// ownership is BucketOwnerEnforced: the bucket's owner owns every object in it and has
// FULL_CONTROL, which is all that can be read, and all that can be asked for.
#include <algorithm>
#include <array>

#include "protocols/s3/ops/bucket_edit.hpp"
#include "protocols/s3/ops/handlers.hpp"
#include "protocols/s3/ops/principal_names.hpp"

namespace sluice::s3 {
namespace {

struct canned_acl {
    std::string_view name;
    bool is_so;  // says what holds anyway
};
constexpr std::array canned_acls{
    canned_acl{"private", true},
    canned_acl{"bucket-owner-full-control", true},
    canned_acl{"bucket-owner-read", false},
    canned_acl{"public-read", false},
    canned_acl{"public-read-write", false},
    canned_acl{"authenticated-read", false},
    canned_acl{"aws-exec-read", false},
    canned_acl{"log-delivery-write", false},
};

constexpr std::string_view full_control = "FULL_CONTROL";

xml_writer policy_of(auth::principal_label const& owner) {
    xml_writer out("AccessControlPolicy");
    write_principal(out, "Owner", owner);
    out.open("AccessControlList").open("Grant").open_typed("Grantee", "CanonicalUser");
    out.element("ID", owner.canonical_id);
    if (!owner.display_name.empty()) out.element("DisplayName", owner.display_name);
    out.close();
    out.element("Permission", full_control).close().close();
    return out;
}

// The grant of everything to the owner; malformed_xml when it is no grant at all.
s3_result<bool> is_owners_grant(xml_element const& grant, std::string_view owner) {
    auto const* grantee = grant.only("Grantee");
    auto const permission = grant.text_of("Permission");
    if (grantee == nullptr || !permission || grant.children.size() != 2 ||
        !grantee->holds_only({"ID", "DisplayName", "EmailAddress", "URI"}))
        return error_code::malformed_xml;
    return grantee->text_of("ID") == owner && grantee->holds_only({"ID", "DisplayName"}) &&
           (grantee->type.empty() || grantee->type == "CanonicalUser") &&
           *permission == full_control;
}

s3_result<> check_policy(xml_element const& policy, std::string_view owner) {
    auto const* named = policy.only("Owner");
    auto const* list = policy.only("AccessControlList");
    if (named == nullptr || list == nullptr || policy.children.size() != 2 ||
        !named->holds_only({"ID", "DisplayName"}) || !list->holds_only({"Grant"}))
        return error_code::malformed_xml;
    bool is_so = named->text_of("ID") == owner && list->children.size() == 1;
    for (auto const& grant : list->children) {
        auto const owners = is_owners_grant(grant, owner);
        if (!owners) return owners.error();
        is_so = is_so && *owners;
    }
    if (!is_so) return error_code::access_control_list_not_supported;
    return {};
}

s3_result<> check_canned(std::string_view name) {
    auto const* const row = std::find_if(canned_acls.begin(), canned_acls.end(),
                                         [&](auto const& one) { return one.name == name; });
    if (row == canned_acls.end()) return invalid_argument("x-amz-acl", name, "Unknown canned ACL");
    if (!row->is_so) return error_code::access_control_list_not_supported;
    return {};
}

bool has_grant_headers(s3_request const& request) {
    auto const& fields = request.head().headers;
    auto const grants = [](std::string_view name) {
        return http::starts_with_ignoring_case(name, "x-amz-grant-");
    };
    return std::any_of(fields.begin(), fields.end(),
                       [&](auto const& field) { return grants(field.name); }) ||
           std::any_of(request.query().begin(), request.query().end(),
                       [&](auto const& field) { return grants(field.first); });
}

// What is asked for, by header or body, held against what is so.
task<s3_result<>> check_asked(operation_call& call, std::string owner) {
    auto const canned = call.request.header("x-amz-acl");
    bool const has_body = call.body.length() != 0;
    if (has_grant_headers(call.request)) {
        if (canned)
            co_return s3_failure(error_code::invalid_request,
                                 "Specifying both Canned ACLs and Header Grants is not allowed");
        co_return error_code::access_control_list_not_supported;
    }
    if (canned) {
        if (has_body) co_return error_code::unexpected_content;
        // The digests of an empty body are checked too.
        auto const nothing = co_await call.body.read_all(0);
        if (!nothing) co_return nothing.error();
        co_return check_canned(*canned);
    }
    if (!has_body)
        co_return s3_failure(error_code::missing_security_header)
            .detail("MissingHeaderName", "x-amz-acl");
    auto const policy =
        co_await read_document(call, "AccessControlPolicy", body_digest::optional);
    if (!policy) co_return policy.error();
    co_return check_policy(*policy, owner);
}

// NoSuchKey, or why the caller may not know.
task<s3_result<>> check_object(operation_call& call) {
    auto const object =
        co_await call.objects.open(call.who, call.request.bucket(), call.request.key());
    if (!object) co_return to_s3(object.error(), subject::object);
    co_return s3_result<>{};
}

// Verb describe; for an object it was decided when the object was opened.
task<s3_result<auth::principal_label>> owner(operation_call& call) {
    if (!call.request.key().empty()) {
        auto const known = co_await call.buckets.owner_of(call.request.bucket());
        if (!known) co_return to_s3(known.error(), subject::bucket);
        co_return call.guard.label_of(*known);
    }
    auto const bucket = co_await call.buckets.head(call.who, call.request.bucket());
    if (!bucket) co_return to_s3(bucket.error(), subject::bucket);
    co_return call.guard.label_of(bucket->owner);
}

task<s3_result<answer>> answer_policy(operation_call& call) {
    auto const whose = co_await owner(call);
    if (!whose) co_return whose.error();
    co_return xml_answer(policy_of(*whose));
}

task<s3_result<answer>> confirm_policy(operation_call& call) {
    auto const whose = co_await owner(call);
    if (!whose) co_return whose.error();
    auto const is_so = co_await check_asked(call, whose->canonical_id);
    if (!is_so) co_return is_so.error();
    auto const confirmed =
        co_await call.buckets.confirm(call.who, call.request.bucket(), call.request.key());
    if (!confirmed) co_return to_s3(confirmed.error(), subject::object);
    co_return empty_answer();
}

}  // namespace

task<s3_result<answer>> ops::get_bucket_acl(operation_call& call) {
    return answer_policy(call);
}

task<s3_result<answer>> ops::get_object_acl(operation_call& call) {
    auto const there = co_await check_object(call);
    if (!there) co_return there.error();
    co_return co_await answer_policy(call);
}

task<s3_result<answer>> ops::put_bucket_acl(operation_call& call) {
    return confirm_policy(call);
}

task<s3_result<answer>> ops::put_object_acl(operation_call& call) {
    auto const there = co_await check_object(call);
    if (!there) co_return there.error();
    co_return co_await confirm_policy(call);
}

}  // namespace sluice::s3
