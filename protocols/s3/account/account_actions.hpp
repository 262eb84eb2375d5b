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
    auth::caller const& who;  // a stranger, of an action that nobody signs
    auth::guard& guard;
    s3_options const& options;
    auth::connection_facts const& connection;
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
    bool is_signed = true;
};
std::span<account_action const> account_actions() noexcept;
account_action const* find_account_action(std::string_view name) noexcept;

namespace account {
task<account_result<>> add_client_id_to_provider(account_call const&, xml_writer&);
task<account_result<>> add_user_to_group(account_call const&, xml_writer&);
task<account_result<>> assume_role(account_call const&, xml_writer&);
task<account_result<>> assume_role_with_web_identity(account_call const&, xml_writer&);
task<account_result<>> attach_group_policy(account_call const&, xml_writer&);
task<account_result<>> attach_role_policy(account_call const&, xml_writer&);
task<account_result<>> attach_user_policy(account_call const&, xml_writer&);
task<account_result<>> create_access_key(account_call const&, xml_writer&);
task<account_result<>> create_group(account_call const&, xml_writer&);
task<account_result<>> create_login_profile(account_call const&, xml_writer&);
task<account_result<>> create_policy(account_call const&, xml_writer&);
task<account_result<>> create_policy_version(account_call const&, xml_writer&);
task<account_result<>> create_provider(account_call const&, xml_writer&);
task<account_result<>> create_role(account_call const&, xml_writer&);
task<account_result<>> create_user(account_call const&, xml_writer&);
task<account_result<>> delete_access_key(account_call const&, xml_writer&);
task<account_result<>> delete_group(account_call const&, xml_writer&);
task<account_result<>> delete_group_policy(account_call const&, xml_writer&);
task<account_result<>> delete_login_profile(account_call const&, xml_writer&);
task<account_result<>> delete_policy(account_call const&, xml_writer&);
task<account_result<>> delete_policy_version(account_call const&, xml_writer&);
task<account_result<>> delete_provider(account_call const&, xml_writer&);
task<account_result<>> delete_role(account_call const&, xml_writer&);
task<account_result<>> delete_role_policy(account_call const&, xml_writer&);
task<account_result<>> delete_user(account_call const&, xml_writer&);
task<account_result<>> delete_user_policy(account_call const&, xml_writer&);
task<account_result<>> detach_group_policy(account_call const&, xml_writer&);
task<account_result<>> detach_role_policy(account_call const&, xml_writer&);
task<account_result<>> detach_user_policy(account_call const&, xml_writer&);
task<account_result<>> get_account_summary(account_call const&, xml_writer&);
task<account_result<>> get_caller_identity(account_call const&, xml_writer&);
task<account_result<>> get_group(account_call const&, xml_writer&);
task<account_result<>> get_group_policy(account_call const&, xml_writer&);
task<account_result<>> get_login_profile(account_call const&, xml_writer&);
task<account_result<>> get_policy(account_call const&, xml_writer&);
task<account_result<>> get_policy_version(account_call const&, xml_writer&);
task<account_result<>> get_provider(account_call const&, xml_writer&);
task<account_result<>> get_role(account_call const&, xml_writer&);
task<account_result<>> get_role_policy(account_call const&, xml_writer&);
task<account_result<>> get_session_token(account_call const&, xml_writer&);
task<account_result<>> get_user(account_call const&, xml_writer&);
task<account_result<>> get_user_policy(account_call const&, xml_writer&);
task<account_result<>> list_access_keys(account_call const&, xml_writer&);
task<account_result<>> list_account_aliases(account_call const&, xml_writer&);
task<account_result<>> list_attached_group_policies(account_call const&, xml_writer&);
task<account_result<>> list_attached_role_policies(account_call const&, xml_writer&);
task<account_result<>> list_attached_user_policies(account_call const&, xml_writer&);
task<account_result<>> list_entities_for_policy(account_call const&, xml_writer&);
task<account_result<>> list_group_policies(account_call const&, xml_writer&);
task<account_result<>> list_groups(account_call const&, xml_writer&);
task<account_result<>> list_groups_for_user(account_call const&, xml_writer&);
task<account_result<>> list_instance_profiles_for_role(account_call const&, xml_writer&);
task<account_result<>> list_mfa_devices(account_call const&, xml_writer&);
task<account_result<>> list_policies(account_call const&, xml_writer&);
task<account_result<>> list_policy_versions(account_call const&, xml_writer&);
task<account_result<>> list_providers(account_call const&, xml_writer&);
task<account_result<>> list_role_policies(account_call const&, xml_writer&);
task<account_result<>> list_role_tags(account_call const&, xml_writer&);
task<account_result<>> list_roles(account_call const&, xml_writer&);
task<account_result<>> list_service_specific_credentials(account_call const&, xml_writer&);
task<account_result<>> list_signing_certificates(account_call const&, xml_writer&);
task<account_result<>> list_ssh_public_keys(account_call const&, xml_writer&);
task<account_result<>> list_user_policies(account_call const&, xml_writer&);
task<account_result<>> list_user_tags(account_call const&, xml_writer&);
task<account_result<>> list_users(account_call const&, xml_writer&);
task<account_result<>> list_virtual_mfa_devices(account_call const&, xml_writer&);
task<account_result<>> put_group_policy(account_call const&, xml_writer&);
task<account_result<>> put_role_policy(account_call const&, xml_writer&);
task<account_result<>> put_user_policy(account_call const&, xml_writer&);
task<account_result<>> remove_client_id_from_provider(account_call const&, xml_writer&);
task<account_result<>> remove_user_from_group(account_call const&, xml_writer&);
task<account_result<>> set_default_policy_version(account_call const&, xml_writer&);
task<account_result<>> tag_role(account_call const&, xml_writer&);
task<account_result<>> tag_user(account_call const&, xml_writer&);
task<account_result<>> untag_role(account_call const&, xml_writer&);
task<account_result<>> untag_user(account_call const&, xml_writer&);
task<account_result<>> update_access_key(account_call const&, xml_writer&);
task<account_result<>> update_group(account_call const&, xml_writer&);
task<account_result<>> update_login_profile(account_call const&, xml_writer&);
task<account_result<>> update_provider_thumbprint(account_call const&, xml_writer&);
task<account_result<>> update_role(account_call const&, xml_writer&);
task<account_result<>> update_role_description(account_call const&, xml_writer&);
task<account_result<>> update_trust_policy(account_call const&, xml_writer&);
task<account_result<>> update_user(account_call const&, xml_writer&);
}  // namespace account

}  // namespace sluice::s3
