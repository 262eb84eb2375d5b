// Who exists and what they may: the directory and the compiled rules of one moment, replaced
// together after each committed change, so that no decision ever mixes two of them. Persists
// through a record_port. Thread rule: any thread; current() is a short lock and a pointer copy. The
// port outlives it.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "auth/identity/directory.hpp"
#include "auth/identity/record_port.hpp"
#include "auth/identity/oidc_provider.hpp"
#include "auth/policy/compiled_policy.hpp"
#include "auth/policy/managed_policy.hpp"
#include "auth/policy/turn_queue.hpp"

namespace sluice::auth {

struct access_state {
    std::shared_ptr<directory const> people;
    std::shared_ptr<compiled_policy const> rules;
    std::shared_ptr<std::vector<oidc_provider> const> providers;  // by name
    std::shared_ptr<std::vector<managed_policy> const> policies;  // by name
    std::uint64_t epoch() const noexcept { return rules->epoch(); }
};

// What one change does, all or nothing.
struct access_change {
    std::vector<principal> put_principals;
    std::vector<principal_id> erased_principals;
    std::vector<credential> put_credentials;
    std::vector<credential> erased_credentials;
    std::vector<rule> put_rules;
    std::vector<rule_id> erased_rules;
    std::vector<oidc_provider> put_providers;
    std::vector<std::string> erased_providers;  // names
    std::vector<managed_policy> put_policies;
    std::vector<std::string> erased_policies;   // names
};

struct stored_access {
    std::vector<stored_record> principals, credentials, rules, providers, policies;
    std::vector<stored_record> encryption_keys;  // not the registry's
};

class access_registry {
public:
    access_registry(directory_options people, policy_options rules, std::size_t changes_waiting,
                    record_port& port)
        : people_options_(std::move(people)),
          rule_options_(rules),
          turns_(changes_waiting),
          port_(port) {}

    // At start: what is stored, and credentials that come from the configuration and are never
    // stored (root's).
    result<void> install(stored_access const& stored, std::vector<credential> configured);

    std::shared_ptr<access_state const> current() const;

    // Take the turn, look at current(), commit. The new state is in force when commit() returns.
    task<result<turn_queue::turn>> take_turn() { return turns_.take(); }
    // invalid_argument, already_exists, too_large: the state would not be sound; nothing was
    // written.
    task<result<void>> commit(turn_queue::turn const& turn, access_change change,
                              std::vector<std::string> audit_records);

private:
    struct contents {
        std::vector<principal> principals;
        std::vector<credential> credentials;
        std::vector<rule> rules;
        std::vector<oidc_provider> providers;
        std::vector<managed_policy> policies;
    };
    contents current_contents() const;
    result<std::shared_ptr<access_state const>> build(contents from, std::uint64_t epoch) const;

    directory_options const people_options_;
    policy_options const rule_options_;
    turn_queue turns_;
    record_port& port_;
    std::vector<credential> configured_;
    mutable std::mutex mutex_;
    std::shared_ptr<access_state const> current_;  // shared with every reader of a moment
};

// The ids under which records are stored.
std::string record_id(principal_id id);
std::string record_id(credential const& value);

}  // namespace sluice::auth
