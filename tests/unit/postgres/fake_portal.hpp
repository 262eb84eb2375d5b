// The statements, portals and copies of fake_sql.hpp.
#pragma once

#include "tests/unit/postgres/fake_sql.hpp"

namespace sluice::sql::fake {

statement_ptr analyse(std::string const& text, std::vector<type_oid> const& given);

class fake_portal final : public portal {
public:
    fake_portal(fake_session& session, statement_ptr statement, std::vector<datum> parameters);

    std::vector<result_column> const& columns() const override { return statement_->columns; }
    task<sql_result<row_page>> fetch(std::uint64_t max_rows) override;
    copy_direction copies() const override;
    std::string const& text() const { return statement_->text; }

private:
    task<sql_result<row_page>> wait_for_cancel();
    std::vector<datum> constant_row() const;

    fake_session& session_;
    statement_ptr statement_;
    std::vector<datum> parameters_;
    std::int64_t next_ = 1, last_ = 0;  // of a series
    std::int64_t fails_at_ = 0;
    std::string tag_word_ = "SELECT";
};

class fake_copy final : public copy_transfer {
public:
    fake_copy(session_log& log, bool binary) : log_(log), binary_(binary) {}

    copy_format format() const override;
    task<sql_result<void>> write(std::string_view data) override;
    task<sql_result<std::string>> finish() override;
    task<sql_result<void>> fail(std::string_view reason) override;
    task<sql_result<copy_chunk>> read() override;

private:
    session_log& log_;
    bool binary_;
    int chunks_ = 0;
};

}  // namespace sluice::sql::fake
