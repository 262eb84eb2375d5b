// An sql_service that knows a handful of statements, for tests of the wire front: what a session
// does at each step follows from the statement's text, so that a test (or psql) scripts it.
//
//     select 1, 'text', $1::int4, $2::text as name   literals and parameters, one row
//     select generate_series(1, 10)                  rows in pages of page_rows
// Words may be in capitals.
//     begin, commit, rollback, set NAME = VALUE, show NAME
//     fail split|prepare|bind|fetch|end|row N        the sqlstate F0000 at that step
//     notice TEXT, wait (until cancelled), nothing   (no rows: NOTHING 7)
//     insert returning N                             rows with the tag INSERT 0 N
//     copy t from stdin [binary], copy t to stdout [binary], copy fail in|out
//     declare NAME, close NAME, deallocate all
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "gateway/core/event.hpp"
#include "protocols/sql/sql_service.hpp"

namespace sluice::sql::fake {

inline constexpr type_oid bytea_oid{17}, int8_oid{20}, int2_oid{21}, int4_oid{23}, text_oid{25};
inline bool is_integer(type_oid type) {
    return type == int2_oid || type == int4_oid || type == int8_oid;
}

// What sessions did, for assertions once they are over. Written from any thread.
struct session_log {
    std::vector<std::string> calls;  // "prepare:select 1", "end", "error", "rolled back", ...
    std::string copied;
    std::vector<std::pair<std::string, std::string>> startup_settings;

    void note(std::string call) {
        std::lock_guard const lock(mutex);
        calls.push_back(std::move(call));
    }
    std::mutex mutex;
};

struct fake_options {
    std::size_t page_rows = 10;
    prepared_limits prepared;
    std::string database = "sluice";  // others: 3D000
};

class fake_session final : public sql_session {
public:
    fake_session(fake_options options, std::shared_ptr<session_log> log);
    ~fake_session() override;

    sql_result<std::vector<statement_text>> split(std::string_view text) override;
    task<sql_result<statement_ptr>> prepare(statement_text, std::vector<type_oid>) override;
    sql_result<std::unique_ptr<portal>> bind(statement_ptr, std::vector<datum>) override;
    task<sql_result<std::unique_ptr<copy_transfer>>> start_copy(portal&) override;
    task<sql_result<void>> end_of_request() override;
    void note_error() override;
    transaction_status status() const override { return status_; }
    std::uint64_t transactions_ended() const override { return transactions_ended_; }
    prepared_statements& prepared() override { return prepared_; }
    portal* find_cursor(std::string_view name) override;
    sql_result<datum> input_text(type_oid, std::string_view) override;
    sql_result<datum> input_binary(type_oid, std::string_view) override;
    sql_result<void> output_text(sql_type, datum const&, std::string& out) override;
    sql_result<void> output_binary(sql_type, datum const&, std::string& out) override;
    std::int16_t type_length(type_oid) const override;
    sql_result<void> set_at_startup(std::string_view name, std::string_view value) override;
    std::vector<parameter_status> reported_settings() const override;
    std::vector<session_notice> take_notices() override;
    std::vector<parameter_status> take_changed_settings() override;
    void cancel() override { cancelled_ = true; }

private:
    friend class fake_portal;
    void end_transaction(char const* how);
    void run_command(std::string const& text, std::string& tag);

    fake_options options_;
    std::shared_ptr<session_log> log_;  // shared with the test
    prepared_statements prepared_;
    transaction_status status_ = transaction_status::idle;
    bool implicit_ = false, failed_ = false, fail_end_ = false;
    std::uint64_t transactions_ended_ = 0;
    std::map<std::string, std::string, std::less<>> settings_;
    std::vector<parameter_status> changed_;
    std::vector<session_notice> notices_;
    std::map<std::string, std::unique_ptr<portal>, std::less<>> cursors_;
    std::atomic<bool> cancelled_ = false;
};

class fake_service final : public sql_service {
public:
    explicit fake_service(fake_options options = {}) : options_(std::move(options)) {}
    task<sql_result<std::unique_ptr<sql_session>>> make_session(auth::caller who,
                                                                session_request what) override;
    std::shared_ptr<session_log> log() { return log_; }  // of all its sessions

private:
    fake_options options_;
    std::shared_ptr<session_log> log_ = std::make_shared<session_log>();
};

}  // namespace sluice::sql::fake
