#include "auth/policy/grammar_iam.hpp"

#include <algorithm>

#include "auth/policy/iam_keys.hpp"
#include "auth/policy/iam_statement.hpp"

namespace sluice::auth {
namespace {

constexpr std::string_view not_json =
    "Policies must be valid JSON and the first byte must be '{'";

// Never matches: a test against no text fails.
rule carrier_of(std::string_view text, iam_scope const& scope) {
    rule out;
    out.effect = effect::allow;
    out.who.what = principal_pattern::kind::anyone;
    if (scope.bucket.empty()) {
        out.who.what = principal_pattern::kind::named;
        out.who.id = scope.holder;
    } else {
        out.on.name = {text_pattern::kind::exact, scope.bucket};
    }
    out.verbs = action_set{action::grant};
    out.facets = static_cast<std::uint8_t>(facet::files);
    out.conditions.push_back({"action", condition::test::text_equals, {}});
    out.origin = grammar::iam_json;
    out.text = std::string(text);
    return out;
}

}  // namespace

result<json_tree> read_policy_json(std::string_view text, iam_limits const& limits) {
    if (text.size() > limits.bytes)
        return malformed_policy("Policy exceeds the maximum allowed document size.");
    if (!text.starts_with('{')) return malformed_policy(std::string(not_json));
    auto parsed = parse_json(text, {.bytes = limits.bytes});
    if (parsed.has_value()) return parsed;
    if (parsed.error().code == error::already_exists)
        return malformed_policy("Duplicate field " + parsed.error().text);
    if (parsed.error().code == error::too_large)
        return malformed_policy("The policy is nested too deeply or has too many values");
    return malformed_policy(std::string(not_json));
}

result<iam_document> read_policy_document(json_tree const& from, iam_limits const& limits) {
    iam_document out;
    json_tree const* all = nullptr;
    for (std::size_t i = 0; i < from.items.size(); ++i) {
        auto const& name = from.names[i];
        auto const& value = from.items[i];
        if (name == "Statement") {
            all = &value;
        } else if (name == "Version") {
            out.has_variables = value.text == "2012-10-17";
            if (value.what != json_tree::kind::text ||
                (!out.has_variables && value.text != "2008-10-17"))
                return malformed_policy("The policy must contain a valid version string");
        } else if (name == "Id") {
            if (value.what != json_tree::kind::text)
                return malformed_policy("Policy has invalid Id: it must be a text");
        } else {
            return malformed_policy("Unknown field " + name);
        }
    }
    if (all != nullptr && all->what == json_tree::kind::object) out.statements.push_back(all);
    if (all != nullptr && all->what == json_tree::kind::list)
        for (auto const& one : all->items) out.statements.push_back(&one);
    if (out.statements.empty()) return malformed_policy("Missing required field Statement");
    if (out.statements.size() > limits.statements)
        return malformed_policy("The policy has more than " + std::to_string(limits.statements) +
                                " statements");
    return out;
}

failure in_statement(failure why, std::size_t number, json_tree const& statement) {
    why.text += " (statement " + std::to_string(number + 1);
    for (std::size_t i = 0; i < statement.names.size(); ++i)
        if (statement.names[i] == "Sid" && statement.items[i].what == json_tree::kind::text)
            why.text += ", Sid " + statement.items[i].text;
    why.text += ")";
    return why;
}

result<void> check_rules(std::vector<rule> const& made, iam_limits const& limits) {
    if (made.size() > limits.rules)
        return malformed_policy("The policy has too many statements and principals: they make " +
                                std::to_string(made.size()) + " rules, and " +
                                std::to_string(limits.rules) + " is the limit");
    std::size_t bytes = 0;
    for (auto const& one : made) {
        auto checked = check_rule(one);
        if (checked.has_error()) return malformed_policy("The policy: " + checked.error().text);
        bytes += encode(one).size();
    }
    if (bytes > limits.rule_bytes)
        return malformed_policy("Policy exceeds the maximum allowed size of its rules");
    return {};
}

failure malformed_policy(std::string text) {
    return failure{error::invalid_argument, std::move(text)};
}

result<iam_policy> parse_iam_policy(std::string_view text, iam_scope const& scope) {
    SLUICE_TRY(auto const tree, read_policy_json(text, scope.limits));
    SLUICE_TRY(auto const read, read_policy_document(tree, scope.limits));
    auto const& statements = read.statements;
    iam_policy out;
    out.rules.push_back(carrier_of(text, scope));
    iam_reading const how{scope, read.has_variables};
    std::vector<std::string> sids;
    for (std::size_t i = 0; i < statements.size(); ++i) {
        auto one = read_statement(*statements[i], how);
        if (one.has_error()) return in_statement(std::move(one).error(), i, *statements[i]);
        if (!one->sid.empty() && std::find(sids.begin(), sids.end(), one->sid) != sids.end())
            return malformed_policy("Duplicate Sid: " + one->sid);
        sids.push_back(std::move(one->sid));
        for (auto& made : one->rules) out.rules.push_back(std::move(made));
        out.is_public = out.is_public || one->is_public;
        // Before the next one is read: what is too much is not kept.
        SLUICE_CHECK(check_rules(out.rules, scope.limits));
    }
    // A policy that is public gives strangers nothing where they are shut out.
    if (out.is_public)
        for (auto& one : out.rules) {
            if (one.effect != effect::allow || !one.text.empty()) continue;
            condition restricted{std::string(restricted_key), condition::test::text_not_equals,
                                 {scope.bucket}};
            restricted.how_many = condition::over::every_value;
            one.conditions.push_back(std::move(restricted));
        }
    return out;
}

std::string bucket_policy_name(std::string_view bucket) {
    return "bucket-policy:" + std::string(bucket);
}

std::string identity_policy_name(principal_id holder, std::string_view name) {
    return "policy:" + to_text(rule_id{to_underlying(holder)}) + ":" + std::string(name);
}

}  // namespace sluice::auth
