// Kafka's ACLs behind the door: the rules of the one policy as Kafka's clients see them. Reading needs
// `describe` on the cluster, making and removing `grant` on it. Each call is one commit with its
// audit record, and in force for the next decision everywhere. Rules of other grammars are shown
// where ACLs can say them and never removed here. Thread rule: any executor; one object for the whole
// server.
#pragma once

#include <vector>

#include "auth/guard/caller.hpp"
#include "auth/guard/refusal.hpp"
#include "auth/policy/grammar_kafka.hpp"
#include "gateway/core/task.hpp"

namespace sluice::auth {

class guard_core;

class guarded_acls {
public:
    explicit guarded_acls(guard_core& core) noexcept : core_(core) {}

    task<guarded<std::vector<acl>>> list(caller const& who, acl_filter filter);
    // An answer per ACL: success also for one that is there already. invalid_argument, not_found:
    // see parse_acl; they leave the others alone. Failures of the commit are everybody's.
    task<guarded<std::vector<guarded<void>>>> create(caller const& who, std::vector<acl> wanted);
    // What each filter took away, which the one before it left.
    task<guarded<std::vector<std::vector<acl>>>> remove(caller const& who,
                                                        std::vector<acl_filter> filters);

private:
    guard_core& core_;
};

}  // namespace sluice::auth
