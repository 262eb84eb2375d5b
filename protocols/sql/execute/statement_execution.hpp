// One execution of SELECT, INSERT, UPDATE or DELETE: parameters, the statement's run and its
// reader, and the ways it is carried out (select_execution.cpp, insert_execution.cpp,
// change_execution.cpp). Steps that may block run on the pool while the session waits.
//
// Thread rule: the session's executor. Lifetime: inside a portal; the session outlives it.
#pragma once

#include <deque>
#include <memory>
#include <optional>

#include "protocols/sql/execute/planned_statement.hpp"
#include "protocols/sql/execute/query_rows.hpp"
#include "protocols/sql/execute/row_writer.hpp"
#include "protocols/sql/execute/transaction_reader.hpp"

namespace sluice::sql {

struct statement_result {
    std::deque<sql_row> rows;
    std::uint64_t count = 0;  // rows processed
};

class statement_execution {
public:
    statement_execution(session_context& session, session_sequences& sequences, planned_ptr plan,
                        std::vector<datum> parameters);
    statement_execution(statement_execution const&) = delete;
    statement_execution& operator=(statement_execution const&) = delete;

    // Takes the statement's snapshot and asks for what it reads.
    task<sql_result<void>> start();
    // The same for a statement of a foreign key's own: within begin_check.
    task<sql_result<void>> start_check();

    // SELECT without row locks: pages until the last.
    struct page {
        std::vector<sql_row> rows;
        bool last = false;
    };
    task<sql_result<page>> next_page(std::size_t most_rows);
    // Everything else at once.
    task<sql_result<statement_result>> run_to_end();

    bool streams() const;  // next_page serves it
    planned_statement const& plan() const noexcept { return *plan_; }
    statement_run& run() { return *run_; }

private:
    friend class insert_execution;
    friend class change_execution;
    friend class produce_execution;

    engine_use* engine_for(planned_statement const& plan) const;
    task<sql_result<statement_result>> insert(insert_statement const& what);
    task<sql_result<statement_result>> change(query const& source, object_oid table,
                                              std::vector<target> const& returning,
                                              update_statement const* update);
    task<sql_result<statement_result>> select_locked(query const& body);
    task<sql_result<std::vector<sql_row>>> select_points(query const& body);
    // The rows of the plan's one table by its primary key, WHERE held.
    task<sql_result<row_boxes>> point_rows(frame& seen);
    task<sql_result<std::vector<row_boxes>>> candidate_rows(query const& source, frame& seen);
    task<sql_result<sql_row>> project(std::vector<target> const& targets, frame const& seen,
                                      row_writer& writer);

    // Runs synchronous work that may block on the pool.
    template <class Work>
    task<std::invoke_result_t<Work&>> on_pool(Work work) {
        using outcome = std::invoke_result_t<Work&>;
        auto job = [&](blocking_token) -> outcome {
            blocking_section const section{sequences_};
            return work();
        };
        auto done = co_await session_.services.pool.run(std::move(job));
        if (done.has_error()) co_return session_.error_of(done.error());
        co_return std::move(*done);
    }

    session_context& session_;
    session_sequences& sequences_;
    planned_ptr plan_;
    std::vector<datum> parameters_;
    transaction_reader reader_;
    std::optional<statement_run> run_;
    result_rows_ptr rows_;
    bool ended_ = false;
};

// A frame for one level of a statement.
void prepare_frame(frame& seen, query const& body, frame const* outer);

}  // namespace sluice::sql
