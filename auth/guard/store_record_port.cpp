#include "auth/guard/store_record_port.hpp"

#include "backend/store/audit_log.hpp"
#include "backend/store/record_verbs.hpp"

namespace sluice::auth {
namespace {

std::string kind_text(record_kind kind) {
    switch (kind) {
        case record_kind::principal: return "principal";
        case record_kind::credential: return "credential";
        case record_kind::rule: return "rule";
        case record_kind::encryption_key: return "encryption_key";
        case record_kind::oidc_provider: return "oidc_provider";
        case record_kind::managed_policy: return "managed_policy";
    }
    return {};
}

// Moves a page's records behind `into`; returns where the next page starts, empty at the end.
std::string take_page(store::record_page page, std::vector<stored_record>& into) {
    for (auto& record : page.records)
        into.push_back({std::move(record.name.id), std::move(record.value)});
    return page.truncated && !into.empty() ? into.back().id : std::string();
}

result<std::vector<stored_record>> load_blocking(store::engine& engine, record_kind kind,
                                                 blocking_token token) {
    std::vector<stored_record> out;
    store::scan_records_request request;
    request.kind = kind_text(kind);
    do {
        SLUICE_TRY(auto page, store::scan_records_blocking(engine, request, token));
        request.after = take_page(std::move(page), out);
    } while (!request.after.empty());
    return out;
}

}  // namespace

task<result<std::vector<stored_record>>> store_record_port::load(record_kind kind) {
    std::vector<stored_record> out;
    store::scan_records_request request;
    request.kind = kind_text(kind);
    do {
        SLUICE_CO_TRY(auto page, co_await store::scan_records(engine_, request));
        request.after = take_page(std::move(page), out);
    } while (!request.after.empty());
    co_return out;
}

task<result<void>> store_record_port::commit(std::vector<record_change> changes,
                                             std::vector<std::string> audit_records) {
    if (changes.empty()) {
        SLUICE_CO_CHECK(co_await store::append_audit(engine_, std::move(audit_records)));
        co_return success();
    }
    store::change_records_request request;
    for (auto& change : changes) {
        store::record_change one;
        one.name = {kind_text(change.kind), std::move(change.id)};
        one.value = std::move(change.value);
        request.changes.push_back(std::move(one));
    }
    request.audit = std::move(audit_records);
    SLUICE_CO_CHECK(co_await store::change_records(engine_, std::move(request)));
    co_return success();
}

result<stored_access> load_stored_access(store::engine& engine, blocking_token token) {
    stored_access out;
    SLUICE_TRY(out.principals, load_blocking(engine, record_kind::principal, token));
    SLUICE_TRY(out.credentials, load_blocking(engine, record_kind::credential, token));
    SLUICE_TRY(out.rules, load_blocking(engine, record_kind::rule, token));
    SLUICE_TRY(out.encryption_keys, load_blocking(engine, record_kind::encryption_key, token));
    SLUICE_TRY(out.providers, load_blocking(engine, record_kind::oidc_provider, token));
    SLUICE_TRY(out.policies, load_blocking(engine, record_kind::managed_policy, token));
    return out;
}

}  // namespace sluice::auth
