#include "auth/policy/trust_policy.hpp"

#include <algorithm>
#include <array>

#include "auth/policy/iam_actions.hpp"
#include "auth/policy/iam_keys.hpp"
#include "auth/policy/iam_names.hpp"
#include "auth/policy/iam_statement.hpp"

namespace sluice::auth {
namespace {

constexpr std::array<std::string_view, 5> element_names{"Sid", "Effect", "Principal", "Action",
                                                        "Condition"};

class trust_reader {
public:
    trust_reader(json_tree const& from, iam_reading const& how, std::string const& role)
        : from_(from),
          how_(how),
          role_(role) {}
    result<iam_statement> read();

private:
    json_tree const* find(std::string_view name) const {
        for (std::size_t i = 0; i < from_.names.size(); ++i)
            if (from_.names[i] == name) return &from_.items[i];
        return nullptr;
    }
    result<void> read_elements();
    result<void> read_actions();
    result<void> read_principals();
    result<void> add_principal(std::string_view group, std::string const& name);
    result<void> make_rules();
    rule rule_for(principal_pattern who, std::string_view named) const;

    json_tree const& from_;
    iam_reading const& how_;
    std::string const& role_;
    iam_statement out_;
    auth::effect effect_ = effect::deny;
    bool by_caller_ = false;  // AssumeRole
    bool by_token_ = false;   // AssumeRoleWithWebIdentity
    bool everyone_ = false;
    bool account_ = false;
    std::vector<principal_id> principals_;
    std::vector<std::string> providers_;  // ARNs
    iam_conditions conditions_;
};

result<void> trust_reader::read_elements() {
    if (from_.what != json_tree::kind::object)
        return malformed_policy("Policy has invalid statement: it must be an object");
    for (auto const& name : from_.names) {
        if (name == "Resource" || name == "NotResource")
            return malformed_policy("Has prohibited field " + name);
        if (name == "NotAction" || name == "NotPrincipal")
            return malformed_policy("The field " + name + " is not implemented in trust policies");
        if (std::find(element_names.begin(), element_names.end(), name) == element_names.end())
            return malformed_policy("Unknown field " + name);
    }
    if (auto const* sid = find("Sid")) {
        if (sid->what != json_tree::kind::text)
            return malformed_policy("Policy has invalid Sid: it must be a text");
        out_.sid = sid->text;
    }
    auto const* effect = find("Effect");
    if (effect == nullptr) return malformed_policy("Missing required field Effect");
    if (effect->text != "Allow" && effect->text != "Deny")
        return malformed_policy("Invalid effect: " + effect->text);
    effect_ = effect->text == "Allow" ? effect::allow : effect::deny;
    return {};
}

result<void> trust_reader::read_actions() {
    auto const* element = find("Action");
    if (element == nullptr) return malformed_policy("Missing required field Action");
    SLUICE_TRY(auto const names, read_texts(*element, "action", how_.scope.limits));
    for (auto const& name : names) {
        auto const pattern = ascii_lower(name);
        bool const caller = glob_matches(pattern, ascii_lower(assume_role_action));
        bool const token = glob_matches(pattern, ascii_lower(web_identity_action));
        // Tags of sessions, SAML and source identities have no form here.
        if (!pattern.starts_with("sts:") || (!caller && !token))
            return malformed_policy("AssumeRole policy may only specify STS AssumeRole actions "
                                    "that are served: " + name);
        by_caller_ = by_caller_ || caller;
        by_token_ = by_token_ || token;
    }
    return {};
}

result<void> trust_reader::add_principal(std::string_view group, std::string const& name) {
    auto const invalid = [&] {
        return malformed_policy("Invalid principal in policy: \"" + std::string(group) + "\":\"" +
                                name + "\"");
    };
    if (group == "Federated") {
        auto const provider = provider_of_arn(name);
        auto const& known = *how_.scope.providers;
        bool const there = std::any_of(known.begin(), known.end(), [&](auto const& one) {
            return provider && one.name == *provider;
        });
        if (!there) return invalid();
        providers_.push_back(name);
        return {};
    }
    if (name == "*") {
        everyone_ = true;
        return {};
    }
    auto const found = find_named(how_.scope.people, name);
    if (!found) return invalid();
    if (found->is_account) account_ = true;
    else principals_.push_back(found->id);
    return {};
}

result<void> trust_reader::read_principals() {
    auto const* element = find("Principal");
    if (element == nullptr) return malformed_policy("Missing required field Principal");
    if (element->what == json_tree::kind::text && element->text == "*") {
        everyone_ = true;
        return {};
    }
    if (element->what != json_tree::kind::object || element->items.empty())
        return malformed_policy("Invalid principal in policy");
    for (std::size_t i = 0; i < element->items.size(); ++i) {
        auto const& group = element->names[i];
        if (group != "AWS" && group != "Federated")
            return malformed_policy("Invalid principal in policy: " + group +
                                    " principals are not implemented");
        SLUICE_TRY(auto const names,
                   read_texts(element->items[i], "principal", how_.scope.limits));
        for (auto const& name : names) {
            SLUICE_CHECK(add_principal(group, name));
        }
    }
    return {};
}

rule trust_reader::rule_for(principal_pattern who, std::string_view named) const {
    rule out;
    out.effect = effect_;
    out.who = who;
    out.verbs = action_set{action::trust};
    out.on.kind = resource_kind::principal;
    out.on.name = {text_pattern::kind::exact, role_};
    out.origin = grammar::iam_json;
    out.conditions.push_back({"action", condition::test::text_equals, {ascii_lower(named)}});
    out.conditions.insert(out.conditions.end(), conditions_.tests.begin(),
                          conditions_.tests.end());
    return out;
}

result<void> trust_reader::make_rules() {
    using kind = principal_pattern::kind;
    auto const equals = condition::test::text_equals;
    if (by_token_ && !providers_.empty()) {
        auto made = rule_for({kind::anyone, {}}, web_identity_action);
        made.conditions.push_back({"aws:FederatedProvider", equals, providers_});
        out_.rules.push_back(std::move(made));
    }
    bool const denies = effect_ == effect::deny;
    // Nobody is let in with a token whose provider the statement does not name.
    if (by_token_ && everyone_ && denies)
        out_.rules.push_back(rule_for({kind::anyone, {}}, web_identity_action));
    if (by_caller_) {
        if (everyone_) out_.rules.push_back(rule_for({kind::authenticated, {}}, assume_role_action));
        if (account_) {
            auto made = rule_for({kind::authenticated, {}}, assume_role_action);
            if (!denies)
                made.conditions.push_back({std::string(own_allow_key), equals, {"true"}});
            out_.rules.push_back(std::move(made));
        }
        for (auto id : principals_)
            out_.rules.push_back(rule_for({kind::named, id}, assume_role_action));
    }
    if (out_.rules.empty())
        return malformed_policy("The actions do not apply to any of the principals: AssumeRole is "
                                "for AWS principals, AssumeRoleWithWebIdentity for Federated ones");
    return {};
}

result<iam_statement> trust_reader::read() {
    SLUICE_CHECK(read_elements());
    SLUICE_CHECK(read_actions());
    SLUICE_CHECK(read_principals());
    if (auto const* element = find("Condition")) {
        SLUICE_TRY(conditions_, read_conditions(*element, how_));
    }
    SLUICE_CHECK(make_rules());
    return std::move(out_);
}

// Carries the text and never matches: a test against no text fails.
rule carrier_of(std::string_view text, std::string const& role) {
    rule out;
    out.effect = effect::allow;
    out.who.what = principal_pattern::kind::anyone;
    out.verbs = action_set{action::trust};
    out.on.kind = resource_kind::principal;
    out.on.name = {text_pattern::kind::exact, role};
    out.conditions.push_back({"action", condition::test::text_equals, {}});
    out.origin = grammar::iam_json;
    out.text = std::string(text);
    return out;
}

}  // namespace

result<std::vector<rule>> parse_trust_policy(std::string_view text, std::string const& role,
                                             iam_scope scope) {
    scope.limits.bytes = longest_trust_policy;
    SLUICE_TRY(auto const tree, read_policy_json(text, scope.limits));
    SLUICE_TRY(auto const read, read_policy_document(tree, scope.limits));
    std::vector<rule> out{carrier_of(text, role)};
    iam_reading const how{scope, read.has_variables};
    std::vector<std::string> sids;
    for (std::size_t i = 0; i < read.statements.size(); ++i) {
        auto one = trust_reader(*read.statements[i], how, role).read();
        if (one.has_error()) return in_statement(std::move(one).error(), i, *read.statements[i]);
        if (!one->sid.empty() && std::find(sids.begin(), sids.end(), one->sid) != sids.end())
            return malformed_policy("Duplicate Sid: " + one->sid);
        sids.push_back(std::move(one->sid));
        for (auto& made : one->rules) out.push_back(std::move(made));
        SLUICE_CHECK(check_rules(out, scope.limits));
    }
    return out;
}

std::string trust_policy_name(principal_id role) {
    return "trust-policy:" + to_text(rule_id{to_underlying(role)});
}

}  // namespace sluice::auth
