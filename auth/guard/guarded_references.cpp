// Foreign keys behind the door: what a row's key brings about in other tables is decided by the
// right to write the row itself.
#include <algorithm>

#include "auth/guard/guarded_transaction.hpp"
#include "backend/store/engine.hpp"

namespace sluice::auth {

std::optional<decision> table_transaction::implementation::decision_of(
    table_grant const& grant) const {
    auto const found = std::ranges::find_if(writes, [&](auto const& one) {
        return one.grant.table == grant.table && one.grant.verb == grant.verb;
    });
    if (found == writes.end()) return std::nullopt;
    return found->record.decided;
}

task<guarded<table_grant>> table_transaction::use_by_key(caller const& who,
                                                         table_grant const& cause,
                                                         std::string name, dataset_id table,
                                                         action verb) {
    auto& inner = *implementation_;
    auto& core = inner.core;
    auto const decided = inner.decision_of(cause);
    bool const known = verb == action::read || verb == action::update || verb == action::delete_;
    if (!decided || !known)
        co_return refusal(failure{error::permission_denied, "no grant of this transaction for it"});
    table_grant grant{table, name, verb};
    if (inner.was_decided(who.id(), name, table, verb, true)) co_return grant;
    auto const wanted = on_table(verb, std::move(name));
    if (verb == action::read) {
        auto counted = co_await core.count_read(who, wanted, *decided);
        if (counted.has_error()) co_return std::move(counted).error();
        inner.add_read(grant, who.id(), true);
        co_return grant;
    }
    auto held = co_await inner.rows.hold_table(table, store::row_lock_mode::share);
    if (held.has_error())
        co_return co_await core.failed(who, wanted, *decided, std::move(held).error());
    auto recorded = inner.add_record(who, wanted, *decided, grant, true);
    if (recorded.has_error()) co_return refusal(std::move(recorded).error());
    co_return grant;
}

task<result<std::optional<bool>>> table_transaction::refer_to(table_grant const& by,
                                                              store::reference_target to,
                                                              store::lock_wait wait) {
    SLUICE_CO_CHECK(implementation_->check(by, {action::append, action::update}));
    co_return co_await implementation_->rows.refer_to(std::move(to), wait);
}

task<result<void>> table_transaction::hold_reference(table_grant const& of,
                                                     store::reference_target to) {
    SLUICE_CO_CHECK(implementation_->check(of, {action::update, action::delete_}));
    co_return co_await implementation_->rows.hold_reference(std::move(to),
                                                            store::row_lock_mode::update);
}

task<result<bool>> table_transaction::is_there(table_grant const& of,
                                               store::reference_target key) {
    SLUICE_CO_CHECK(implementation_->check(of, {action::update, action::delete_}));
    co_return co_await implementation_->rows.is_there(std::move(key));
}

result<std::optional<std::string>> table_transaction::own_row(table_grant const& of,
                                                              std::string_view key) const {
    SLUICE_CHECK(implementation_->check(of, {action::append, action::update, action::delete_}));
    return implementation_->rows.own_row(of.table, key);
}

void table_transaction::begin_check() { implementation_->rows.begin_check(); }
void table_transaction::end_check() { implementation_->rows.end_check(); }

}  // namespace sluice::auth
