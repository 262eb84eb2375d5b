// nextval, currval, lastval and setval for one session. On the session's own thread a value that
// has to be reserved first cannot be waited for: next_value then fails with sequence_wanted, names
// the sequence in `wanted`, and whoever evaluates reserves it and evaluates again. On a pool thread
// (blocking set) it waits.
#pragma once

#include "protocols/sql/execute/session_context.hpp"

namespace sluice::sql {

inline constexpr char sequence_wanted[6] = "SLQ01";  // never reaches a client

class session_sequences final : public sequence_access {
public:
    explicit session_sequences(session_context& session) : session_(session) {}

    sql_result<std::int64_t> next_value(object_oid sequence) override;
    sql_result<std::int64_t> current_value(object_oid sequence) override;
    sql_result<std::int64_t> last_value() override;
    sql_result<void> set_value(object_oid sequence, std::int64_t value, bool is_called) override;

    // After an evaluation failed: true when it may be tried again.
    task<sql_result<bool>> reserve_wanted(sql_error const& failed);

    bool blocking = false;  // set while a pool thread runs for the session
    relation_ptr wanted;

private:
    sql_result<relation_ptr> find(object_oid sequence) const;
    bool may(relation const& sequence, auth::action verb) const;
    task<sql_result<void>> permit(relation const& sequence, auth::action verb);
    session_context& session_;
};

// While a pool thread evaluates for the session.
class blocking_section {
public:
    explicit blocking_section(session_sequences& of) : of_(of) { of_.blocking = true; }
    blocking_section(blocking_section const&) = delete;
    blocking_section& operator=(blocking_section const&) = delete;
    ~blocking_section() { of_.blocking = false; }

private:
    session_sequences& of_;
};

}  // namespace sluice::sql
