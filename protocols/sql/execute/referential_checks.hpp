// Carries out what foreign keys have to do: checks at the end of a statement or transaction, and
// the actions of ON DELETE and ON UPDATE, which are statements of their own on the referring table
// with the rights of the key (session_context::key_cause). Events are taken in the order in which
// they were noted, as PostgreSQL fires its triggers. Lifetime: one call; the session outlives it.
#pragma once

#include <map>

#include "protocols/sql/execute/session_context.hpp"
#include "protocols/sql/execute/session_sequences.hpp"
#include "protocols/sql/execute/statement_execution.hpp"

namespace sluice::sql {

class referential_checks {
public:
    referential_checks(session_context& session, session_sequences& sequences)
        : session_(session), sequences_(sequences) {}

    // What waits for the end of a statement, and what that brings about.
    task<sql_result<void>> finish_statement();
    // Deferred events whose constraint is not deferred any more, or all of them (COMMIT).
    task<sql_result<void>> run_deferred(bool all);
    // ALTER TABLE ADD FOREIGN KEY and VALIDATE: every row of the child. 23503.
    task<sql_result<void>> check_all_rows(object_oid child, object_oid rule);

private:
    enum class step : std::uint8_t { find, find_locked, remove, set, set_null, set_default };

    task<sql_result<void>> drain();
    task<sql_result<void>> carry_out(referential_event const& event, foreign_key const& key);
    task<sql_result<void>> check_reference(referential_event const& event, foreign_key const& key);
    task<sql_result<void>> refuse_references(referential_event const& event,
                                             foreign_key const& key, bool may_be_back);
    task<sql_result<bool>> is_back(referential_event const& event, foreign_key const& key);
    task<sql_result<statement_result>> run(step what, referential_event const& event,
                                           foreign_key const& key);
    task<sql_result<statement_result>> run_plan(planned_ptr plan, std::vector<datum> parameters);
    sql_result<planned_ptr> plan_of(step what, foreign_key const& key, bool removal);
    // The key as it is now, its tables locked; null: it went.
    task<sql_result<foreign_key const*>> key_of(referential_event const& event);
    sql_error missing_error(foreign_key const& key, std::vector<datum> const& values);
    sql_error referenced_error(foreign_key const& key, std::vector<datum> const& values);
    std::string shown(std::vector<datum> const& values, std::vector<sql_type> const& types);
    bool may_show(relation const& of) const;

    session_context& session_;
    session_sequences& sequences_;
    table_shape_ptr shape_;  // of the event's child
    bool all_now_ = false;   // nothing is deferred
    struct known_plan {
        step what{};
        object_oid rule{};
        bool removal = false;
        auto operator<=>(known_plan const&) const = default;
    };
    std::map<known_plan, planned_ptr> plans_;
};

// A writer of `table` keeps those who change the definitions of what it refers to away.
task<sql_result<void>> lock_referenced(session_context& session, relation const& table);

}  // namespace sluice::sql
