// The values of all sequences: what was given out last, and how far the durable record reaches.
// nextval is never rolled back; values are reserved durably in blocks before the first of them is
// given (a crash may leave a gap, as in PostgreSQL). setval writes its record before it answers.
//
// A record of kind "sql", id = "sequence-state/" and the sequence's counter name; value = "last
// is_called". Thread rule: any thread. Lifetime: outlives all sessions.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "auth/guard/guarded_tables.hpp"
#include "protocols/sql/catalog/objects.hpp"
#include "protocols/sql/execute/relation_locks.hpp"
#include "protocols/sql/sql_error.hpp"

namespace sluice::sql {

inline constexpr std::string_view sequence_record_prefix = "sequence-state/";

class sequence_store {
public:
    sequence_store(auth::guarded_tables& tables, relation_locks& turns)
        : tables_(tables), turns_(turns) {}

    // The next value where one is reserved; nullopt: reserve() first. 2200H at the end.
    sql_result<std::optional<std::int64_t>> try_next(relation const& sequence);
    task<sql_result<void>> reserve(auth::caller const& who, relation const& sequence);
    // What the policy calls it.
    struct named {
        std::string name;
        principal_id owner{};
    };
    // With its audit record. 22003 outside the bounds.
    task<sql_result<void>> set(auth::caller const& who, relation const& sequence,
                               std::int64_t value, bool is_called, named audited);

    struct state {
        std::int64_t last = 0;
        bool is_called = false;
    };
    task<sql_result<state>> read(auth::caller const& who, relation const& sequence);

private:
    struct known {
        state now;
        std::int64_t reserved = 0;  // values that may be given before the next record
    };
    task<sql_result<void>> load(auth::caller const& who, relation const& sequence);
    task<sql_result<void>> write(auth::caller const& who, relation const& sequence, state durable,
                                 std::optional<named> audited);

    auth::guarded_tables& tables_;
    relation_locks& turns_;
    std::mutex mutex_;
    std::map<std::string, known> known_;
};

}  // namespace sluice::sql
