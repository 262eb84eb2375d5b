#include "auth/policy/iam_statement.hpp"

#include <algorithm>
#include <array>

#include "auth/policy/iam_actions.hpp"
#include "auth/policy/iam_keys.hpp"
#include "auth/policy/iam_names.hpp"
#include "auth/policy/iam_pattern.hpp"

namespace sluice::auth {
namespace {

constexpr std::string_view s3_arn = "arn:aws:s3:::";
constexpr std::string_view iam_arn = "arn:aws:iam::";

constexpr std::array<std::string_view, 9> element_names{
    "Sid",    "Effect",    "Principal",   "NotPrincipal", "Action", "NotAction",
    "Resource", "NotResource", "Condition"};

class statement_reader {
public:
    statement_reader(json_tree const& from, iam_reading const& how) : from_(from), how_(how) {}
    result<iam_statement> read();

private:
    json_tree const* find(std::string_view name) const {
        for (std::size_t i = 0; i < from_.names.size(); ++i)
            if (from_.names[i] == name) return &from_.items[i];
        return nullptr;
    }
    bool is_bucket_policy() const { return !how_.scope.bucket.empty(); }
    // The one of two elements that is there; `second` says that it is the negated one.
    result<json_tree const*> one_of(std::string_view name, bool& second) const;
    result<void> read_elements();
    result<void> read_effect();
    result<void> read_principals();
    result<void> add_principals(std::string_view group, json_tree const& value);
    result<void> add_principal(std::string const& name);
    result<void> read_actions();
    result<void> read_resources();
    result<void> add_resource(std::string arn);
    result<void> add_role(std::string arn);
    bool applies(iam_action const& row) const;
    result<void> check_actions_apply() const;
    void make_rules();
    void make_account_rules(principal_pattern who);
    bool covers(iam_level level) const;
    // Without what it is about.
    rule rule_about(principal_pattern who) const;
    rule rule_for(principal_pattern who) const;

