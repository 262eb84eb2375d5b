// Administration behind the door: principals, credentials, rules and the audit log, for `sluice
// user|key|policy| audit` over the control socket and later for the protocols' own grammars. Verb
// `admin` on the cluster, `grant` for rules, `read` on __audit for the log. Every change is one
// commit with its audit record and is in force for the next decision everywhere when the verb
// returns. Thread rule: any executor; one object for the whole server.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "auth/guard/caller.hpp"
#include "auth/guard/refusal.hpp"
#include "auth/policy/rule.hpp"
#include "gateway/core/crypto.hpp"
#include "gateway/core/task.hpp"

namespace sluice::auth {

class directory;
class guard_core;
struct access_change;

struct principal_summary {
    principal_id id{};
    std::string name;
    principal_kind kind{};
    bool enabled = true;
    bool built_in = false;
    bool has_password = false;
    std::size_t access_keys = 0;
    std::string on_behalf_of;        // agents: a name
    std::string display_name;
    std::string email;
    std::vector<std::string> roles;  // direct memberships, names; groups too
    unix_millis created{};
    std::string description;            // roles
    std::uint32_t longest_session = 0;  // roles, seconds; 0: it says nothing
    std::vector<principal_tag> tags;
};

// Inside auth/guard.
principal_summary summary_of(directory const& people, principal const& who);
struct scram_summary {
    std::string name;
    struct credential {
        digest_kind hash{};
        std::uint32_t iterations = 0;
    };
    std::vector<credential> credentials;
};

// What a client worked out from a password that the server never sees (KIP-554).
struct scram_change {
    digest_kind hash{};  // sha256 or sha512
    bool erases = false;
    std::uint32_t iterations = 0;
    std::string salt;
    std::string salted_password;
};

struct key_summary {
    std::string access_key_id;
    std::string owner;
    bool enabled = true;
    unix_millis created{};
    unix_millis expires{};  // 0: never
};

struct encryption_key_summary {
    std::string id;
    bool enabled = true;
    bool built_in = false;
    unix_millis created{};
};

struct rule_summary {
    std::string id;
    std::string text;  // in our own grammar, whatever the origin
    std::string origin;
    std::string grantor;
    unix_millis created{};
};

// A log of records as they are stored, in order. Reading it is recorded once, when it is opened.
class audit_stream {
public:
    class implementation;
    explicit audit_stream(std::unique_ptr<implementation>);
    audit_stream(audit_stream&&) noexcept;
    audit_stream& operator=(audit_stream&&) noexcept;
    ~audit_stream();

    struct entry {
        log_offset offset{};
        std::string json;
    };
    // Up to `most` entries; waits for the first until `until` (a time of the guard's
    // clock), then answers an empty list. cancelled.
    task<result<std::vector<entry>>> next(std::uint32_t most, monotonic_time until);

private:
    std::unique_ptr<implementation> implementation_;
};

class guarded_admin {
public:
    explicit guarded_admin(guard_core& core) noexcept : core_(core) {}

    struct new_principal {
        std::string name;
        principal_kind kind = principal_kind::user;
        std::optional<std::string> password;
        std::string on_behalf_of;  // agents: whose rights bound it
        std::vector<std::string> roles;
        // As another server had them: see identity/principal.hpp.
        std::string canonical_id;
        std::string display_name;
        std::string email;
        std::vector<principal_tag> tags;
        // An access key that exists elsewhere; empty: none.
        std::string access_key_id;
        std::string secret;
    };
    // One commit, with the key if one is given.
    task<guarded<principal_summary>> add_principal(caller const& who, new_principal wanted);
    task<guarded<std::vector<principal_summary>>> list_principals(caller const& who);
    task<guarded<principal_summary>> find_principal(caller const& who, std::string name);
    // Its credentials and the rules that name it go with it; conflict while others are members of
    // the role or act on its behalf.
    task<guarded<void>> delete_principal(caller const& who, std::string name);
    task<guarded<void>> set_password(caller const& who, std::string name, std::string password);
    // not_found: there is none. Connections that logged in with it go on.
    task<guarded<void>> delete_password(caller const& who, std::string name);
    // Rules name principals by id, and so does what they own: only logins ask by the new name from
    // now on. already_exists.
    task<guarded<void>> rename_principal(caller const& who, std::string name,
                                         std::string new_name);
    // Those given replace or join those that are there; `erased` are keys, known or not.
    task<guarded<void>> change_tags(caller const& who, std::string name,
                                    std::vector<principal_tag> given,
                                    std::vector<std::string> erased);
    task<guarded<void>> set_enabled(caller const& who, std::string name, bool enabled);
    task<guarded<void>> set_membership(caller const& who, std::string member, std::string role,
                                       bool is_member);

    // Everybody who may log in by SCRAM, by name; root's come from the configuration.
    task<guarded<std::vector<scram_summary>>> list_scram(caller const& who);
    // All changes of one principal in one commit; somebody who does not exist is made as a user. The
    // verifier of the other digest stays. not_found: nothing to erase; invalid_argument.
    task<guarded<void>> change_scram(caller const& who, std::string name,
                                     std::vector<scram_change> changes);

    struct new_key {
        std::string access_key_id;
        std::string secret;  // shown once, never again
    };
    task<guarded<new_key>> create_key(caller const& who, std::string owner,
                                      unix_millis expires = {});
    task<guarded<std::vector<key_summary>>> list_keys(caller const& who, std::string owner = {});
    task<guarded<void>> delete_key(caller const& who, std::string access_key_id);
    task<guarded<void>> set_key_enabled(caller const& who, std::string access_key_id, bool enabled);

    // Keys that objects are stored under by name. They are never deleted: what they sealed would be
    // lost. already_exists; not_found; invalid_argument: the name, or disabling the built-in one.
    task<guarded<encryption_key_summary>> create_encryption_key(caller const& who, std::string id);
    task<guarded<std::vector<encryption_key_summary>>> list_encryption_keys(caller const& who);
    // Nothing under a disabled key can be read or written.
    task<guarded<void>> set_encryption_key_enabled(caller const& who, std::string id, bool enabled);

    // The grammar of auth/policy/grammar_text.hpp.
    task<guarded<rule_summary>> put_rule(caller const& who, std::string text);
    task<guarded<std::vector<rule_summary>>> list_rules(caller const& who);
    task<guarded<void>> delete_rule(caller const& who, std::string id);

    // From offset `from`; -1: only what comes from now on.
    task<guarded<audit_stream>> open_audit(caller const& who, log_offset from);

private:
    // The change of a key: decided on its owner, whoever that is when its turn comes.
    task<guarded<void>> change_key(caller const& who, std::string access_key_id,
                                   access_change (*change)(credential const&));

    guard_core& core_;
};

}  // namespace sluice::auth
