// What the actions about users, groups and roles share. They are principals of different kinds, and
// share one space of names.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "auth/guard/guarded_roles.hpp"
#include "protocols/s3/account/account_actions.hpp"

namespace sluice::s3 {

enum class person_kind : std::uint8_t { user, group, role };

// "user", "group", "role".
std::string_view name_of(person_kind kind) noexcept;
bool is_kind(auth::principal_kind which, person_kind kind) noexcept;
// How IAM calls the parameter, and the element, with a name of that kind: "UserName".
std::string_view name_element(person_kind kind) noexcept;

// The elements of a User, Group or Role; what only a role has is write_role's.
void write_person(xml_writer& out, auth::principal_summary const& who, person_kind kind);
void write_role(xml_writer& out, auth::guarded_roles::role const& role);

// no_such_entity unless it is there and of that kind.
task<account_result<auth::principal_summary>> find_person(account_call const& call,
                                                          std::string name, person_kind kind);

// Marker and MaxItems over names in order.
struct page_request {
    std::string after;
    std::size_t most = 100;
};
account_result<page_request> page_of(account_request const& request);

// Writes the members of a list in pages: those behind the marker, as many as were asked for, then
// IsTruncated and Marker. `items` are in the order of their names.
template <class Item, class NameOf, class Write>
void write_page(xml_writer& out, std::string_view element, page_request const& page,
                std::vector<Item> const& items, NameOf name_of_item, Write write) {
    std::size_t written = 0;
    std::string last;
    bool more = false;
    out.open(element);
    for (auto const& one : items) {
        auto const& name = name_of_item(one);
        if (name <= page.after) continue;
        more = written == page.most;
        if (more) break;
        out.open("member");
        write(one);
        out.close();
        last = name;
        ++written;
    }
    out.close().element("IsTruncated", more);
    if (more) out.element("Marker", last);
}

// Everybody of that kind but the built-in ones: <element><member>...
task<account_result<>> list_people(account_call const& call, xml_writer& out,
                                   std::string_view element, person_kind kind);

// The tags that the parameter Tags gives; who can have them is the guard's to say.
account_result<std::vector<auth::principal_tag>> tags_of(account_request const& request);
// <Tags><member><Key>...; nothing without tags, unless `always`.
void write_tags(xml_writer& out, auth::principal_summary const& who, bool always = false);

// Another name, for UpdateUser and UpdateGroup: NewUserName or NewGroupName. The parameter may be missing.
task<account_result<>> rename_person(account_call const& call, person_kind kind);

// The path must be the only one there is.
account_result<> check_path(account_request const& request);
account_result<> check_path_prefix(account_request const& request);

// delete_conflict while the principal has policies of its own or attached ones, as IAM wants it.
task<account_result<>> check_without_policies(account_call const& call, std::string holder);

}  // namespace sluice::s3
