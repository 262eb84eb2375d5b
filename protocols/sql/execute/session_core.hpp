// The session's parts that portals and utility statements work with: the context, sequences,
// settings for SQL functions, cursors, and analysis with its caching rules.
//
// A statement analysed against another catalog version, or against definitions that were never
// committed, is analysed again before it runs; when its result columns changed, 0A000 as
// PostgreSQL. Thread rule and lifetime: the session's.
#pragma once

#include <map>
#include <memory>

#include "protocols/sql/execute/session_sequences.hpp"
#include "protocols/sql/execute/statement_portal.hpp"

namespace sluice::sql {

class session_setting_functions final : public settings_access {
public:
    explicit session_setting_functions(session_context& context) : context_(context) {}
    std::optional<std::string> value(std::string_view name) override;
    sql_result<std::string> set(std::string_view name, std::string_view value,
                                bool is_local) override;

private:
    session_context& context_;
};

class session_core {
public:
    session_core(sql_services& services, auth::caller who, session_request what,
                 boost::asio::any_io_executor executor);
    ~session_core();

    task<sql_result<planned_ptr>> analyse(statement_text text, std::vector<type_oid> types);
    task<sql_result<planned_ptr>> analyse(syntax::statement_ptr syntax, std::int32_t offset,
                                          std::vector<type_oid> types);
    // Nothing was defined since it was made, also not by this transaction.
    bool is_current(planned_statement const& plan) const;
    // The plan as it must be now.
    task<sql_result<planned_ptr>> refreshed(planned_ptr plan);

    sql_result<std::unique_ptr<portal>> open(planned_ptr plan, std::vector<datum> parameters);

    sql_result<void> add_cursor(std::unique_ptr<sql_cursor> made);
    sql_cursor* find_cursor(std::string_view name);
    sql_result<void> close_cursor(std::string_view name);
    void close_all_cursors();

    // Arms statement_timeout for one call.
    class timed {
    public:
        explicit timed(session_core& core);

    private:
        std::optional<deadline> limit_;
    };

    session_context context;
    session_sequences sequences;
    session_setting_functions setting_functions;
    std::unique_ptr<catalog_functions> system_functions;
    // Bytes of rows that cursors and suspended portals hold for later.
    memory_account kept;

private:
    sql_result<planned_ptr> analyse_known(syntax::statement_ptr const& syntax, std::int32_t offset,
                                          std::vector<type_oid> const& types);
    task<sql_result<void>> hold();
    task<sql_result<void>> check_deferred();
    void describe_utility(planned_statement& plan);

    std::map<std::string, std::unique_ptr<sql_cursor>, std::less<>> cursors_;
};

// Runs what is not SELECT, INSERT, UPDATE or DELETE (utility_*.cpp).
task<sql_result<utility_result>> run_utility(session_core& core, planned_ptr plan,
                                             std::vector<datum> parameters);

}  // namespace sluice::sql
