#include "auth/guard/admin_steps.hpp"
#include "auth/guard/guarded_admin.hpp"
#include "auth/guard/policy_documents.hpp"
#include "auth/policy/grammar_text.hpp"

namespace sluice::auth {
namespace {

// Whoever may `grant` on a dataset may make rules for exactly it, but not ones that give what a
// dataset's owner has not himself; everything wider needs `grant` on the cluster.
intent right_to_change(rule const& value) {
    constexpr action_set clusters_own{action::admin, action::bypass_retention};
    bool local = value.on.kind == resource_kind::dataset &&
                 value.on.name.what == text_pattern::kind::exact &&
                 value.verbs.without(clusters_own) == value.verbs;
    return local ? on_bucket(action::grant, value.on.name.text) : on_cluster(action::grant);
}

result<rule> parse_for(access_state const& state, std::string_view text) {
    auto resolve = [&state](std::string_view name) -> std::optional<principal_id> {
        auto const* found = state.people->find(name);
        return found ? std::optional(found->id) : std::nullopt;
    };
    return parse_rule_text(text, resolve);
}

// Parts of a rule that its record keeps and nothing decides by yet: a rule that seems to say more
// than it does is refused.
result<void> check_has_effect(rule const& value) {
    if (!value.columns.empty())
        return failure{error::unsupported,
                       "columns: rights on single columns are not decided yet; leave it out, or "
                       "give the right on the whole table"};
    if (value.grant_option)
        return failure{error::unsupported,
                       "grantable: rights cannot be passed on yet; leave it out, or give the verb "
                       "grant"};
    return {};
}

rule_summary summary_of(access_state const& state, rule const& value) {
    auto name = [&state](principal_id id) {
        auto const* found = state.people->find(id);
        return found ? found->name : "#" + std::to_string(to_underlying(id));
    };
    rule_summary out;
    out.id = to_text(value.id);
    out.text = to_rule_text(value, name);
    if (!value.document.empty()) {
        if (!value.text.empty()) out.text = "(the text)";
        out.text += " of " + value.document;
    }
    switch (value.origin) {
        case grammar::sluice: out.origin = "sluice"; break;
        case grammar::iam_json: out.origin = "iam_json"; break;
        case grammar::kafka_acl: out.origin = "kafka_acl"; break;
        case grammar::sql_grant: out.origin = "sql_grant"; break;
    }
    out.grantor = name(value.grantor);
    out.created = value.created;
    return out;
}

refusal no_such_rule(std::string const& id) {
    return refusal(missing_thing::rule, "there is no rule '" + id + "'");
}

}  // namespace

task<guarded<rule_summary>> guarded_admin::put_rule(caller const& who, std::string text) {
    // Text that does not parse names no dataset: only those who may grant anywhere hear what is
    // wrong with it.
    auto parsed = parse_for(*core_.registry.current(), text);
    auto const wanted = parsed.has_value() ? right_to_change(*parsed) : on_cluster(action::grant);
    auto mine = co_await begin_change(core_, who, wanted);
    if (mine.has_error()) co_return std::move(mine).error();
    parsed = parse_for(*mine->state, text);  // names may have changed while waiting
    if (parsed.has_error()) {
        refusal why(std::move(parsed).error());
        if (why.code == error::not_found) why.missing = missing_thing::principal;
        co_return co_await refuse_change(core_, who, wanted, mine->decided, std::move(why));
    }
    auto effective = check_has_effect(*parsed);
    if (effective.has_error())
        co_return co_await refuse_change(core_, who, wanted, mine->decided,
                                         refusal(std::move(effective).error()));
    parsed->id = rule_id{fresh_id(core_.random)};
    parsed->grantor = who.id();
    parsed->created = core_.clock.now();
    access_change change;
    change.put_rules.push_back(*parsed);
    auto done = co_await finish_change(core_, who, wanted, *mine, std::move(change));
    if (done.has_error()) co_return std::move(done).error();
    co_return summary_of(*core_.registry.current(), *parsed);
}

task<guarded<std::vector<rule_summary>>> guarded_admin::list_rules(caller const& who) {
    auto const wanted = on_cluster(action::grant);
    auto decided = co_await core_.permit(who, wanted);
    if (decided.has_error()) co_return std::move(decided).error();
    auto counted = co_await core_.count_read(who, wanted, *decided);
    if (counted.has_error()) co_return std::move(counted).error();
    auto const state = core_.registry.current();
    std::vector<rule_summary> out;
    for (auto const& one : state->rules->rules()) out.push_back(summary_of(*state, one));
    co_return out;
}

task<guarded<void>> guarded_admin::delete_rule(caller const& who, std::string id) {
    auto const number = parse_rule_id(id);
    auto const before = core_.registry.current();
    auto const* found = number.has_value() ? before->rules->find(*number) : nullptr;
    auto const wanted = found ? right_to_change(*found) : on_cluster(action::grant);
    auto mine = co_await begin_change(core_, who, wanted);
    if (mine.has_error()) co_return std::move(mine).error();
    if (!number.has_value() || !mine->state->rules->find(*number))
        co_return co_await refuse_change(core_, who, wanted, mine->decided, no_such_rule(id));
    access_change change;
    // One of several that a document was made into goes with all of it.
    auto const* target = mine->state->rules->find(*number);
    if (target->document.empty()) change.erased_rules.push_back(*number);
    else change.erased_rules = rules_of(*mine->state, target->document);
    co_return co_await finish_change(core_, who, wanted, *mine, std::move(change));
}

}  // namespace sluice::auth
