// Roles as IAM has them, behind the door: a trust policy that says who may act as one, how long its
// sessions last, a description. Verb `admin` on the role. A role without a trust policy is one that
// `sluice user add --kind role` makes: its members may act as it. Each change is one commit with its
// audit record. Thread rule: any executor; one object for the whole server.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "auth/guard/guarded_admin.hpp"

namespace sluice::auth {

class guarded_roles {
public:
    explicit guarded_roles(guard_core& core) noexcept : core_(core) {}

    struct role {
        principal_summary about;
        std::string trust_policy;  // as it was put; empty: none
    };
    struct new_role {
        std::string name;
        std::string trust_policy;
        std::string description;
        std::uint32_t longest_session = least_longest_session;
        std::vector<principal_tag> tags;
    };
    // unsupported: what is wrong with the trust policy; invalid_argument: anything else that is.
    task<guarded<role>> add(caller const& who, new_role wanted);
    // not_found also for what is no role.
    task<guarded<role>> find(caller const& who, std::string name);
    task<guarded<std::vector<role>>> list(caller const& who);
    task<guarded<void>> set_trust_policy(caller const& who, std::string name, std::string document);
    // What is given replaces what was.
    task<guarded<role>> update(caller const& who, std::string name,
                               std::optional<std::string> description,
                               std::optional<std::uint32_t> longest_session);

private:
    guard_core& core_;
};

}  // namespace sluice::auth
