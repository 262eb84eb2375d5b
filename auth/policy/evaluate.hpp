// The decision: default deny, any matching deny wins, and the order of rules never matters. Pure
// functions of rules, subject and request; the rule that decided is returned (of several, the one
// with the smallest id), so that an audit record can name it.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "auth/policy/rule.hpp"

namespace sluice::auth {

// One value of a condition key: "s3:prefix", "a/". A key with several values stands several times.
// Keys that a protocol knows and this request has no value for are left out.
struct context_value {
    std::string key;
    std::string value;
};

// What conditions are tested against. Views are valid for the call.
struct request_context {
    std::string_view source_ip;  // textual address; empty: none (unix socket)
    std::string_view protocol;   // "s3", "kafka", "pg", "admin"
    std::string_view auth_method;
    std::string_view client_id;
    std::string_view operation;  // the protocol's name for what is done: "DescribeConfigs"
    std::string_view prefix;  // of a listing
    bool has_prefix = false;
    bool tls = false;
    unix_millis now{};
    // Of IAM's grammar: "s3:GetObject". Empty: what the verb stands for.
    std::string_view action;
    std::span<context_value const> values;
    // False: the object that is asked about was not looked at, and conditions on its tags wait for it
    // (decision::needs_object). Else its tags are among `values`.
    bool knows_object = true;
};

struct access_request {
    action verb = action::read;
    resource_kind kind = resource_kind::dataset;
    std::string_view name;  // bucket, topic, "db.schema.table"; empty for the cluster
    std::string_view part;  // object key; the prefix of a listing; empty: the dataset itself
    std::uint8_t face = 0;  // one bit of `facet`; 0: no facet applies
    std::span<std::string_view const> columns;  // empty: all of them
    principal_id owner{};  // of the dataset, 0 when it does not exist or has none
    request_context const* context = nullptr;  // null: as empty
    // Rules that go with what is asked about, besides the stored ones.
    std::span<rule const> attached;
    // Access lists count there: its owner reads, puts and lists by them, as others do.
    bool lists_count = false;
};

struct subject {
    principal_id id{};
    std::span<principal_id const> closure;  // itself and all its roles, sorted
};

struct decision {
    auth::effect effect = auth::effect::deny;
    rule_id rule{};
    // Another answer is possible once the object is known: a rule waits for its tags.
    bool needs_object = false;
    bool allowed() const noexcept { return effect == auth::effect::allow; }
    bool operator==(decision const&) const = default;
};

// Rules that are part of the program. Root's allow yields to stored denies, except for `admin` and
// `grant`, so that root can always repair the policy; nothing yields on the audit log.
namespace built_in {
inline constexpr rule_id default_deny{1};
inline constexpr rule_id root{2};
inline constexpr rule_id system_names{
    3};  // __audit and every other __ name: read only, for everyone
inline constexpr rule_id owner{
    4};  // whoever made a dataset may do all but admin and bypass_retention
inline constexpr rule_id inactive{5};  // principal (or one it acts for) unknown or disabled
inline constexpr rule_id member{6};    // of a role: may act as it
}  // namespace built_in
// "builtin:root" and so on, "acl:bucket", or the 16 hex digits of a stored rule.
std::string rule_label(rule_id id);

// The reference: looks at every rule. compiled_policy answers the same faster.
decision evaluate(std::span<rule const> rules, subject const& who, access_request const& request);

// The steps both share.
bool principal_matches(principal_pattern const& pattern, subject const& who) noexcept;
bool resource_matches(rule const& value, access_request const& request) noexcept;

// Collects matching rules of one decision, in any order.
class verdict {
public:
    explicit verdict(access_request const& request) : request_(request) {}
    // `value` matched principal, verb, resource and facet already.
    void add(rule const& value);
    void add_built_in(auth::effect, rule_id);
    decision take() const;

private:
    void add_waiting(rule const& value);
    bool columns_denied(rule const& value) const noexcept;
    void cover_columns(rule const& value);

    access_request const& request_;
    rule_id deny_{};
    rule_id allow_{};
    rule_id partial_{};
    std::vector<bool> covered_;
    bool allow_waits_ = false;
    bool deny_waits_ = false;
};
void add_built_ins(verdict& into, subject const& who, access_request const& request);
void add_attached(verdict& into, subject const& who, access_request const& request);
// Verbs of stored denies that do not bind root.
inline constexpr action_set root_keeps{action::admin, action::grant};

}  // namespace sluice::auth
