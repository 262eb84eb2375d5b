// Managed policies behind the door: made once, in versions, and attached to principals, roles and
// groups. Attached, one is rules of its holder; whatever changes a policy in force changes all its
// attachments in the one commit that has its audit record. Verb `grant` on the cluster. AWS's own
// (auth/policy/managed_policy.hpp) can be attached and read. Policies are named by their ARNs.
// Thread rule: any executor; one object for the whole server.
#pragma once

#include <string>
#include <vector>

#include "auth/guard/caller.hpp"
#include "auth/guard/refusal.hpp"
#include "auth/policy/managed_policy.hpp"
#include "gateway/core/task.hpp"

namespace sluice::auth {

class guard_core;

class guarded_managed_policies {
public:
    explicit guarded_managed_policies(guard_core& core) noexcept : core_(core) {}

    struct summary {
        managed_policy policy;
        std::string arn;
        bool is_aws = false;
        std::size_t attachments = 0;
    };
    // unsupported: what is wrong with the document; invalid_argument: the name or description;
    // already_exists; too_large: limits.managed_policies.
    task<guarded<summary>> add(caller const& who, std::string name, std::string description,
                               std::string document);
    task<guarded<summary>> find(caller const& who, std::string arn);
    task<guarded<std::vector<summary>>> list(caller const& who);  // by name
    // conflict while it is attached, or has other versions than the default one.
    task<guarded<void>> remove(caller const& who, std::string arn);

    // too_large: most_policy_versions, or most_rules_of_policy over all attachments.
    task<guarded<policy_version>> add_version(caller const& who, std::string arn,
                                              std::string document, bool is_default);
    task<guarded<void>> set_default_version(caller const& who, std::string arn,
                                            std::uint32_t number);
    // conflict: the default version.
    task<guarded<void>> remove_version(caller const& who, std::string arn, std::uint32_t number);

    // Nothing changes when it is attached already. too_large: most_attached_policies.
    task<guarded<void>> attach(caller const& who, std::string holder, std::string arn);
    // missing_thing::rule: it is not attached.
    task<guarded<void>> detach(caller const& who, std::string holder, std::string arn);
    struct attachment {
        std::string holder;
        principal_kind kind{};
        principal_id id{};
        std::string arn;
    };
    // Of everybody, by ARN and holder.
    task<guarded<std::vector<attachment>>> attachments(caller const& who);

private:
    task<guarded<void>> change_default(caller const& who, std::string arn, managed_policy next,
                                       struct admin_turn const& mine);

    guard_core& core_;
};

}  // namespace sluice::auth
