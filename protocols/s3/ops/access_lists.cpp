#include "protocols/s3/ops/access_lists.hpp"

#include "protocols/s3/ops/principal_names.hpp"

namespace sluice::s3 {
namespace {

using ownership = auth::bucket_access::ownership;

s3_result<auth::access_grant> resolved(auth::guard const& guard, named_grant const& named,
                                       grant_form form) {
    using naming = named_grant::naming;
    auth::access_grant out;
    out.what = named.what;
    if (named.by == naming::group) {
        auto const group = group_named(named.text);
        if (!group) return invalid_argument(form == grant_form::header ? "uri" : "Group/URI", named.text,
                                    "Invalid group uri");
        out.to = *group;
        return out;
    }
    bool const by_email = named.by == naming::email;
    auto const who =
        by_email ? guard.find_email(named.text) : guard.find_canonical(named.text);
    if (!who && by_email)
        return s3_failure(error_code::unresolvable_grant).detail("EmailAddress", named.text);
    if (!who) return invalid_argument(form == grant_form::header ? "id" : "CanonicalUser/ID", named.text,
                                "Invalid id");
    out.id = *who;
    return out;
}

}  // namespace

s3_result<auth::access_grants> resolved(auth::guard const& guard,
                                        std::vector<named_grant> const& named,
                                        grant_form form) {
    auth::access_grants out;
    for (auto const& one : named) {
        auto const grant = resolved(guard, one, form);
        if (!grant) return grant.error();
        out.push_back(*grant);
    }
    return out;
}

s3_result<auth::access_choice> access_choice_of(operation_call const& call,
                                                s3_request const& request,
                                                access_subject about) {
    auto const asked = access_asked_by(request, about);
    if (!asked) return asked.error();
    auth::access_choice out;
    out.name = asked->name;
    if (!asked->grants) return out;
    auto grants = resolved(call.guard, *asked->grants, grant_form::header);
    if (!grants) return grants.error();
    out.grants = *std::move(grants);
    return out;
}

s3_result<std::optional<ownership>> ownership_named(std::string_view text) {
    if (text == enforced_ownership) return std::optional<ownership>{};
    for (auto const which : {ownership::writer, ownership::bucket_owner})
        if (text == name_of(which)) return std::optional(which);
    return invalid_argument("x-amz-object-ownership", text, "Invalid x-amz-object-ownership header");
}

std::string_view name_of(ownership which) noexcept {
    return which == ownership::writer ? "ObjectWriter" : "BucketOwnerPreferred";
}

void bound_by(std::optional<public_access_block> const& block, auth::bucket_access& access) {
    access.ignores_public = block && block->ignore_public_acls;
    access.blocks_public = block && block->block_public_acls;
}

xml_writer access_answer(auth::guard const& guard, auth::access_list const& list) {
    xml_writer out("AccessControlPolicy");
    write_principal(out, "Owner", guard.label_of(list.owner));
    out.open("AccessControlList");
    for (auto const& grant : list.grants) {
        out.open("Grant");
        if (auto const uri = uri_of(grant.to); !uri.empty()) {
            out.open_typed("Grantee", "Group").element("URI", uri);
        } else {
            auto const who = guard.label_of(grant.id);
            out.open_typed("Grantee", "CanonicalUser").element("ID", who.canonical_id);
            if (!who.display_name.empty()) out.element("DisplayName", who.display_name);
        }
        out.close().element("Permission", name_of(grant.what)).close();
    }
    out.close();
    return out;
}

}  // namespace sluice::s3
