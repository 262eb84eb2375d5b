// The actions of STS and IAM, one row each, and what their handlers work with. A handler is one
// coroutine: parameters in, the document of its result out; everything is decided and audited
// behind the guard's verbs. Lifetime: the front keeps all of it alive until the handler's task ends.
#pragma once

#include <span>
#include <string_view>

#include "auth/guard/guard.hpp"
#include "gateway/core/task.hpp"
#include "protocols/s3/account/account_request.hpp"
#include "protocols/s3/s3_options.hpp"
#include "protocols/s3/wire/xml_writer.hpp"

namespace sluice::s3 {

struct account_call {
    account_request const& request;
    auth::caller const& who;
    auth::guard& guard;
    s3_options const& options;
};

// Writes what stands inside <ActionResult>, which some actions do not have.
using account_handler = task<account_result<>> (*)(account_call const&, xml_writer&);

struct account_action {
    std::string_view name;
    std::string_view response;  // names of elements
    std::string_view result;    // empty: the answer has none
    std::string_view service;   // of the signature's scope
    std::string_view version;
    std::string_view name_space;
    account_handler handler;
};
std::span<account_action const> account_actions() noexcept;
account_action const* find_account_action(std::string_view name) noexcept;

namespace account {
task<account_result<>> add_user_to_group(account_call const&, xml_writer&);
task<account_result<>> assume_role(account_call const&, xml_writer&);
task<account_result<>> create_access_key(account_call const&, xml_writer&);
task<account_result<>> create_group(account_call const&, xml_writer&);
task<account_result<>> create_login_profile(account_call const&, xml_writer&);
task<account_result<>> create_user(account_call const&, xml_writer&);
task<account_result<>> delete_access_key(account_call const&, xml_writer&);
task<account_result<>> delete_group(account_call const&, xml_writer&);
task<account_result<>> delete_user(account_call const&, xml_writer&);
task<account_result<>> get_caller_identity(account_call const&, xml_writer&);
task<account_result<>> get_group(account_call const&, xml_writer&);
task<account_result<>> get_login_profile(account_call const&, xml_writer&);
task<account_result<>> get_role(account_call const&, xml_writer&);
task<account_result<>> get_session_token(account_call const&, xml_writer&);
task<account_result<>> get_user(account_call const&, xml_writer&);
task<account_result<>> list_access_keys(account_call const&, xml_writer&);
task<account_result<>> list_groups(account_call const&, xml_writer&);
task<account_result<>> list_groups_for_user(account_call const&, xml_writer&);
task<account_result<>> list_roles(account_call const&, xml_writer&);
task<account_result<>> list_users(account_call const&, xml_writer&);
task<account_result<>> remove_user_from_group(account_call const&, xml_writer&);
task<account_result<>> update_access_key(account_call const&, xml_writer&);
task<account_result<>> update_login_profile(account_call const&, xml_writer&);
task<account_result<>> delete_user_policy(account_call const&, xml_writer&);
task<account_result<>> get_user_policy(account_call const&, xml_writer&);
task<account_result<>> list_user_policies(account_call const&, xml_writer&);
task<account_result<>> put_user_policy(account_call const&, xml_writer&);
task<account_result<>> delete_group_policy(account_call const&, xml_writer&);
task<account_result<>> get_group_policy(account_call const&, xml_writer&);
task<account_result<>> list_group_policies(account_call const&, xml_writer&);
task<account_result<>> put_group_policy(account_call const&, xml_writer&);
task<account_result<>> delete_role_policy(account_call const&, xml_writer&);
task<account_result<>> get_role_policy(account_call const&, xml_writer&);
task<account_result<>> list_role_policies(account_call const&, xml_writer&);
task<account_result<>> put_role_policy(account_call const&, xml_writer&);
}  // namespace account

}  // namespace sluice::s3
