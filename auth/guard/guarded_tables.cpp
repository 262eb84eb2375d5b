#include "auth/guard/guarded_tables.hpp"

#include <algorithm>

#include "auth/guard/guarded_transaction.hpp"
#include "backend/store/engine.hpp"
#include "gateway/core/assert.hpp"

namespace sluice::auth {

// -- what was decided

result<void> table_transaction::implementation::check(table_grant const& grant,
                                                      std::initializer_list<action> verbs) const {
    auto const same = [&](auto const& one) {
        return one.grant.table == grant.table && one.grant.verb == grant.verb;
    };
    bool const given = grant.verb == action::read ? std::ranges::any_of(reads, same)
                                                  : std::ranges::any_of(writes, same);
    bool const good = std::ranges::find(verbs, grant.verb) != verbs.end() ||
                      class_of(grant.verb) == action_class::ddl;
    if (given && good) return success();
    return failure{error::permission_denied,
                   "no grant of this transaction for it: " + std::string(name_of(grant.verb))};
}

void table_transaction::implementation::count_row(table_grant const& grant) {
    for (auto& one : writes) {
        if (one.grant.table != grant.table || one.grant.verb != grant.verb) continue;
        ++one.record.rows;
        return;
    }
}

void table_transaction::implementation::count_records(dataset_id topic, std::uint64_t records,
                                                      std::uint64_t bytes) {
    for (auto& one : writes) {
        if (one.grant.table != topic || one.grant.verb != action::append) continue;
        one.record.rows += records;
        one.record.bytes += bytes;
        return;
    }
}

bool table_transaction::implementation::was_decided(principal_id who, std::string_view name,
                                                    dataset_id table, action verb,
                                                    bool by_key) const {
    auto const same = [&](auto const& one) {
        return one.who == who && (by_key || !one.by_key) && one.grant.table == table && one.grant.verb == verb &&
               one.grant.name == name;
    };
    return std::ranges::any_of(reads, same) || std::ranges::any_of(writes, same);
}

result<void> table_transaction::implementation::add_record(caller const& who,
                                                           intent const& wanted, decision decided,
                                                           table_grant grant, bool by_key) {
    if (!core.audit.reserve_write())
        return failure{error::overloaded, "limits.writes_under_way"};
    writes.push_back({std::move(grant), who.id(), core.record_of(who, wanted, decided),
                      by_key});
    return success();
}

// -- ends

table_transaction::savepoint table_transaction::implementation::set_savepoint() {
    saved now{rows.set_savepoint(), {}};
    for (auto const& one : writes) now.counts.push_back({one.record.rows, one.record.bytes});
    savepoints.push_back(std::move(now));
    return savepoint{savepoints.size() - 1};
}

void table_transaction::implementation::roll_back_to(savepoint to) {
    auto const at = to_underlying(to);
    if (at >= savepoints.size()) return;   // rolled back over before
    savepoints.resize(at + 1);
    auto const& then = savepoints.back();
    rows.roll_back_to(then.mark);
    for (std::size_t i = 0; i < writes.size(); ++i) {
        auto const counts = i < then.counts.size() ? then.counts[i] : written{};
        writes[i].record.rows = counts.rows;
        writes[i].record.bytes = counts.bytes;
    }
}

task<result<lsn>> table_transaction::implementation::commit() {
    std::vector<std::string> records;
    auto const now = core.clock.now();
    for (auto& one : writes) {
        one.record.time = now;
        records.push_back(encode(one.record));
    }
    auto done = co_await rows.commit(std::move(records));
    if (done.has_error()) {
        abandon(name_of(done.error().code));
        co_return std::move(done).error();
    }
    for (std::size_t i = 0; i < writes.size(); ++i) core.audit.release_write();
    writes.clear();
    co_return *done;
}

void table_transaction::implementation::roll_back() {
    rows.roll_back();
    abandon("rolled_back");
}

void table_transaction::implementation::abandon(std::string_view status) {
    for (auto& one : writes) {
        one.record.status = status;
        core.audit.record_abandoned(std::move(one.record));
    }
    writes.clear();
}

// -- the transaction

table_transaction::table_transaction(std::unique_ptr<implementation> made)
    : implementation_(std::move(made)) {}
table_transaction::table_transaction(table_transaction&&) noexcept = default;
table_transaction& table_transaction::operator=(table_transaction&&) noexcept = default;
table_transaction::~table_transaction() = default;

table_transaction guarded_tables::begin(caller const&, store::isolation level) {
    return table_transaction(std::make_unique<table_transaction::implementation>(core_, level));
}

known_principals guarded_tables::principals() {
    auto people = core_.registry.current()->people;
    std::scoped_lock const lock{mutex_};
    if (people == people_) return list_;
    std::vector<known_principal> out;
    for (auto const& each : people->principals()) {
        bool const shown =
            each.id == root_id || to_underlying(each.id) >= first_ordinary_principal;
        if (shown) out.push_back({each.id, each.name, each.kind, each.enabled, each.member_of});
    }
    list_ = std::make_shared<std::vector<known_principal> const>(std::move(out));
    people_ = std::move(people);
    return list_;
}

bool guarded_tables::would_allow(caller const& who, principal_id of, action verb,
                                 asked_dataset what, principal_id owner) const {
    auto wanted = on_bucket(verb, what.name);
    if (what.what == asked_dataset::kind::table) wanted = on_table(verb, what.name);
    if (what.what == asked_dataset::kind::topic) wanted = on_topic(verb, what.name);
    return core_.decide_as(of, who, wanted, owner).allowed();
}

bool guarded_tables::permits(caller const& who, action verb, std::string name,
                             principal_id owner) const {
    if (!core_.decide(who, on_table(verb, std::move(name)), owner).allowed()) return false;
    core_.allowed.fetch_add(1, std::memory_order_relaxed);
    return true;
}

task<guarded<void>> guarded_tables::permit(caller const& who, action verb, std::string name,
                                           principal_id owner) {
    auto const wanted = on_table(verb, std::move(name));
    auto const decided = core_.decide(who, wanted, owner);
    if (!decided.allowed()) co_return co_await core_.deny(who, wanted, decided);
    core_.allowed.fetch_add(1, std::memory_order_relaxed);
    co_return guarded<void>();
}

task<guarded<table_grant>> table_transaction::use(caller const& who, std::string name,
                                                  dataset_id table, action verb,
                                                  principal_id owner) {
    auto& inner = *implementation_;
    auto& core = inner.core;
    table_grant grant{table, name, verb};
    if (inner.was_decided(who.id(), name, table, verb)) co_return grant;
    auto const wanted = on_table(verb, std::move(name));
    auto const decided = core.decide(who, wanted, owner);
    if (!decided.allowed()) co_return co_await core.deny(who, wanted, decided);
    core.allowed.fetch_add(1, std::memory_order_relaxed);
    if (class_of(verb) == action_class::read) {
        auto counted = co_await core.count_read(who, wanted, decided);
        if (counted.has_error()) co_return std::move(counted).error();
        inner.add_read(grant, who.id());
        co_return grant;
    }
    auto held = co_await inner.rows.hold_table(table, store::row_lock_mode::share);
    if (held.has_error())
        co_return co_await core.failed(who, wanted, decided, std::move(held).error());
    auto recorded = inner.add_record(who, wanted, decided, grant);
    if (recorded.has_error()) co_return refusal(std::move(recorded).error());
    co_return grant;
}

// A read that is allowed and counted without waiting.
bool table_transaction::implementation::permit_read_at_once(caller const& who,
                                                            std::string_view name,
                                                            dataset_id table,
                                                            principal_id owner) {
    if (was_decided(who.id(), name, table, action::read)) return true;
    auto const wanted = on_table(action::read, std::string(name));
    auto const decided = core.decide(who, wanted, owner);
    if (!decided.allowed() || !core.count_read_at_once(who, wanted, decided)) return false;
    core.allowed.fetch_add(1, std::memory_order_relaxed);
    add_read({table, std::string(name), action::read}, who.id());
    return true;
}

std::optional<guarded<std::optional<store::stored_row>>> table_transaction::read_at_once(
    caller const& who, std::string_view name, dataset_id table, std::string_view key,
    principal_id owner) {
    using outcome = guarded<std::optional<store::stored_row>>;
    auto& inner = *implementation_;
    if (!inner.permit_read_at_once(who, name, table, owner)) return std::nullopt;
    auto found = inner.rows.get_at_once(table, key);
    if (!found) return std::nullopt;
    if (found->has_error()) return outcome(refusal(std::move(*found).error()));
    return outcome(std::move(**found));
}

task<guarded<void>> table_transaction::permit_definition(caller const& who, action verb,
                                                         std::string name, principal_id owner) {
    auto& inner = *implementation_;
    auto& core = inner.core;
    auto const wanted = on_table(verb, name);
    auto const decided = core.decide(who, wanted, owner);
    if (!decided.allowed()) co_return co_await core.deny(who, wanted, decided);
    core.allowed.fetch_add(1, std::memory_order_relaxed);
    table_grant of_definition{{}, std::move(name), verb};
    auto recorded = inner.add_record(who, wanted, decided, std::move(of_definition));
    if (recorded.has_error()) co_return refusal(std::move(recorded).error());
    co_return guarded<void>();
}

table_transaction::savepoint table_transaction::set_savepoint() {
    return implementation_->set_savepoint();
}

void table_transaction::roll_back_to(savepoint to) { implementation_->roll_back_to(to); }

task<result<lsn>> table_transaction::commit() {
    // Awaited as it is: the implementation stays where it is.
    co_return co_await implementation_->commit();
}

void table_transaction::roll_back() { implementation_->roll_back(); }

bool table_transaction::wrote() const noexcept { return implementation_->rows.wrote(); }

void table_transaction::cancel() { implementation_->rows.cancel(); }

}  // namespace sluice::auth
