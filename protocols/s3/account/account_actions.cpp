#include "protocols/s3/account/account_actions.hpp"

#include <array>

namespace sluice::s3 {
namespace {

#define STS_ACTION(name, handler)                                                         \
    account_action {                                                                      \
        name, name "Response", name "Result", "sts", "2011-06-15",                        \
            "https://sts.amazonaws.com/doc/2011-06-15/", handler                          \
    }

#define IAM_ACTION(name, result, handler)                                                 \
    account_action {                                                                      \
        name, name "Response", result, "iam", "2010-05-08",                               \
            "https://iam.amazonaws.com/doc/2010-05-08/", handler                          \
    }
#define IAM_ANSWERED(name, handler) IAM_ACTION(name, name "Result", handler)
#define IAM_DONE(name, handler) IAM_ACTION(name, "", handler)

// Its proof is a token in the request.
constexpr account_action unsigned_action(account_action row) {
    row.is_signed = false;
    return row;
}
constexpr auto with_token = unsigned_action(
    STS_ACTION("AssumeRoleWithWebIdentity", account::assume_role_with_web_identity));

constexpr std::array actions{
    STS_ACTION("AssumeRole", account::assume_role),
    with_token,
    STS_ACTION("GetCallerIdentity", account::get_caller_identity),
    STS_ACTION("GetSessionToken", account::get_session_token),
    IAM_DONE("AddUserToGroup", account::add_user_to_group),
    IAM_ANSWERED("CreateAccessKey", account::create_access_key),
    IAM_ANSWERED("CreateGroup", account::create_group),
    IAM_ANSWERED("CreateLoginProfile", account::create_login_profile),
    IAM_ANSWERED("CreateUser", account::create_user),
    IAM_DONE("DeleteAccessKey", account::delete_access_key),
    IAM_DONE("DeleteGroup", account::delete_group),
    IAM_DONE("DeleteRole", account::delete_role),
    IAM_DONE("DeleteUser", account::delete_user),
    IAM_ANSWERED("GetGroup", account::get_group),
    IAM_ANSWERED("GetLoginProfile", account::get_login_profile),
    IAM_ANSWERED("GetRole", account::get_role),
    IAM_ANSWERED("GetUser", account::get_user),
    IAM_ANSWERED("ListAccessKeys", account::list_access_keys),
    IAM_ANSWERED("ListGroups", account::list_groups),
    IAM_ANSWERED("ListGroupsForUser", account::list_groups_for_user),
    IAM_ANSWERED("ListRoles", account::list_roles),
    IAM_ANSWERED("ListUsers", account::list_users),
    IAM_DONE("RemoveUserFromGroup", account::remove_user_from_group),
    IAM_DONE("UpdateAccessKey", account::update_access_key),
    IAM_DONE("UpdateLoginProfile", account::update_login_profile),
    IAM_DONE("DeleteUserPolicy", account::delete_user_policy),
    IAM_ANSWERED("GetUserPolicy", account::get_user_policy),
    IAM_ANSWERED("ListUserPolicies", account::list_user_policies),
    IAM_DONE("PutUserPolicy", account::put_user_policy),
    IAM_DONE("DeleteGroupPolicy", account::delete_group_policy),
    IAM_ANSWERED("GetGroupPolicy", account::get_group_policy),
    IAM_ANSWERED("ListGroupPolicies", account::list_group_policies),
    IAM_DONE("PutGroupPolicy", account::put_group_policy),
    IAM_DONE("DeleteRolePolicy", account::delete_role_policy),
    IAM_ANSWERED("GetRolePolicy", account::get_role_policy),
    IAM_ANSWERED("ListRolePolicies", account::list_role_policies),
    IAM_DONE("PutRolePolicy", account::put_role_policy),
    IAM_ANSWERED("CreateRole", account::create_role),
    IAM_ANSWERED("UpdateRole", account::update_role),
    IAM_ANSWERED("UpdateRoleDescription", account::update_role_description),
    IAM_DONE("UpdateAssumeRolePolicy", account::update_trust_policy),
    IAM_ANSWERED("CreatePolicy", account::create_policy),
    IAM_ANSWERED("GetPolicy", account::get_policy),
    IAM_ANSWERED("ListPolicies", account::list_policies),
    IAM_DONE("DeletePolicy", account::delete_policy),
    IAM_ANSWERED("CreatePolicyVersion", account::create_policy_version),
    IAM_ANSWERED("GetPolicyVersion", account::get_policy_version),
    IAM_ANSWERED("ListPolicyVersions", account::list_policy_versions),
    IAM_DONE("SetDefaultPolicyVersion", account::set_default_policy_version),
    IAM_DONE("DeletePolicyVersion", account::delete_policy_version),
    IAM_DONE("AttachUserPolicy", account::attach_user_policy),
    IAM_DONE("DetachUserPolicy", account::detach_user_policy),
    IAM_ANSWERED("ListAttachedUserPolicies", account::list_attached_user_policies),
    IAM_DONE("AttachGroupPolicy", account::attach_group_policy),
    IAM_DONE("DetachGroupPolicy", account::detach_group_policy),
    IAM_ANSWERED("ListAttachedGroupPolicies", account::list_attached_group_policies),
    IAM_DONE("AttachRolePolicy", account::attach_role_policy),
    IAM_DONE("DetachRolePolicy", account::detach_role_policy),
    IAM_ANSWERED("ListAttachedRolePolicies", account::list_attached_role_policies),
    IAM_ANSWERED("ListEntitiesForPolicy", account::list_entities_for_policy),
    IAM_ANSWERED("CreateOpenIDConnectProvider", account::create_provider),
    IAM_ANSWERED("GetOpenIDConnectProvider", account::get_provider),
    IAM_ANSWERED("ListOpenIDConnectProviders", account::list_providers),
    IAM_DONE("DeleteOpenIDConnectProvider", account::delete_provider),
    IAM_DONE("AddClientIDToOpenIDConnectProvider", account::add_client_id_to_provider),
    IAM_DONE("RemoveClientIDFromOpenIDConnectProvider", account::remove_client_id_from_provider),
    IAM_DONE("UpdateOpenIDConnectProviderThumbprint", account::update_provider_thumbprint),
    IAM_ANSWERED("ListAccountAliases", account::list_account_aliases),
    IAM_ANSWERED("ListInstanceProfilesForRole", account::list_instance_profiles_for_role),
    IAM_ANSWERED("ListMFADevices", account::list_mfa_devices),
    IAM_ANSWERED("ListRoleTags", account::list_role_tags),
    IAM_ANSWERED("ListServiceSpecificCredentials", account::list_service_specific_credentials),
    IAM_ANSWERED("ListSigningCertificates", account::list_signing_certificates),
    IAM_ANSWERED("ListSSHPublicKeys", account::list_ssh_public_keys),
    IAM_ANSWERED("ListUserTags", account::list_user_tags),
    IAM_ANSWERED("ListVirtualMFADevices", account::list_virtual_mfa_devices),
    IAM_DONE("UpdateUser", account::update_user),
    IAM_DONE("UpdateGroup", account::update_group),
    IAM_DONE("DeleteLoginProfile", account::delete_login_profile),
    IAM_DONE("TagUser", account::tag_user),
    IAM_DONE("UntagUser", account::untag_user),
    IAM_DONE("TagRole", account::tag_role),
    IAM_DONE("UntagRole", account::untag_role),
    IAM_ANSWERED("GetAccountSummary", account::get_account_summary),
};

#undef IAM_DONE
#undef IAM_ANSWERED
#undef IAM_ACTION
#undef STS_ACTION

}  // namespace

std::span<account_action const> account_actions() noexcept { return actions; }

account_action const* find_account_action(std::string_view name) noexcept {
    for (auto const& one : actions)
        if (one.name == name) return &one;
    return nullptr;
}

}  // namespace sluice::s3
