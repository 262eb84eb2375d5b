// CreatePolicy, GetPolicy, ListPolicies, DeletePolicy, CreatePolicyVersion, GetPolicyVersion,
// ListPolicyVersions, SetDefaultPolicyVersion, DeletePolicyVersion (IAM API reference, version
// 2010-05-08).
#include <algorithm>
#include <charconv>

#include "auth/authn/uri_encoding.hpp"
#include "auth/guard/guarded_managed_policies.hpp"
#include "protocols/http/date.hpp"
#include "protocols/s3/account/people.hpp"

namespace sluice::s3 {
namespace {

using summary = auth::guarded_managed_policies::summary;

std::string version_text(std::uint32_t number) { return "v" + std::to_string(number); }

account_result<std::uint32_t> version_in(account_request const& request) {
    auto const text = request.demand("VersionId");
    if (!text) return text.error();
    std::uint32_t number = 0;
    auto const* end = text->data() + text->size();
    auto const parsed = std::from_chars(text->data() + 1, end, number);
    if (text->front() != 'v' || parsed.ec != std::errc{} || parsed.ptr != end ||
        version_text(number) != *text)
        return validation_error("VersionId is v and a number.");
    return number;
}

void write_policy(xml_writer& out, summary const& one, bool with_description) {
    auto const& policy = one.policy;
    out.element("PolicyName", policy.name);
    out.element("PolicyId", auth::unique_id_of(principal_id{policy.id}));
    out.element("Arn", one.arn).element("Path", "/");
    out.element("DefaultVersionId", version_text(policy.default_version));
    out.element("AttachmentCount", std::to_string(one.attachments));
    out.element("PermissionsBoundaryUsageCount", "0").element("IsAttachable", true);
    if (with_description && !policy.description.empty())
        out.element("Description", policy.description);
    out.element("CreateDate", http::iso_date(policy.created));
    out.element("UpdateDate", http::iso_date(policy.updated));
}

void write_version(xml_writer& out, auth::policy_version const& one, bool is_default,
                   bool with_document) {
    if (with_document) out.element("Document", auth::uri_encode(one.document, false));
    out.element("VersionId", version_text(one.number)).element("IsDefaultVersion", is_default);
    out.element("CreateDate", http::iso_date(one.created));
}

// Which of all the policies are asked for.
account_result<> select(account_request const& request, std::vector<summary>& all) {
    auto const scope = request.find("Scope").value_or("All");
    if (scope != "All" && scope != "AWS" && scope != "Local")
        return validation_error("Scope is All, AWS or Local.");
    auto const attached = request.flag("OnlyAttached", false);
    if (!attached) return attached.error();
    if (request.find("PolicyUsageFilter").value_or("PermissionsPolicy") != "PermissionsPolicy")
        return validation_error("Permissions boundaries are not served.");
    std::erase_if(all, [&](summary const& one) {
        return (scope == "AWS" && !one.is_aws) || (scope == "Local" && one.is_aws) ||
               (*attached && one.attachments == 0);
    });
    // Pages are by ARN: two policies can have one name.
    std::sort(all.begin(), all.end(), [](auto const& a, auto const& b) { return a.arn < b.arn; });
    return {};
}

}  // namespace

task<account_result<>> account::create_policy(account_call const& call, xml_writer& out) {
    auto const known =
        call.request.allow_only({"PolicyName", "Path", "PolicyDocument", "Description"});
    if (!known) co_return known.error();
    if (auto const path = check_path(call.request); !path) co_return path.error();
    auto const name = call.request.demand("PolicyName");
    if (!name) co_return name.error();
    auto const document = call.request.demand("PolicyDocument");
    if (!document) co_return document.error();
    std::string description(call.request.find("Description").value_or(""));
    auto const made = co_await call.guard.managed_policies().add(
        call.who, std::string(*name), std::move(description), std::string(*document));
    if (!made) co_return of_document(made.error());
    out.open("Policy");
    write_policy(out, *made, true);
    out.close();
    co_return account_result<>{};
}

task<account_result<>> account::get_policy(account_call const& call, xml_writer& out) {
    auto const known = call.request.allow_only({"PolicyArn"});
    if (!known) co_return known.error();
    auto const arn = call.request.demand("PolicyArn");
    if (!arn) co_return arn.error();
    auto const found = co_await call.guard.managed_policies().find(call.who, std::string(*arn));
    if (!found) co_return to_account(found.error());
    out.open("Policy");
    write_policy(out, *found, true);
    out.close();
    co_return account_result<>{};
}

task<account_result<>> account::list_policies(account_call const& call, xml_writer& out) {
    auto const known = call.request.allow_only(
        {"Scope", "OnlyAttached", "PathPrefix", "PolicyUsageFilter", "Marker", "MaxItems"});
    if (!known) co_return known.error();
    if (auto const path = check_path_prefix(call.request); !path) co_return path.error();
    auto const page = page_of(call.request);
    if (!page) co_return page.error();
    auto all = co_await call.guard.managed_policies().list(call.who);
    if (!all) co_return to_account(all.error());
    auto const selected = select(call.request, *all);
    if (!selected) co_return selected.error();
    write_page(
        out, "Policies", *page, *all, [](auto const& one) -> auto& { return one.arn; },
        [&](auto const& one) { write_policy(out, one, false); });
    co_return account_result<>{};
}

task<account_result<>> account::delete_policy(account_call const& call, xml_writer&) {
    auto const known = call.request.allow_only({"PolicyArn"});
    if (!known) co_return known.error();
    auto const arn = call.request.demand("PolicyArn");
    if (!arn) co_return arn.error();
    auto const done = co_await call.guard.managed_policies().remove(call.who, std::string(*arn));
    if (!done) co_return to_account(done.error());
    co_return account_result<>{};
}

task<account_result<>> account::create_policy_version(account_call const& call, xml_writer& out) {
    auto const known = call.request.allow_only({"PolicyArn", "PolicyDocument", "SetAsDefault"});
    if (!known) co_return known.error();
    auto const arn = call.request.demand("PolicyArn");
    if (!arn) co_return arn.error();
    auto const document = call.request.demand("PolicyDocument");
    if (!document) co_return document.error();
    auto const is_default = call.request.flag("SetAsDefault", false);
    if (!is_default) co_return is_default.error();
    auto const made = co_await call.guard.managed_policies().add_version(
        call.who, std::string(*arn), std::string(*document), *is_default);
    if (!made) co_return of_document(made.error());
    out.open("PolicyVersion");
    write_version(out, *made, *is_default, false);
    out.close();
    co_return account_result<>{};
}

task<account_result<>> account::get_policy_version(account_call const& call, xml_writer& out) {
    auto const known = call.request.allow_only({"PolicyArn", "VersionId"});
    if (!known) co_return known.error();
    auto const arn = call.request.demand("PolicyArn");
    if (!arn) co_return arn.error();
    auto const number = version_in(call.request);
    if (!number) co_return number.error();
    auto const found = co_await call.guard.managed_policies().find(call.who, std::string(*arn));
    if (!found) co_return to_account(found.error());
    auto const* version = found->policy.find(*number);
    if (version == nullptr)
        co_return account_failure{account_error::no_such_entity,
                                  "Policy " + found->arn + " version " + version_text(*number) +
                                      " does not exist or is not attachable.",
                                  {}};
    out.open("PolicyVersion");
    write_version(out, *version, *number == found->policy.default_version, true);
    out.close();
    co_return account_result<>{};
}

task<account_result<>> account::list_policy_versions(account_call const& call, xml_writer& out) {
    auto const known = call.request.allow_only({"PolicyArn", "Marker", "MaxItems"});
    if (!known) co_return known.error();
    auto const page = page_of(call.request);
    if (!page) co_return page.error();
    auto const arn = call.request.demand("PolicyArn");
    if (!arn) co_return arn.error();
    auto const found = co_await call.guard.managed_policies().find(call.who, std::string(*arn));
    if (!found) co_return to_account(found.error());
    // The newest first; at most five, so that a page without its end is one that begins behind it.
    auto versions = found->policy.versions;
    std::reverse(versions.begin(), versions.end());
    auto const at = std::find_if(versions.begin(), versions.end(), [&](auto const& one) {
        return version_text(one.number) == page->after;
    });
    if (at != versions.end()) versions.erase(versions.begin(), at + 1);
    bool const more = versions.size() > page->most;
    if (more) versions.resize(page->most);
    out.open("Versions");
    for (auto const& one : versions) {
        out.open("member");
        write_version(out, one, one.number == found->policy.default_version, false);
        out.close();
    }
    out.close().element("IsTruncated", more);
    if (more) out.element("Marker", version_text(versions.back().number));
    co_return account_result<>{};
}

task<account_result<>> account::set_default_policy_version(account_call const& call, xml_writer&) {
    auto const known = call.request.allow_only({"PolicyArn", "VersionId"});
    if (!known) co_return known.error();
    auto const arn = call.request.demand("PolicyArn");
    if (!arn) co_return arn.error();
    auto const number = version_in(call.request);
    if (!number) co_return number.error();
    auto const done = co_await call.guard.managed_policies().set_default_version(
        call.who, std::string(*arn), *number);
    if (!done) co_return of_document(done.error());
    co_return account_result<>{};
}

task<account_result<>> account::delete_policy_version(account_call const& call, xml_writer&) {
    auto const known = call.request.allow_only({"PolicyArn", "VersionId"});
    if (!known) co_return known.error();
    auto const arn = call.request.demand("PolicyArn");
    if (!arn) co_return arn.error();
    auto const number = version_in(call.request);
    if (!number) co_return number.error();
    auto const done = co_await call.guard.managed_policies().remove_version(
        call.who, std::string(*arn), *number);
    if (!done) co_return to_account(done.error());
    co_return account_result<>{};
}

}  // namespace sluice::s3
