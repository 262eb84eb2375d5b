// What the actions about users, groups and roles share. Sluice has one kind of thing that others
// are members of, the role: IAM's groups and roles are both it, and share names with users.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "protocols/s3/account/account_actions.hpp"

namespace sluice::s3 {

enum class person_kind : std::uint8_t { user, group, role };

bool is_kind(auth::principal_summary const& who, person_kind kind) noexcept;
// The elements of a User, Group or Role.
void write_person(xml_writer& out, account_call const& call, auth::principal_summary const& who,
                  person_kind kind);

// no_such_entity unless it is there and of that kind.
task<account_result<auth::principal_summary>> find_person(account_call const& call,
                                                          std::string name, person_kind kind);

// Marker and MaxItems over names in order.
struct page_request {
    std::string after;
    std::size_t most = 100;
};
account_result<page_request> page_of(account_request const& request);

// Everybody of that kind but the built-in ones: <element><member>...
task<account_result<>> list_people(account_call const& call, xml_writer& out,
                                   std::string_view element, person_kind kind);

// The path must be the only one there is.
account_result<> check_path(account_request const& request);

}  // namespace sluice::s3
