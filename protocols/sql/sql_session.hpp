// One client's SQL conversation, independent of any wire: text in, typed rows out. It owns the
// transaction state, the session settings, prepared statements' trees are handed out and kept by
// the front. A front (PostgreSQL now) turns messages into these calls and rows into bytes.
//
// Lifetime: the sql_service (catalog, guard, query engine, pools) outlives its sessions. Thread
// rule: one call at a time, on the connection's executor; cancel() from any thread. Destroying a
// session rolls back and releases every lock.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/core/task.hpp"
#include "protocols/sql/prepared_statements.hpp"
#include "protocols/sql/sql_error.hpp"
#include "protocols/sql/statement_text.hpp"
#include "protocols/sql/tree.hpp"

namespace sluice::auth {
class caller;
}

namespace sluice::sql {

enum class transaction_status : char { idle = 'I', in_transaction = 'T', failed = 'E' };

// Rows come in pages so that memory stays bounded: at most session limits' page bytes each.
struct row_page {
    std::vector<std::vector<datum>> rows;
    bool last = false;
    std::string command_tag;  // with the last page: "SELECT 3", "INSERT 0 1", ...
};

// A statement under execution. Destroying it ends it.
class portal {
public:
    virtual ~portal() = default;
    virtual std::vector<result_column> const& columns() const = 0;
    // Up to `max_rows` rows (0: as many as a page holds). The first call executes.
    virtual task<sql_result<row_page>> fetch(std::uint64_t max_rows) = 0;
    // What fetch would give, where that takes no waiting (a row by its key that is in memory).
    // nullopt: fetch has to be awaited; nothing has happened yet that it would not do again.
    virtual std::optional<sql_result<row_page>> fetch_at_once(std::uint64_t) { return std::nullopt; }
    // COPY: what the front must do instead of fetching.
    enum class copy_direction : std::uint8_t { none, in, out };
    virtual copy_direction copies() const = 0;
};

struct copy_format {
    enum class kind : std::uint8_t { text, csv, binary } what = kind::text;
    std::size_t columns = 0;
};
// Some messages of COPY TO STDOUT: clients take each CopyData as one row. PostgreSQL's cuts: a row
// with its line end; the header line of csv; in binary the file header together with the first row
// (or alone when there is none, before the trailer), and the trailer. Empty: the end.
struct copy_chunk {
    std::string bytes;
    std::vector<std::size_t> ends;  // of each message, ascending; the last is bytes.size()
};
// COPY FROM STDIN: raw CopyData bytes in, cut anywhere. Both directions end with finish(), or with
// fail() when the client gives up (57014 with its reason) or an error ended it.
class copy_transfer {
public:
    virtual ~copy_transfer() = default;
    virtual copy_format format() const = 0;
    virtual task<sql_result<void>> write(std::string_view data) = 0;
    virtual task<sql_result<std::string>> finish() = 0;  // tag
    virtual task<sql_result<void>> fail(std::string_view reason) = 0;
    virtual task<sql_result<copy_chunk>> read() = 0;  // a bounded number of bytes
};

struct session_notice {
    std::string severity;
    sql_error body;
};  // NOTICE, WARNING, INFO
struct parameter_status {
    std::string name, value;
};  // a reported setting changed

class sql_session {
public:
    virtual ~sql_session() = default;

    // Splits a simple query into its statements; 42601 with position. Empty text gives none.
    virtual sql_result<std::vector<statement_text>> split(std::string_view text) = 0;
    // Analyses one statement. `parameter_types`: given oids, 0 or missing = infer.
    virtual task<sql_result<statement_ptr>> prepare(statement_text,
                                                    std::vector<type_oid> parameter_types) = 0;
    // Parameters are datums of the statement's parameter types. Starts an implicit transaction
    // where none is open.
    virtual sql_result<std::unique_ptr<portal>> bind(statement_ptr,
                                                     std::vector<datum> parameters) = 0;
    virtual task<sql_result<std::unique_ptr<copy_transfer>>> start_copy(portal&) = 0;
    // The front saw Sync, or the end of a simple query: ends the implicit transaction (commit, or
    // roll back after an error).
    virtual task<sql_result<void>> end_of_request() = 0;
    // The same where nothing has to become durable; false: end_of_request has to be awaited.
    virtual bool end_of_request_at_once() { return false; }
    // An error was reported to the client: an open transaction block is failed from here on.
    virtual void note_error() = 0;
    virtual transaction_status status() const = 0;
    // Grows whenever a transaction ends, implicit ones too: portals of earlier ones are dropped.
    virtual std::uint64_t transactions_ended() const = 0;

    // Named statements, shared by the front's Parse and Close and SQL's PREPARE, EXECUTE,
    // DEALLOCATE and DISCARD.
    virtual prepared_statements& prepared() = 0;
    // A cursor of DECLARE: the front's Describe and Execute reach it by name. null: none such.
    virtual portal* find_cursor(std::string_view name) = 0;

    // Text input and output with the session's settings (DateStyle, TimeZone, bytea_output, ...).
    virtual sql_result<datum> input_text(type_oid, std::string_view) = 0;
    virtual sql_result<datum> input_binary(type_oid, std::string_view) = 0;
    // 54000 for what is longer than a value may be; `out` then holds a part of it.
    virtual sql_result<void> output_text(sql_type, datum const&, std::string& out) = 0;
    virtual sql_result<void> output_binary(sql_type, datum const&, std::string& out) = 0;
    virtual std::int16_t type_length(type_oid) const = 0;  // pg_type.typlen; -1: varies

    // Startup options and SET; the reported settings in PostgreSQL's order for the start.
    virtual sql_result<void> set_at_startup(std::string_view name, std::string_view value) = 0;
    virtual std::vector<parameter_status> reported_settings() const = 0;
    // Since the last call: notices to send, reported settings that changed.
    virtual std::vector<session_notice> take_notices() = 0;
    virtual std::vector<parameter_status> take_changed_settings() = 0;

    virtual void cancel() = 0;  // 57014 for what runs now
};

}  // namespace sluice::sql