    json_tree const& from_;
    iam_reading const& how_;
    iam_statement out_;
    auth::effect effect_ = effect::deny;
    bool is_for_everyone_ = false;
    bool is_for_account_ = false;
    bool not_principals_ = false;
    std::vector<principal_id> principals_;
    bool not_actions_ = false;
    std::vector<std::string> actions_;  // in lower case
    std::vector<iam_action const*> covered_;
    bool not_resources_ = false;
    std::vector<std::string> resources_;  // "bucket/key", with wild characters and variables
    bool has_buckets_ = false, has_objects_ = false, has_all_ = false;
    std::vector<std::string> roles_;  // whole ARNs
    bool has_everything_ = false;     // "*"
    iam_conditions conditions_;
};

result<void> statement_reader::read_elements() {
    if (from_.what != json_tree::kind::object)
        return malformed_policy("Policy has invalid statement: it must be an object");
    for (auto const& name : from_.names)
        if (std::find(element_names.begin(), element_names.end(), name) == element_names.end())
            return malformed_policy("Unknown field " + name);
    auto const* sid = find("Sid");
    if (sid == nullptr) return {};
    if (sid->what != json_tree::kind::text)
        return malformed_policy("Policy has invalid Sid: it must be a text");
    out_.sid = sid->text;
    return {};
}

result<void> statement_reader::read_effect() {
    auto const* effect = find("Effect");
    if (effect == nullptr) return malformed_policy("Missing required field Effect");
    if (effect->what != json_tree::kind::text ||
        (effect->text != "Allow" && effect->text != "Deny"))
        return malformed_policy("Invalid effect: " + effect->text);
    effect_ = effect->text == "Allow" ? effect::allow : effect::deny;
    return {};
}

result<json_tree const*> statement_reader::one_of(std::string_view name, bool& second) const {
    auto const* plain = find(name);
    auto const* negated = find("Not" + std::string(name));
    if (plain && negated)
        return malformed_policy("A statement has both " + std::string(name) + " and Not" +
                                std::string(name));
    second = negated != nullptr;
    return plain ? plain : negated;
}

result<void> statement_reader::read_principals() {
    SLUICE_TRY(auto const* element, one_of("Principal", not_principals_));
    if (!is_bucket_policy()) {
        if (element) return malformed_policy("Policy document should not specify a principal.");
        principals_.push_back(how_.scope.holder);
        return {};
    }
    if (!element) return malformed_policy("Missing required field Principal");
    if (element->what == json_tree::kind::text && element->text == "*") {
        is_for_everyone_ = true;
    } else if (element->what == json_tree::kind::object && !element->items.empty()) {
        for (std::size_t i = 0; i < element->items.size(); ++i) {
            SLUICE_CHECK(add_principals(element->names[i], element->items[i]));
        }
    } else {
        return malformed_policy("Invalid principal in policy");
    }
    if (not_principals_ && is_for_everyone_)
        return malformed_policy("Invalid principal in policy: NotPrincipal of everyone is nobody");
    std::sort(principals_.begin(), principals_.end());
    principals_.erase(std::unique(principals_.begin(), principals_.end()), principals_.end());
    return {};
}

result<void> statement_reader::add_principals(std::string_view group, json_tree const& value) {
    if (group == "Service" || group == "Federated")
        return malformed_policy("Invalid principal in policy: " + std::string(group) +
                                " principals are not implemented");
    if (group != "AWS" && group != "CanonicalUser")
        return malformed_policy("Invalid principal in policy: \"" + std::string(group) + "\"");
    auto names = read_texts(value, "principal", how_.scope.limits);
    if (names.has_error()) return malformed_policy("Invalid principal in policy");
    for (auto const& name : *names) {
        if (group == "AWS") {
            SLUICE_CHECK(add_principal(name));
            continue;
        }
        auto const id = find_canonical(how_.scope.people, name);
        if (!id) return malformed_policy("Invalid principal in policy: \"CanonicalUser\":\"" + name + "\"");
        principals_.push_back(*id);
    }
    return {};
}

result<void> statement_reader::add_principal(std::string const& name) {
    if (name == "*") {
        is_for_everyone_ = true;
        return {};
    }
    auto const found = find_named(how_.scope.people, name);
    if (!found) return malformed_policy("Invalid principal in policy: \"AWS\":\"" + name + "\"");
    // The account itself: what it is given goes to its root, and what is denied to it, to all in it.
    if (found->is_account && effect_ == effect::deny && !not_principals_) is_for_account_ = true;
    else principals_.push_back(found->id);
    return {};
}

result<void> statement_reader::read_actions() {
    SLUICE_TRY(auto const* element, one_of("Action", not_actions_));
    if (!element) return malformed_policy("Missing required field Action");
    auto names = read_texts(*element, "action", how_.scope.limits);
    if (names.has_error()) return malformed_policy("Policy has invalid action");
    for (auto const& name : *names) {
        auto pattern = ascii_lower(name);
        bool const known =
            std::any_of(iam_actions().begin(), iam_actions().end(), [&](auto const& row) {
                return (is_of_s3(row.level) || !is_bucket_policy()) &&
                       glob_matches(pattern, ascii_lower(row.name));
            });
        if (!known || pattern.find('$') != pattern.npos)
            return malformed_policy("Policy has invalid action: " + name);
        actions_.push_back(std::move(pattern));
    }
    for (auto const& row : iam_actions()) {
        if (is_bucket_policy() && !is_of_s3(row.level)) continue;
        auto const name = ascii_lower(row.name);
        bool const named = std::any_of(actions_.begin(), actions_.end(), [&](auto const& pattern) {
            return glob_matches(pattern, name);
        });
        if (named != not_actions_) covered_.push_back(&row);
    }
    if (covered_.empty()) return malformed_policy("Policy has invalid action: nothing is left");
    return {};
}

result<void> statement_reader::read_resources() {
    SLUICE_TRY(auto const* element, one_of("Resource", not_resources_));
    if (!element) return malformed_policy("Missing required field Resource");
    auto names = read_texts(*element, "resource", how_.scope.limits);
    if (names.has_error()) return malformed_policy("Policy has invalid resource");
    for (auto& name : *names) {
        SLUICE_CHECK(add_resource(std::move(name)));
    }
    return {};
}

result<void> statement_reader::add_resource(std::string arn) {
    auto const invalid = [&] { return malformed_policy("Policy has invalid resource: " + arn); };
    if (arn == "*" && !is_bucket_policy()) {
        resources_.push_back(arn);
        has_buckets_ = has_objects_ = has_all_ = has_everything_ = true;
        return {};
    }
    if (arn.starts_with(iam_arn) && !is_bucket_policy()) return add_role(std::move(arn));
    if (!arn.starts_with(s3_arn)) return invalid();
    auto stored = stored_text(arn.substr(s3_arn.size()), how_);
    if (stored.has_error() || stored->empty()) return invalid();
    auto const wild = stored->find_first_of("*?$");
    auto const slash = stored->find('/');
    if (slash == 0) return invalid();
    if (is_bucket_policy()) {
        auto const& bucket = how_.scope.bucket;
        auto const rest = std::string_view(*stored).substr(std::min(stored->size(), bucket.size()));
        bool const about_it = stored->starts_with(bucket) &&
                              (rest.empty() || rest.front() == '/' || rest.front() == '*');
        if (!about_it) return invalid();
    }
    // A wild character of the bucket's part goes on into keys.
    bool const spans = wild < slash;
    has_buckets_ = has_buckets_ || slash == stored->npos || spans;
    has_objects_ = has_objects_ || slash != stored->npos || spans;
    has_all_ = has_all_ || *stored == "*";
    resources_.push_back(*std::move(stored));
    return {};
}

// "arn:aws:iam::000000000000:role/analyst", with wild characters in the account and the name.
result<void> statement_reader::add_role(std::string arn) {
    auto stored = stored_text(arn, how_);
    auto const colon = arn.find(':', iam_arn.size());
    if (stored.has_error() || colon == arn.npos ||
        !std::string_view(arn).substr(colon + 1).starts_with("role/"))
        return malformed_policy("Policy has invalid resource: " + arn);
    roles_.push_back(*std::move(stored));
    return {};
}

bool statement_reader::applies(iam_action const& row) const {
    switch (row.level) {
        case iam_level::service: return has_all_;
        case iam_level::bucket: return has_buckets_;
        case iam_level::object: return has_objects_;
        case iam_level::role: return has_everything_ || !roles_.empty();
        case iam_level::account: return has_everything_;
    }
    return false;
}

// Every action pattern needs a resource that one of its actions is about.
result<void> statement_reader::check_actions_apply() const {
    if (not_resources_) return {};
    auto const none = malformed_policy("Action does not apply to any resource(s) in statement");
    if (not_actions_) {
        bool const some = std::any_of(covered_.begin(), covered_.end(),
                                      [&](auto const* row) { return applies(*row); });
        return some ? result<void>{} : none;
    }
    for (auto const& pattern : actions_) {
        bool const some =
            std::any_of(iam_actions().begin(), iam_actions().end(), [&](auto const& row) {
                return glob_matches(pattern, ascii_lower(row.name)) && applies(row);
            });
        if (!some) return none;
    }
    return {};
}

bool statement_reader::covers(iam_level level) const {
    return std::any_of(covered_.begin(), covered_.end(),
                       [&](auto const* row) { return row->level == level; });
}

rule statement_reader::rule_about(principal_pattern who) const {
    using test = condition::test;
    rule out;
    out.effect = effect_;
    out.who = who;
    out.origin = grammar::iam_json;
    out.conditions.push_back(
        {"action", not_actions_ ? test::text_not_like : test::text_like, actions_});
    return out;
}

rule statement_reader::rule_for(principal_pattern who) const {
    using test = condition::test;
    auto out = rule_about(who);
    for (auto const* row : covered_)
        if (row->level == iam_level::bucket || row->level == iam_level::object)
            out.verbs = out.verbs | row->verbs;
    out.facets = static_cast<std::uint8_t>(facet::files);
    if (is_bucket_policy()) out.on.name = {text_pattern::kind::exact, how_.scope.bucket};
    // No resource of S3's: the statement is about roles alone.
    if (resources_.empty() && !not_resources_) out.verbs = {};
    if (!has_all_ || not_resources_)
        out.conditions.push_back(
            {"resource", not_resources_ ? test::text_not_like : test::text_like, resources_});
    if (not_principals_) {
        condition others{std::string(principal_key), test::text_not_equals, {}};
        for (auto id : principals_) others.values.push_back(to_text(rule_id{to_underlying(id)}));
        out.conditions.push_back(std::move(others));
    }
    out.conditions.insert(out.conditions.end(), conditions_.tests.begin(), conditions_.tests.end());
    return out;
}

// Of the actions on roles, and of IAM's own, which are on all things or none.
void statement_reader::make_account_rules(principal_pattern who) {
    using test = condition::test;
    auto const& tests = conditions_.tests;
    bool const roles = not_resources_ ? !has_everything_ : has_everything_ || !roles_.empty();
    if (covers(iam_level::role) && roles) {
        auto of_roles = rule_about(who);
        of_roles.on.kind = resource_kind::principal;
        of_roles.verbs = action_set{action::assume};
        if (!roles_.empty() && !(has_everything_ && !not_resources_))
            of_roles.conditions.push_back(
                {"resource", not_resources_ ? test::text_not_like : test::text_like, roles_});
        of_roles.conditions.insert(of_roles.conditions.end(), tests.begin(), tests.end());
        out_.rules.push_back(std::move(of_roles));
    }
    if (!covers(iam_level::account) || has_everything_ == not_resources_) return;
    for (auto const kind : {resource_kind::cluster, resource_kind::principal}) {
        auto of_account = rule_about(who);
        of_account.on.kind = kind;
        of_account.verbs = action_set{action::admin, action::grant};
        of_account.conditions.insert(of_account.conditions.end(), tests.begin(), tests.end());
        out_.rules.push_back(std::move(of_account));
    }
}

void statement_reader::make_rules() {
    using kind = principal_pattern::kind;
    auto const add = [&](principal_pattern who) {
        auto made = rule_for(who);
        // The listing of all buckets is about no bucket.
        bool const lists_all =
            !is_bucket_policy() && has_all_ && !not_resources_ &&
            std::any_of(covered_.begin(), covered_.end(),
                        [](auto const* row) { return row->level == iam_level::service; });
        if (lists_all) {
            auto of_all = made;
            of_all.on = {resource_kind::cluster, {}, {}};
            of_all.verbs = action_set{action::list};
            of_all.facets = all_facets;
            out_.rules.push_back(std::move(of_all));
        }
        if (!made.verbs.empty()) out_.rules.push_back(std::move(made));
        if (!is_bucket_policy()) make_account_rules(who);
    };
    if (is_for_everyone_ || not_principals_) return add({kind::anyone, {}});
    if (is_for_account_) add({kind::authenticated, {}});
    for (auto id : principals_) add({kind::named, id});
}

result<iam_statement> statement_reader::read() {
    SLUICE_CHECK(read_elements());
    SLUICE_CHECK(read_effect());
    SLUICE_CHECK(read_principals());
    SLUICE_CHECK(read_actions());
    SLUICE_CHECK(read_resources());
    SLUICE_CHECK(check_actions_apply());
    if (auto const* element = find("Condition")) {
        SLUICE_TRY(conditions_, read_conditions(*element, how_));
    }
    make_rules();
    out_.is_public = effect_ == effect::allow && (is_for_everyone_ || not_principals_) &&
                     !conditions_.fixes;
    return std::move(out_);
}

}  // namespace

result<std::vector<std::string>> read_texts(json_tree const& from, std::string_view what,
                                            iam_limits const& limits) {
    std::vector<std::string> out;
    auto const add = [&](json_tree const& one) {
        out.push_back(one.text);
        return one.what == json_tree::kind::text && !one.text.empty();
    };
    bool fine = true;
    if (from.what == json_tree::kind::list)
        for (auto const& one : from.items) fine = add(one) && fine;
    else fine = add(from);
    if (!fine || out.empty() || out.size() > limits.list)
        return malformed_policy("Policy has invalid " + std::string(what));
    return out;
}

result<std::string> stored_text(std::string text, iam_reading const& how) {
    if (how.has_variables) {
        SLUICE_TRY(auto const pieces, pieces_of(text));
        for (auto const& piece : pieces) {
            if (!piece.is_variable || piece.text.size() == 1) continue;
            if (is_refused_iam_key(piece.text))
                return malformed_policy("The variable ${" + std::string(piece.text) +
                                        "} is not implemented");
            auto const* key = find_iam_key(piece.text);
            if (key == nullptr || key->type == iam_type::date)
                return malformed_policy("Policy has an unknown variable ${" +
                                        std::string(piece.text) + "}");
        }
        return text;
    }
    std::string out;
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (text[at] == '$' && text.compare(at, 2, "${") == 0) out += "${$}";
        else out += text[at];
    }
    return out;
}

result<iam_statement> read_statement(json_tree const& from, iam_reading const& how) {
    return statement_reader(from, how).read();
}

}  // namespace sluice::auth
