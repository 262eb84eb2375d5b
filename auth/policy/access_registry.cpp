#include "auth/policy/access_registry.hpp"

#include <algorithm>

namespace sluice::auth {
namespace {

bool same_credential(credential const& a, credential const& b) {
    if (a.kind != b.kind) return false;
    return a.kind == credential_kind::password ? a.owner == b.owner : a.id == b.id;
}

template <class Value, class Same>
void put(std::vector<Value>& into, Value const& value, Same same) {
    auto at =
        std::find_if(into.begin(), into.end(), [&](Value const& one) { return same(one, value); });
    if (at == into.end()) into.push_back(value);
    else *at = value;
}

template <class Contents>
void apply(access_change const& change, Contents& to) {
    auto same_id = [](auto const& a, auto const& b) { return a.id == b.id; };
    for (auto const& value : change.put_principals) put(to.principals, value, same_id);
    for (auto const& value : change.put_credentials) put(to.credentials, value, same_credential);
    for (auto const& value : change.put_rules) put(to.rules, value, same_id);
    for (auto id : change.erased_principals)
        std::erase_if(to.principals, [&](auto const& one) { return one.id == id; });
    for (auto const& value : change.erased_credentials)
        std::erase_if(to.credentials, [&](auto const& one) { return same_credential(one, value); });
    for (auto id : change.erased_rules)
        std::erase_if(to.rules, [&](auto const& one) { return one.id == id; });
    auto same_name = [](auto const& a, auto const& b) { return a.name == b.name; };
    for (auto const& value : change.put_providers) put(to.providers, value, same_name);
    for (auto const& name : change.erased_providers)
        std::erase_if(to.providers, [&](auto const& one) { return one.name == name; });
    for (auto const& value : change.put_policies) put(to.policies, value, same_name);
    for (auto const& name : change.erased_policies)
        std::erase_if(to.policies, [&](auto const& one) { return one.name == name; });
}

std::vector<record_change> as_records(access_change const& change) {
    std::vector<record_change> out;
    for (auto const& value : change.put_principals)
        out.push_back({record_kind::principal, record_id(value.id), encode(value)});
    for (auto id : change.erased_principals)
        out.push_back({record_kind::principal, record_id(id), std::nullopt});
    for (auto const& value : change.put_credentials)
        out.push_back({record_kind::credential, record_id(value), encode(value)});
    for (auto const& value : change.erased_credentials)
        out.push_back({record_kind::credential, record_id(value), std::nullopt});
    for (auto const& value : change.put_rules)
        out.push_back({record_kind::rule, to_text(value.id), encode(value)});
    for (auto id : change.erased_rules)
        out.push_back({record_kind::rule, to_text(id), std::nullopt});
    for (auto const& value : change.put_providers)
        out.push_back({record_kind::oidc_provider, value.name, encode(value)});
    for (auto const& name : change.erased_providers)
        out.push_back({record_kind::oidc_provider, name, std::nullopt});
    for (auto const& value : change.put_policies)
        out.push_back({record_kind::managed_policy, value.name, encode(value)});
    for (auto const& name : change.erased_policies)
        out.push_back({record_kind::managed_policy, name, std::nullopt});
    return out;
}

// Sorted, so that lists are in order; frozen.
template <class Value>
std::shared_ptr<std::vector<Value> const> by_name(std::vector<Value> from) {
    std::sort(from.begin(), from.end(), [](auto const& a, auto const& b) { return a.name < b.name; });
    return std::make_shared<std::vector<Value> const>(std::move(from));
}

failure named(failure what, char const* kind, std::string const& id) {
    return failure{error::corrupt, std::string(kind) + " record '" + id + "': " + what.describe()};
}

}  // namespace

std::string record_id(principal_id id) { return to_text(rule_id{to_underlying(id)}); }

std::string record_id(credential const& value) {
    return value.kind == credential_kind::password ? "password:" + record_id(value.owner)
                                                   : "key:" + value.id;
}

result<void> access_registry::install(stored_access const& stored,
                                      std::vector<credential> configured) {
    contents from;
    for (auto const& record : stored.principals) {
        auto value = decode_principal(record.value);
        if (!value) return named(value.error(), "principal", record.id);
        from.principals.push_back(std::move(*value));
    }
    for (auto const& record : stored.credentials) {
        auto value = decode_credential(record.value);
        if (!value) return named(value.error(), "credential", record.id);
        from.credentials.push_back(std::move(*value));
    }
    for (auto const& record : stored.rules) {
        auto value = decode_rule(record.value);
        if (!value) return named(value.error(), "rule", record.id);
        from.rules.push_back(std::move(*value));
    }
    for (auto const& record : stored.providers) {
        auto value = decode_oidc_provider(record.value);
        if (!value) return named(value.error(), "identity provider", record.id);
        from.providers.push_back(std::move(*value));
    }
    for (auto const& record : stored.policies) {
        auto value = decode_managed_policy(record.value);
        if (!value) return named(value.error(), "managed policy", record.id);
        from.policies.push_back(std::move(*value));
    }
    configured_ = std::move(configured);
    SLUICE_TRY(auto made, build(std::move(from), 1));
    std::lock_guard lock(mutex_);
    current_ = std::move(made);
    return {};
}

std::shared_ptr<access_state const> access_registry::current() const {
    std::lock_guard lock(mutex_);
    return current_;
}

access_registry::contents access_registry::current_contents() const {
    auto now = current();
    contents out;
    for (auto const& one : now->people->principals())
        if (to_underlying(one.id) >= first_ordinary_principal) out.principals.push_back(one);
    for (auto const& one : now->people->credentials())
        if (to_underlying(one.owner) >= first_ordinary_principal) out.credentials.push_back(one);
    out.rules = now->rules->rules();
    out.providers = *now->providers;
    out.policies = *now->policies;
    return out;
}

result<std::shared_ptr<access_state const>> access_registry::build(contents from,
                                                                   std::uint64_t epoch) const {
    from.credentials.insert(from.credentials.end(), configured_.begin(), configured_.end());
    access_state made;
    SLUICE_TRY(made.people, directory::build(people_options_, std::move(from.principals),
                                             std::move(from.credentials)));
    SLUICE_TRY(made.rules, compiled_policy::build(rule_options_, std::move(from.rules), epoch));
    if (from.providers.size() > most_oidc_providers)
        return failure{error::too_large, "too many identity providers"};
    if (from.policies.size() > most_managed_policies)
        return failure{error::too_large, "too many managed policies"};
    made.providers = by_name(std::move(from.providers));
    made.policies = by_name(std::move(from.policies));
    return std::make_shared<access_state const>(std::move(made));
}

task<result<void>> access_registry::commit(turn_queue::turn const&, access_change change,
                                           std::vector<std::string> audit_records) {
    auto next = current_contents();
    apply(change, next);
    SLUICE_CO_TRY(auto made, build(std::move(next), current()->epoch() + 1));
    auto records = as_records(change);
    SLUICE_CO_CHECK(co_await port_.commit(std::move(records), std::move(audit_records)));
    std::lock_guard lock(mutex_);
    current_ = std::move(made);
    co_return success();
}

}  // namespace sluice::auth
