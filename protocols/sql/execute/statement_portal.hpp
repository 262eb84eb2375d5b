// Portals: SELECT, INSERT, UPDATE and DELETE (data_portal), cursors of DECLARE with their rows kept
// (sql_cursor), and everything else (utility_portal), which answers its rows and tag at once.
//
// A data portal that is asked for all rows gives a SELECT page by page; asked for some, it runs to
// the end first and keeps the rest, so that statements between two fetches cannot change it.
// Thread rule: the session's executor. Lifetime: the session outlives its portals.
#pragma once

#include <deque>
#include <memory>

#include "gateway/core/timer.hpp"
#include "protocols/sql/execute/statement_execution.hpp"

namespace sluice::sql {

class session_core;

struct utility_result {
    std::string tag;
    std::vector<sql_row> rows;
};

// What one portal or cursor adds to the bytes of rows that its session holds for later.
class kept_rows_weight {
public:
    explicit kept_rows_weight(session_core& core) : core_(core) {}
    kept_rows_weight(kept_rows_weight const&) = delete;
    kept_rows_weight& operator=(kept_rows_weight const&) = delete;
    ~kept_rows_weight();
    sql_result<void> add(sql_row const& row);  // 53200 past limits.sql_memory

private:
    session_core& core_;
    std::size_t bytes_ = 0;
};

class data_portal final : public portal {
public:
    data_portal(session_core& core, planned_ptr plan, std::vector<datum> parameters);
    std::vector<result_column> const& columns() const override { return plan_->columns; }
    task<sql_result<row_page>> fetch(std::uint64_t max_rows) override;
    std::optional<sql_result<row_page>> fetch_at_once(std::uint64_t max_rows) override;
    copy_direction copies() const override { return copy_direction::none; }

private:
    task<sql_result<void>> begin();
    task<sql_result<row_page>> page(std::uint64_t max_rows);
    std::string tag(std::uint64_t count) const;

    session_core& core_;
    planned_ptr plan_;
    std::vector<datum> parameters_;
    std::unique_ptr<statement_execution> execution_;
    std::optional<statement_result> kept_;
    kept_rows_weight weight_;
    std::uint64_t given_ = 0;
    bool ended_ = false;
};

class utility_portal final : public portal {
public:
    utility_portal(session_core& core, planned_ptr plan, std::vector<datum> parameters);
    std::vector<result_column> const& columns() const override { return plan_->columns; }
    task<sql_result<row_page>> fetch(std::uint64_t max_rows) override;
    copy_direction copies() const override;
    planned_ptr const& plan() const noexcept { return plan_; }

private:
    session_core& core_;
    planned_ptr plan_;
    std::vector<datum> parameters_;
    std::optional<utility_result> result_;
    std::size_t at_ = 0;
};

class sql_cursor final : public portal {
public:
    sql_cursor(session_core& core, std::string name, std::unique_ptr<data_portal> from,
               planned_ptr plan, bool scroll, bool hold)
        : name_(std::move(name)), from_(std::move(from)), plan_(std::move(plan)), scroll_(scroll),
          hold_(hold), weight_(core) {}
    std::vector<result_column> const& columns() const override { return plan_->columns; }
    task<sql_result<row_page>> fetch(std::uint64_t max_rows) override;
    copy_direction copies() const override { return copy_direction::none; }

    // FETCH and MOVE; rows that it passes.
    task<sql_result<std::vector<sql_row>>> move(utility::fetch const& how);
    // Takes all rows, at DECLARE. 53200 when the session's cursors hold too many bytes.
    task<sql_result<void>> keep();
    bool holds() const noexcept { return hold_; }
    std::string const& name() const noexcept { return name_; }
    planned_ptr const& plan() const noexcept { return plan_; }

private:
    std::string name_;
    std::unique_ptr<data_portal> from_;
    planned_ptr plan_;
    bool scroll_, hold_;
    kept_rows_weight weight_;
    bool filled_ = false;
    std::vector<sql_row> rows_;
    std::int64_t position_ = 0;  // 0: before the first; rows_.size() + 1: after the last
};

}  // namespace sluice::sql
