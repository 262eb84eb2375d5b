#include "auth/guard/guard_core.hpp"

#include <algorithm>
#include <iterator>

#include "auth/guard/iam_context.hpp"
#include "auth/policy/grammar_acl.hpp"
#include "auth/policy/iam_actions.hpp"
#include "auth/policy/iam_keys.hpp"
#include "auth/policy/session_policy.hpp"
#include "auth/policy/system_rule.hpp"
#include "backend/store/bucket_verbs.hpp"

namespace sluice::auth {
namespace {

directory_options with_root_name(directory_options options, std::string const& root) {
    options.root_name = root;
    return options;
}

// After these the log cannot be written either; the first failure is the one to answer.
bool log_is_gone(error code) noexcept {
    return code == error::outcome_unknown || code == error::read_only;
}

known_facts of_owner(principal_id owner) {
    known_facts known;
    known.owner = owner;
    known.knows_object = true;
    return known;
}

void add_tags(std::vector<context_value>& values, store::object_attributes const& object) {
    for (auto const& [key, value] : object.tags)
        values.push_back({std::string(existing_tag_keys) + key, value});
}

result<void> know_bucket(known_facts& known, store::bucket_info const& bucket,
                         intent const& wanted) {
    known.owner = bucket.owner;
    if (bucket.access.empty() || wanted.face != facet::files) return success();
    SLUICE_TRY(auto const access, decode_bucket_access(bucket.access));
    known.lists_count = true;
    known.ignores_public = access.ignores_public;
    known.attached = rules_of_acl(access, bucket.owner, {bucket.name, access.ignores_public});
    return success();
}

// Whether the list of an object may give what the one of its bucket does not.
bool object_acl_decides(caller const& who, intent const& wanted) {
    if (wanted.part.empty() || wanted.lists) return false;
    auto const names = iam_actions_of(who, wanted);
    if (names.empty()) return object_acl_speaks_of(iam_action_of(wanted.verb, wanted.kind));
    return std::any_of(names.begin(), names.end(), object_acl_speaks_of);
}

}  // namespace

std::string intent::resource() const {
    if (kind == resource_kind::cluster) return part.empty() ? "cluster" : "cluster/" + part;
    return part.empty() ? name : name + "/" + part;
}

intent on_bucket(action verb, std::string bucket) {
    intent wanted;
    wanted.verb = verb;
    wanted.name = std::move(bucket);
    return wanted;
}

intent on_object(action verb, std::string bucket, std::string key) {
    auto wanted = on_bucket(verb, std::move(bucket));
    wanted.part = std::move(key);
    return wanted;
}

intent on_topic(action verb, std::string topic) {
    auto wanted = on_bucket(verb, std::move(topic));
    wanted.face = facet::log;
    return wanted;
}

intent on_group(action verb, std::string group) {
    intent wanted;
    wanted.verb = verb;
    wanted.kind = resource_kind::group;
    wanted.name = std::move(group);
    return wanted;
}

intent on_table(action verb, std::string table) {
    auto wanted = on_bucket(verb, std::move(table));
    wanted.face = facet::rows;
    return wanted;
}

intent on_cluster(action verb) {
    intent wanted;
    wanted.verb = verb;
    wanted.kind = resource_kind::cluster;
    return wanted;
}

guard_core::guard_core(guard_options given, store::engine& engine, wall_clock const& clock,
                       random_source& random, sealer seal)
    : options(std::move(given)),
      engine(engine),
      clock(clock),
      random(random),
      seal(std::move(seal)),
      keys(this->seal),
      port(engine),
      registry(with_root_name(options.directory, options.root_user), options.policy,
               options.changes_waiting, port),
      audit(options, engine, clock) {}

decision guard_core::decide(caller const& who, intent const& wanted, principal_id owner) const {
    return decide_as(who.id(), who, wanted, owner);
}

decision guard_core::decide(caller const& who, intent const& wanted,
                            known_facts const& known) const {
    return decide_in(*registry.current(), who.id(), who, wanted, known);
}

decision guard_core::decide_as(principal_id whom, caller const& who, intent const& wanted,
                               principal_id owner) const {
    return decide_in(*registry.current(), whom, who, wanted, of_owner(owner));
}

bool guard_core::would_allow(std::vector<rule> rules, caller const& who, intent const& wanted,
                             principal_id owner) const {
    auto const now = registry.current();
    access_state next{now->people, nullptr, now->providers, now->policies};
    // An epoch that no state has: what is cached of it is of no use to another.
    auto made = compiled_policy::build(options.policy, std::move(rules), now->epoch() + 1);
    if (made.has_error()) return true;  // the commit says what is wrong with it
    next.rules = std::move(*made);
    auto const allowed = decide_in(next, who.id(), who, wanted, of_owner(owner)).allowed();
    iam_rules_seen_.store(0, std::memory_order_relaxed);
    return allowed;
}

decision guard_core::decide_in(access_state const& state, principal_id whom, caller const& who,
                               intent const& wanted, known_facts const& known) const {
    if (!state.people->is_active(whom)) return {effect::deny, built_in::inactive};
    if (whom == system_id) {
        access_request request;
        request.verb = wanted.verb;
        request.kind = wanted.kind;
        request.name = wanted.name;
        return decide_for_system(request);
    }
    auto decided = decide_one(state, whom, who, wanted, known);
    // An agent has no more rights than any of those it acts for.
    for (auto behind : state.people->on_behalf_chain(whom)) {
        if (!decided.allowed()) break;
        auto theirs = decide_one(state, behind, who, wanted, known);
        theirs.needs_object = theirs.needs_object || (theirs.allowed() && decided.needs_object);
        if (!theirs.allowed() || theirs.needs_object) decided = theirs;
    }
    return decided;
}

bool guard_core::has_iam_rules(access_state const& state) const {
    auto const seen = iam_rules_seen_.load(std::memory_order_relaxed);
    if (seen >> 1 == state.epoch()) return (seen & 1) != 0;
    auto const& rules = state.rules->rules();
    bool const some = std::any_of(rules.begin(), rules.end(), [](rule const& one) {
        return one.origin == grammar::iam_json;
    });
    iam_rules_seen_.store(state.epoch() << 1 | (some ? 1u : 0u), std::memory_order_relaxed);
    return some;
}

decision guard_core::decide_one(access_state const& state, principal_id whom, caller const& who,
                                intent const& wanted, known_facts const& known) const {
    request_context context;
    context.source_ip = who.connection().client_address;
    context.protocol = who.connection().protocol;
    context.auth_method = who.auth_method();
    context.client_id = who.client_id;
    context.operation = wanted.operation.empty() ? who.operation : wanted.operation;
    context.tls = who.connection().tls;
    context.now = clock.now();
    context.prefix = wanted.part;
    context.has_prefix = wanted.lists;
    context.values = who.context;
    context.knows_object = known.knows_object;
    access_request request;
    request.verb = wanted.verb;
    request.kind = wanted.kind;
    request.name = wanted.name;
    request.part = wanted.part;
    request.owner = known.owner;
    request.attached = known.attached;
    request.lists_count = known.lists_count;
    request.context = &context;
    if (wanted.kind == resource_kind::dataset)
        request.face = static_cast<std::uint8_t>(wanted.face);
    auto const& closure = state.people->closure(whom);
    auto const rules = state.rules->of(subject{whom, closure});
    auto const* narrowed = who.session_rules();
    auto const decide_now = [&] {
        auto decided = rules->decide(request);
        if (!decided.allowed() || narrowed == nullptr) return decided;
        auto const bound = decide_for_session(*narrowed, request);
        decided.needs_object = decided.needs_object || bound.needs_object;
        if (!bound.allowed()) decided = {effect::deny, built_in::session, bound.needs_object};
        return decided;
    };
    // IAM's rules are about files and the listing of buckets.
    bool const is_iams = wanted.kind == resource_kind::cluster || wanted.face == facet::files;
    bool const has_actions = narrowed != nullptr || known.lists_count || has_iam_rules(state);
    if (!is_iams || !has_actions) return decide_now();
    auto values = iam_values(*state.people, whom, who, wanted);
    if (known.object != nullptr) add_tags(values, *known.object);
    context.values = values;
    auto const names = iam_actions_of(who, wanted);
    if (names.empty()) return decide_now();
    // Whoever does several things at once needs the right to each.
    decision decided;
    bool waits = false;
    for (auto name : names) {
        context.action = name;
        decided = decide_now();
        waits = waits || decided.needs_object;
        if (!decided.allowed()) break;
    }
    if (decided.allowed()) decided.needs_object = waits;
    return decided;
}

task<result<judgement>> guard_core::judge(caller const& who, intent const& wanted) {
    judgement out;
    out.decided = decide(who, wanted, out.known);
    bool const is_open = out.decided.needs_object || out.decided.rule == built_in::default_deny;
    // Strangers own nothing, but lists may speak of them.
    bool const is_about_bucket = wanted.kind == resource_kind::dataset &&
                                 (wanted.face == facet::files || !who.is_anonymous());
    if (!is_open || !is_about_bucket) co_return out;
    auto bucket = co_await store::head_bucket(engine, wanted.name);
    if (bucket.has_error()) {
        if (bucket.error().code != error::not_found) co_return std::move(bucket).error();
        out.known.knows_object = true;
        out.decided = decide(who, wanted, out.known);
        co_return out;
    }
    SLUICE_CO_CHECK(know_bucket(out.known, *bucket, wanted));
    out.decided = decide(who, wanted, out.known);
    if (out.known.lists_count && out.decided.rule == built_in::default_deny &&
        object_acl_decides(who, wanted))
        out.decided.needs_object = true;
    co_return out;
}

result<decision> guard_core::judge_with(caller const& who, intent const& wanted,
                                        judgement const& so_far,
                                        store::object_attributes const* object) const {
    auto known = so_far.known;
    known.object = object;
    known.knows_object = true;
    if (known.lists_count && object != nullptr) {
        auto list = access_list::of_owner(known.owner);
        if (!object->access.empty()) {
            SLUICE_TRY(list, decode_access_list(object->access));
        }
        auto rules = rules_of_acl(list, {wanted.name, known.ignores_public}, wanted.part);
        std::move(rules.begin(), rules.end(), std::back_inserter(known.attached));
    }
    return decide(who, wanted, known);
}

task<result<decision>> guard_core::decide_on_bucket(caller const& who, intent const& wanted) {
    SLUICE_CO_TRY(auto const judged, co_await judge(who, wanted));
    if (!judged.decided.needs_object) co_return judged.decided;
    co_return judge_with(who, wanted, judged, nullptr);
}

task<guarded<decision>> guard_core::permit(caller const& who, intent const& wanted) {
    auto decided = co_await decide_on_bucket(who, wanted);
    if (decided.has_error()) co_return refusal(std::move(decided).error());
    if (!decided->allowed()) co_return co_await deny(who, wanted, *decided);
    allowed.fetch_add(1, std::memory_order_relaxed);
    co_return *decided;
}

audit_record guard_core::record_of(caller const& who, intent const& wanted,
                                   decision decided) const {
    audit_record record;
    record.time = clock.now();
    record.protocol = who.connection().protocol;
    record.principal = who.name();
    record.on_behalf_of = who.on_behalf_of_names();
    record.auth_method = who.auth_method();
    record.credential_id = who.credential_id();
    record.client_address = who.connection().client_address;
    record.operation = who.operation;
    record.verb = name_of(wanted.verb);
    record.filed_under = class_of(wanted.verb);
    record.kind = wanted.kind;
    record.resource = wanted.resource();
    record.decided = decided;
    record.status = decided.allowed() ? "ok" : "denied";
    record.request_id = who.request_id;
    record.policy_epoch = registry.current()->epoch();
    return record;
}

std::string guard_core::write_record(caller const& who, intent const& wanted, decision decided,
                                     std::uint64_t bytes) const {
    auto record = record_of(who, wanted, decided);
    record.bytes = bytes;
    return encode(record);
}

task<refusal> guard_core::deny(caller const& who, intent const& wanted, decision decided) {
    denied.fetch_add(1, std::memory_order_relaxed);
    refusal answer(failure{error::permission_denied, "denied by " + rule_label(decided.rule)});
    if (who.is_anonymous()) {
        auto const& from = who.connection();
        audit.failures().count(from.protocol, from.client_address, "anonymous_denied", clock.now());
        co_return answer;
    }
    std::vector<std::string> records;
    records.push_back(encode(record_of(who, wanted, decided)));
    auto written = co_await audit.append(std::move(records));
    if (written.has_error()) co_return refusal(std::move(written).error());
    co_return answer;
}

task<refusal> guard_core::failed(caller const& who, intent const& wanted, decision decided,
                                 failure why) {
    if (log_is_gone(why.code)) co_return refusal(std::move(why));
    auto record = record_of(who, wanted, decided);
    record.status = name_of(why.code);
    std::vector<std::string> records;
    records.push_back(encode(record));
    auto written = co_await audit.append(std::move(records));
    if (written.has_error()) co_return refusal(std::move(written).error());
    co_return refusal(std::move(why));
}

bool guard_core::is_strict(intent const& wanted) const {
    auto const& strict = options.strict_reads;
    return std::find(strict.begin(), strict.end(), wanted.name) != strict.end();
}

bool guard_core::count_read_at_once(caller const& who, intent const& wanted, decision decided) {
    if (is_strict(wanted)) return false;
    read_counts::reader reader{who.id(), who.name(), who.credential_id(),
                               who.connection().protocol};
    return audit.count_read_at_once(reader, wanted.verb, wanted.kind, wanted.name, decided.rule);
}

task<guarded<void>> guard_core::count_read(caller const& who, intent const& wanted,
                                           decision decided) {
    if (is_strict(wanted)) {
        std::vector<std::string> records;
        records.push_back(encode(record_of(who, wanted, decided)));
        auto written = co_await audit.append(std::move(records));
        if (written.has_error()) co_return refusal(std::move(written).error());
        co_return guarded<void>();
    }
    read_counts::reader reader{who.id(), who.name(), who.credential_id(),
                               who.connection().protocol};
    auto counted =
        co_await audit.count_read(reader, wanted.verb, wanted.kind, wanted.name, decided.rule);
    if (counted.has_error()) co_return refusal(std::move(counted).error());
    co_return guarded<void>();
}

task<refusal> guard_core::missing(std::string bucket, missing_thing otherwise, failure why) {
    if (why.code != error::not_found) co_return refusal(std::move(why));
    auto found = co_await store::head_bucket(engine, std::move(bucket));
    if (found.has_value()) co_return refusal(otherwise, std::move(why.text));
    if (found.error().code != error::not_found) co_return refusal(std::move(found).error());
    co_return refusal(missing_thing::bucket, "the bucket does not exist");
}

}  // namespace sluice::auth
