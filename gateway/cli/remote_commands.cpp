#include "gateway/cli/remote_commands.hpp"

namespace sluice::gateway {
namespace {

using kind = argument_kind;

constexpr command_group groups[] = {
    {"user", "principals: users, services, agents and roles"},
    {"key", "S3 access keys"},
    {"kms", "keys that objects are encrypted with by name"},
    {"oidc", "identity providers whose tokens are believed"},
    {"policy", "rules: who may do what"},
    {"audit", "the record of every decision"},
};

constexpr remote_argument name_only[] = {{kind::positional, "name", "the principal's name"}};
constexpr remote_argument user_add[] = {
    {kind::positional, "name", "1 to 64 letters, digits and ._@+=-"},
    {kind::option, "kind", "user, service, agent, role or group (default: user)"},
    {kind::option, "for", "agents: the principal on whose behalf it acts"},
    {kind::option, "roles", "roles it is a member of, with commas"},
    {kind::secret_flag, "password", "ask for a password; without one it can only have access keys"},
};
constexpr remote_argument user_import[] = {
    {kind::file, "document",
     "a JSON file: objects with name, id, display_name, email, access_key, secret_key"},
};
constexpr remote_argument user_password[] = {
    {kind::positional, "name", "the principal's name"},
    {kind::secret, "password", "the new password"},
};
constexpr remote_argument membership[] = {
    {kind::positional, "member", "the principal's name"},
    {kind::positional, "role", "the role's name"},
};
constexpr remote_argument key_create[] = {
    {kind::positional, "user", "the principal that the key is for"},
    {kind::option, "expires", "for how long it is valid, such as 24h (default: for ever)"},
};
constexpr remote_argument key_list[] = {{kind::optional_positional, "user", "only this principal's keys"}};
constexpr remote_argument key_delete[] = {{kind::positional, "access_key", "the access key id"}};
constexpr remote_argument kms_create[] = {
    {kind::positional, "name", "1 to 64 letters, digits and ._-"},
};
constexpr remote_argument kms_name[] = {{kind::positional, "name", "as `sluice kms list` shows it"}};
constexpr remote_argument oidc_add[] = {
    {kind::positional, "name", "what it is called here"},
    {kind::option, "issuer", "its URL, as its tokens have it in \"iss\""},
    {kind::option, "audience", "whom its tokens must be for, with commas"},
    {kind::place, "jwks", "a file or URL with its keys (default: what the issuer's discovery document says)"},
    {kind::flag, "logins", "who its tokens speak of may log in as the principal of that name (SASL OAUTHBEARER)"},
};
constexpr remote_argument oidc_name[] = {{kind::positional, "name", "as `sluice oidc list` shows it"}};
constexpr remote_argument policy_put[] = {
    {kind::words, "rule",
     "allow|deny WHO VERBS on RESOURCE [facets ..] [if NAME TEST VALUES]"},
};
constexpr remote_argument policy_id[] = {{kind::positional, "id", "as `sluice policy list` shows it"}};
constexpr remote_argument policy_attach[] = {
    {kind::positional, "holder", "the principal or role that it gives rights to, or takes them from"},
    {kind::positional, "name", "of the policy; one of that name is replaced"},
    {kind::file, "document", "a file with an IAM policy in JSON, without Principal"},
};
constexpr remote_argument policy_detach[] = {
    {kind::positional, "holder", "the principal or role that has it"},
    {kind::positional, "name", "of the policy"},
};
constexpr remote_argument audit_tail[] = {
    {kind::flag, "follow", "go on with what comes", "-f"},
    {kind::option, "count", "how many of the last records to begin with (default: 10)", "-n"},
};
constexpr remote_argument backup[] = {{kind::folder, "folder", "where the copy goes; must not exist"}};

constexpr remote_command commands[] = {
    {"user", "add", "make a principal", user_add},
    {"user", "import", "make users as another S3 server had them", user_import},
    {"user", "list", "all principals", {}},
    {"user", "delete", "remove a principal with its credentials and rules", name_only},
    {"user", "password", "set a principal's password", user_password},
    {"user", "enable", "let a principal in again", name_only},
    {"user", "disable", "keep a principal out without deleting it", name_only},
    {"user", "join", "make a principal a member of a role or group", membership},
    {"user", "leave", "take a principal out of a role or group", membership},
    {"key", "create", "make an access key; its secret is shown once", key_create},
    {"key", "list", "access keys, without their secrets", key_list},
    {"key", "delete", "remove an access key", key_delete},
    {"kms", "create", "make an encryption key; it never leaves the server", kms_create},
    {"kms", "list", "encryption keys", {}},
    {"kms", "disable", "read and write nothing under a key until it is enabled", kms_name},
    {"kms", "enable", "use a key again", kms_name},
    {"oidc", "add", "believe an identity provider's tokens", oidc_add},
    {"oidc", "list", "all identity providers", {}},
    {"oidc", "delete", "believe a provider's tokens no more", oidc_name},
    {"policy", "put", "add a rule", policy_put},
    {"policy", "list", "all rules", {}},
    {"policy", "show", "one rule", policy_id},
    {"policy", "delete", "remove a rule", policy_id},
    {"policy", "attach", "give a principal an IAM policy", policy_attach},
    {"policy", "attached", "all IAM policies of principals", {}},
    {"policy", "detach", "take an IAM policy away", policy_detach},
    {"audit", "tail", "the last audit records as JSON lines", audit_tail},
    {"", "status", "what the server says about itself", {}},
    {"", "backup", "a consistent copy of the store while it serves", backup},
};

}  // namespace

std::string remote_command::name() const {
    return group.empty() ? std::string(verb) : std::string(group) + "." + std::string(verb);
}

std::span<command_group const> command_groups() noexcept { return groups; }
std::span<remote_command const> remote_commands() noexcept { return commands; }

}  // namespace sluice::gateway
