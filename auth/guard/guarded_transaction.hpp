// What a table_transaction holds inside: the store's transaction, what was decided in it, and the
// audit records that go into its commit. Inside auth/guard only.
//
// A write that was decided holds a place of audit_writer until its record is durable: in the commit
// as "ok", or afterwards with the reason why it did not happen. Thread rule: as the transaction's.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "auth/guard/guard_core.hpp"
#include "auth/guard/guarded_tables.hpp"
#include "backend/store/table_transaction.hpp"

namespace sluice::auth {

class table_transaction::implementation {
public:
    implementation(guard_core& core, store::isolation level) : core(core), rows(core.engine, level) {}
    ~implementation() { roll_back(); }
    implementation(implementation const&) = delete;

    // The grant was given in this transaction and is good for one of `verbs`.
    result<void> check(table_grant const& grant, std::initializer_list<action> verbs) const;
    void count_row(table_grant const& grant);
    void count_records(dataset_id topic, std::uint64_t records, std::uint64_t bytes);

    // A decided write: recorded in the commit. overloaded: too many writes are under way.
    result<void> add_record(caller const& who, intent const& wanted, decision decided,
                            table_grant grant, bool by_key = false);
    void add_read(table_grant grant, principal_id who, bool by_key = false) {
        reads.push_back({std::move(grant), who, by_key});
    }
    // `by_key`: what was decided for a foreign key counts too.
    bool was_decided(principal_id who, std::string_view name, dataset_id table, action verb,
                     bool by_key = false) const;
    // How a write of this transaction was decided.
    std::optional<decision> decision_of(table_grant const& grant) const;

    bool permit_read_at_once(caller const& who, std::string_view name, dataset_id table,
                             principal_id owner);

    savepoint set_savepoint();
    void roll_back_to(savepoint to);
    task<result<lsn>> commit();
    void roll_back();

    guard_core& core;
    store::table_transaction rows;

private:
    struct decided_read {
        table_grant grant;
        principal_id who;
        bool by_key = false;
    };
    struct decided_write {
        table_grant grant;        // table 0: a definition without a table
        principal_id who;
        audit_record record;
        bool by_key = false;
    };
    struct written {
        std::uint64_t rows = 0, bytes = 0;
    };
    struct saved {
        store::table_transaction::savepoint mark;
        std::vector<written> counts;   // of each write then
    };
    // All writes end with this status, recorded soon.
    void abandon(std::string_view status);

    std::vector<decided_read> reads;
    std::vector<decided_write> writes;
    std::vector<saved> savepoints;
};

}  // namespace sluice::auth
