#include "protocols/s3/account/people.hpp"

#include "protocols/http/date.hpp"
#include "protocols/s3/account/arns.hpp"

namespace sluice::s3 {
namespace {

std::string_view name_of(person_kind kind) noexcept {
    switch (kind) {
        case person_kind::user: return "user";
        case person_kind::group: return "group";
        case person_kind::role: return "role";
    }
    return "";
}

}  // namespace

bool is_kind(auth::principal_summary const& who, person_kind kind) noexcept {
    bool const role = who.kind == auth::principal_kind::role;
    return kind == person_kind::user ? !role : role;
}

void write_person(xml_writer& out, account_call const& call, auth::principal_summary const& who,
                  person_kind kind) {
    out.element("Path", "/");
    switch (kind) {
        case person_kind::user:
            out.element("UserName", who.name).element("UserId", auth::unique_id_of(who.id));
            break;
        case person_kind::group:
            out.element("GroupName", who.name).element("GroupId", auth::unique_id_of(who.id));
            break;
        case person_kind::role:
            out.element("RoleName", who.name).element("RoleId", auth::unique_id_of(who.id));
            break;
    }
    auto const arn = who.id == auth::root_id
                         ? "arn:aws:iam::" + call.options.account_id + ":root"
                         : iam_arn(call.options.account_id, name_of(kind), who.name);
    out.element("Arn", arn).element("CreateDate", http::iso_date(who.created));
}

task<account_result<auth::principal_summary>> find_person(account_call const& call,
                                                          std::string name, person_kind kind) {
    auto found = co_await call.guard.admin().find_principal(call.who, name);
    if (!found) co_return to_account(found.error());
    if (!is_kind(*found, kind))
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
    if (call.request.find("PathPrefix").value_or("/") != "/")
        co_return validation_error("The only path is \"/\".");
    auto const page = page_of(call.request);
    if (!page) co_return page.error();
    auto const all = co_await call.guard.admin().list_principals(call.who);
    if (!all) co_return to_account(all.error());
    std::size_t written = 0;
    std::string last;
    bool more = false;
    out.open(element);
    for (auto const& one : *all) {
        bool const shown = is_kind(one, kind) && !one.built_in && one.name > page->after;
        if (!shown) continue;
        more = written == page->most;
        if (more) break;
        out.open("member");
        write_person(out, call, one, kind);
        out.close();
        last = one.name;
        ++written;
    }
    out.close().element("IsTruncated", more);
    if (more) out.element("Marker", last);
    co_return account_result<>{};
}

account_result<> check_path(account_request const& request) {
    if (request.find("Path").value_or("/") != "/")
        return validation_error("The only path is \"/\".");
    return {};
}

}  // namespace sluice::s3
