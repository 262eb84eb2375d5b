// One rule of the one policy: what IAM JSON, Kafka ACLs and SQL GRANT are all stored as. The record
// is final: fields that only a later grammar fills are stored and decided from the start, and what
// this version does not understand (a condition, a facet) can only take rights away. Plain values;
// encode/decode are the versioned record of gateway/design/0006-guard.md.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "auth/policy/actions.hpp"
#include "auth/policy/pattern.hpp"
#include "gateway/core/clock.hpp"
#include "gateway/core/ids.hpp"

namespace sluice::auth {

// Random; below 1024 are the built-in rules.
enum class rule_id : std::uint64_t {};
enum class effect : std::uint8_t { allow = 1, deny = 2 };

struct principal_pattern {
    enum class kind : std::uint8_t {
        anyone = 1,         // anonymous included
        authenticated = 2,  // everyone who proved who he is
        named = 3,          // the principal or role `id`, and all who are in that role
    };
    kind what = kind::named;
    principal_id id{};
    bool operator==(principal_pattern const&) const = default;
};

enum class resource_kind : std::uint8_t {
    cluster = 1,
    dataset = 2,
    group = 3,
    transaction = 4,
    principal = 5
};

// A dataset is a bucket, topic or table; its part is an object key, a partition or nothing.
struct resource_pattern {
    resource_kind kind = resource_kind::dataset;
    text_pattern name;
    text_pattern part;
    bool operator==(resource_pattern const&) const = default;
};

enum class facet : std::uint8_t { rows = 1, log = 2, files = 4 };
inline constexpr std::uint8_t all_facets = 7;

struct condition {
    enum class test : std::uint8_t {
        text_equals = 1,
        text_not_equals = 2,
        text_like = 3,
        text_not_like = 4,
        ip_in = 5,
        ip_not_in = 6,  // CIDR
        time_before = 7,
        time_after = 8,  // milliseconds since 1970, decimal
        is = 9,          // "true" or "false"
        text_equals_any_case = 10,
        text_not_equals_any_case = 11,
        number_equals = 12,  // decimal, with a point and an exponent or without
        number_not_equals = 13,
        number_less = 14,
        number_at_most = 15,
        number_greater = 16,
        number_at_least = 17,
        time_at_or_before = 18,
        time_at_or_after = 19,
        time_equals = 20,
        time_not_equals = 21,
        present = 22,  // "true": the request has it; "false": it has not
    };
    // What holds for a name with several values in a request, or none.
    enum class over : std::uint8_t {
        one = 0,  // at most one value
        any_value = 1,
        every_value = 2,
    };
    // source_ip, tls, time, protocol, auth_method, prefix, client_id, operation, action, principal, resource, or
    // a key of the request's context_values ("s3:prefix", "aws:userid"); any other name is unknown.
    std::string name;
    test how = test::text_equals;
    std::vector<std::string> values;  // any of them (for the negated tests: none of them)
    bool if_present = false;          // holds when the request has no such value
    over how_many = over::one;
    bool operator==(condition const&) const = default;
};

enum class grammar : std::uint8_t { sluice = 1, iam_json = 2, kafka_acl = 3, sql_grant = 4 };

struct rule {
    rule_id id{};
    auth::effect effect = auth::effect::deny;
    principal_pattern who;
    action_set verbs;
    resource_pattern on;
    std::uint8_t facets = all_facets;   // bits of `facet`
    std::vector<std::string> columns;   // empty: all
    std::vector<condition> conditions;  // all must hold
    principal_id grantor{};
    bool grant_option = false;
    grammar origin = grammar::sluice;
    std::string document;  // rules made from one text share its name
    std::string text;      // the origin text, verbatim
    unix_millis created{};

    bool operator==(rule const&) const = default;
};

struct rule_limits {
    std::size_t columns = 1600;
    std::size_t conditions = 32;
    std::size_t values = 256;
    std::size_t text_bytes = 64 * 1024;
};

std::string encode(rule const&);
result<rule> decode_rule(std::string_view bytes);
// invalid_argument or too_large: what a rule may not be (no verbs, no facet, over a limit).
result<void> check_rule(rule const&, rule_limits const& limits = {});

// The key under which a rule is stored, and its name in audit records: 16 hex digits.
std::string to_text(rule_id id);
result<rule_id> parse_rule_id(std::string_view text);

std::string_view name_of(effect) noexcept;
std::string_view name_of(resource_kind) noexcept;
std::string_view name_of(facet) noexcept;

}  // namespace sluice::auth
