// One execution of a statement by the read engine, as the translation (plan/engine_environment.hpp)
// needs it: sources over the statement's reader, and functions that evaluate our expressions in
// frames of their own.
//
// Thread rule: the run's; the engine calls back on the same thread. Lifetime: the run, its reader
// and the statement's tree outlive it, and it outlives the engine's stream.
#pragma once

#include <deque>
#include <memory>

#include "protocols/sql/execute/run_frame.hpp"
#include "protocols/sql/plan/engine_environment.hpp"

namespace sluice::sql {

class engine_run final : public engine::environment {
public:
    explicit engine_run(statement_run& run) : run_(run) {}

    io_context const& io() const override { return run_.context.io; }
    std::shared_ptr<relational::own_function const> evaluator(expression_ptr of,
                                                         engine::query_level const& at,
                                                         std::vector<engine::leaf> leaves) override;
    std::shared_ptr<relational::own_function const> aggregator(expression const& call,
                                                          relational::value_type element) override;
    std::optional<datum> constant(expression const& of) override;
    failure failed(sql_error what) override;
    std::shared_ptr<relational::row_source const> table_rows(
        engine::query_level const& at, std::uint32_t relation, std::vector<std::uint32_t> columns,
        std::vector<expression_ptr> conditions) override;
    std::shared_ptr<relational::row_source const> entry_rows(engine::query_level const& at,
                                                        std::uint32_t relation,
                                                        std::vector<std::uint32_t> columns) override;

    // The error of ours that ended the query.
    std::optional<sql_error> const& error() const noexcept { return error_; }
    statement_run& run() noexcept { return run_; }

private:
    statement_run& run_;
    std::optional<sql_error> error_;
};

// Frames of a query and of those around it, without rows; front() is the query's own.
class level_frames {
public:
    explicit level_frames(engine::query_level const& at);
    level_frames(level_frames const&) = delete;
    level_frames& operator=(level_frames const&) = delete;
    frame& front() noexcept { return frames_.back(); }

private:
    std::deque<frame> frames_;  // outermost first
};

// The conditions of WHERE that read nothing but this entry and may bound what is read of it.
std::vector<expression_ptr> bounds_of(query const& body, std::uint32_t relation);

}  // namespace sluice::sql
