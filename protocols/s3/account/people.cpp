#include "protocols/s3/account/people.hpp"

#include <algorithm>

#include "auth/authn/uri_encoding.hpp"
#include "auth/guard/guarded_managed_policies.hpp"
#include "auth/guard/guarded_policies.hpp"
#include "auth/policy/iam_names.hpp"
#include "protocols/http/date.hpp"

namespace sluice::s3 {
namespace {

std::string_view id_element(person_kind kind) noexcept {
    switch (kind) {
        case person_kind::user: return "UserId";
        case person_kind::group: return "GroupId";
        case person_kind::role: return "RoleId";
    }
    return "";
}

std::string arn_of(auth::principal_summary const& who) {
    auth::principal named;
    named.id = who.id;
    named.kind = who.kind;
    named.name = who.name;
    return auth::principal_arn(named);
}

}  // namespace

std::string_view name_of(person_kind kind) noexcept {
    switch (kind) {
        case person_kind::user: return "user";
        case person_kind::group: return "group";
        case person_kind::role: return "role";
    }
    return "";
}

std::string_view name_element(person_kind kind) noexcept {
    switch (kind) {
        case person_kind::user: return "UserName";
        case person_kind::group: return "GroupName";
        case person_kind::role: return "RoleName";
    }
    return "";
}

bool is_kind(auth::principal_kind which, person_kind kind) noexcept {
    switch (kind) {
        case person_kind::user: return !auth::has_members(which);
        case person_kind::group: return which == auth::principal_kind::group;
        case person_kind::role: return which == auth::principal_kind::role;
    }
    return false;
}

void write_person(xml_writer& out, auth::principal_summary const& who, person_kind kind) {
    out.element("Path", "/");
    out.element(name_element(kind), who.name);
    out.element(id_element(kind), auth::unique_id_of(who.id));
    out.element("Arn", arn_of(who)).element("CreateDate", http::iso_date(who.created));
}

void write_role(xml_writer& out, auth::guarded_roles::role const& role) {
    write_person(out, role.about, person_kind::role);
    if (!role.trust_policy.empty())
        out.element("AssumeRolePolicyDocument", auth::uri_encode(role.trust_policy, false));
    write_tags(out, role.about);
    if (!role.about.description.empty()) out.element("Description", role.about.description);
    auto const seconds = role.about.longest_session;
    out.element("MaxSessionDuration",
                std::to_string(seconds != 0 ? seconds : auth::most_longest_session));
}

account_result<std::vector<auth::principal_tag>> tags_of(account_request const& request) {
    auto pairs = request.pairs("Tags", auth::most_principal_tags);
    if (!pairs) return pairs.error();
    std::vector<auth::principal_tag> out;
    for (auto& [key, value] : *pairs) out.push_back({std::move(key), std::move(value)});
    return out;
}

void write_tags(xml_writer& out, auth::principal_summary const& who, bool always) {
    if (who.tags.empty() && !always) return;
    out.open("Tags");
    for (auto const& tag : who.tags) {
        out.open("member").element("Key", tag.key).element("Value", tag.value).close();
    }
    out.close();
}

task<account_result<>> rename_person(account_call const& call, person_kind kind) {
    auto const element = std::string(name_element(kind));
    auto const wanted = "New" + element;
    auto const known = call.request.allow_only({element, wanted, "NewPath"});
    if (!known) co_return known.error();
    if (call.request.find("NewPath").value_or("/") != "/")
        co_return validation_error("The only path is \"/\".");
    auto const name = call.request.demand(element);
    if (!name) co_return name.error();
    auto const there = co_await find_person(call, std::string(*name), kind);
    if (!there) co_return there.error();
    auto const next = call.request.find(wanted);
    if (!next) co_return account_result<>{};
    auto const done = co_await call.guard.admin().rename_principal(call.who, there->name,
                                                                   std::string(*next));
    if (!done) co_return to_account(done.error());
    co_return account_result<>{};
}

task<account_result<auth::principal_summary>> find_person(account_call const& call,
                                                          std::string name, person_kind kind) {
    auto found = co_await call.guard.admin().find_principal(call.who, name);
    if (!found && found.error().code != error::not_found) co_return to_account(found.error());
    if (!found || !is_kind(found->kind, kind))
        co_return account_failure{account_error::no_such_entity,
                                  "The " + std::string(name_of(kind)) + " with name " + name +
                                      " cannot be found.",
                                  {}};
    co_return *std::move(found);
}

account_result<page_request> page_of(account_request const& request) {
    auto const most = request.number("MaxItems", 1, 1000, 100);
    if (!most) return most.error();
    return page_request{std::string(request.find("Marker").value_or("")),
                        static_cast<std::size_t>(*most)};
}

task<account_result<>> list_people(account_call const& call, xml_writer& out,
                                   std::string_view element, person_kind kind) {
    auto const known = call.request.allow_only({"PathPrefix", "Marker", "MaxItems"});
    if (!known) co_return known.error();
    if (auto const path = check_path_prefix(call.request); !path) co_return path.error();
    auto const page = page_of(call.request);
    if (!page) co_return page.error();
    auto all = co_await call.guard.admin().list_principals(call.who);
    if (!all) co_return to_account(all.error());
    std::erase_if(*all, [&](auto const& one) { return one.built_in || !is_kind(one.kind, kind); });
    write_page(
        out, element, *page, *all, [](auto const& one) -> auto& { return one.name; },
        [&](auto const& one) { write_person(out, one, kind); });
    co_return account_result<>{};
}

account_result<> check_path(account_request const& request) {
    if (request.find("Path").value_or("/") != "/")
        return validation_error("The only path is \"/\".");
    return {};
}

account_result<> check_path_prefix(account_request const& request) {
    if (request.find("PathPrefix").value_or("/") != "/")
        return validation_error("The only path is \"/\".");
    return {};
}

task<account_result<>> check_without_policies(account_call const& call, std::string holder) {
    auto const attached = co_await call.guard.managed_policies().attachments(call.who);
    if (!attached) co_return to_account(attached.error());
    auto const of_holder = [&](auto const& one) { return one.holder == holder; };
    if (std::any_of(attached->begin(), attached->end(), of_holder))
        co_return account_failure{account_error::delete_conflict,
                                  "Cannot delete entity, must detach all policies first.", {}};
    auto const own = co_await call.guard.policies().list(call.who);
    if (!own) co_return to_account(own.error());
    if (std::any_of(own->begin(), own->end(), of_holder))
        co_return account_failure{account_error::delete_conflict,
                                  "Cannot delete entity, must delete policies first.", {}};
    co_return account_result<>{};
}

}  // namespace sluice::s3
