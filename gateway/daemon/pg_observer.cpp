#include "gateway/daemon/pg_observer.hpp"

#include <algorithm>
#include <utility>

#include "gateway/core/log.hpp"
#include "protocols/postgres/wire/messages.hpp"

namespace sluice::gateway {
namespace {

constexpr std::array<std::string_view, 28> kinds{
    "SELECT",  "INSERT",     "UPDATE",   "DELETE",    "MERGE",    "COPY",    "FETCH",
    "BEGIN",   "COMMIT",     "ROLLBACK", "SAVEPOINT", "RELEASE",  "SET",     "RESET",
    "SHOW",    "CREATE",     "DROP",     "ALTER",     "TRUNCATE", "GRANT",   "REVOKE",
    "PREPARE", "DEALLOCATE", "DECLARE",  "CLOSE",     "DISCARD",  "EXPLAIN", "LOCK"};

// Classes that operators look at apart: the client's own mistakes from what is ours.
constexpr std::array<std::pair<std::string_view, char const*>, 5> classes{{{"08", "protocol"},
                                                                           {"40", "conflict"},
                                                                           {"53", "resources"},
                                                                           {"57", "cancelled"},
                                                                           {"XX", "internal"}}};

metric_labels label(char const* key, std::string_view value) { return {{key, std::string(value)}}; }

counter login_counter(metrics& into, char const* outcome) {
    return into.make_counter("sluice_pg_logins_total", "PostgreSQL logins by outcome.",
                             label("outcome", outcome));
}

counter error_counter(metrics& into, char const* name) {
    return into.make_counter("sluice_pg_errors_total", "SQL errors by class of SQLSTATE.",
                             label("class", name));
}

counter cancel_counter(metrics& into, char const* found) {
    return into.make_counter("sluice_pg_cancels_total", "Cancel requests.", label("found", found));
}

counter byte_counter(metrics& into, char const* direction) {
    return into.make_counter("sluice_pg_bytes_total", "Bytes of finished PostgreSQL sessions.",
                             label("direction", direction));
}

std::array<counter, 256> message_counters(metrics& into) {
    auto const made = [&](std::string_view name) {
        return into.make_counter("sluice_pg_messages_total", "Messages of PostgreSQL clients.",
                                 label("message", name));
    };
    // SASL messages come before the session counts; their letter is a mistake after that.
    std::vector<counter> all(256, made("other"));
    for (auto const& row : postgres::message_rows)
        if (row.from != postgres::side::backend && row.letter != 'p')
            all[static_cast<unsigned char>(row.letter)] = made(row.name);
    return [&]<std::size_t... Letter>(std::index_sequence<Letter...>) {
        return std::array<counter, 256>{all[Letter]...};
    }
    (std::make_index_sequence<256>());
}

}  // namespace

pg_observer::pg_observer(metrics& into)
    : logins_{login_counter(into, "authenticated"), login_counter(into, "refused"),
              login_counter(into, "broken")},
      messages_(message_counters(into)),
      errors_{error_counter(into, classes[0].second), error_counter(into, classes[1].second),
              error_counter(into, classes[2].second), error_counter(into, classes[3].second),
              error_counter(into, classes[4].second), error_counter(into, "statement")},
      cancels_found_(cancel_counter(into, "yes")),
      cancels_missed_(cancel_counter(into, "no")),
      rows_(into.make_counter("sluice_pg_rows_total", "Rows sent to PostgreSQL clients.")),
      bytes_in_(byte_counter(into, "in")),
      bytes_out_(byte_counter(into, "out")) {
    auto const add = [&](std::string_view kind) {
        statements_.push_back({kind,
                               into.make_counter("sluice_pg_statements_total",
                                                 "Statements that succeeded.", label("kind", kind)),
                               into.make_histogram("sluice_pg_statement_seconds",
                                                   "Time from a statement's message to its end.",
                                                   label("kind", kind))});
    };
    for (auto const kind : kinds) add(kind);
    add("other");
}

pg_observer::statement_series const& pg_observer::series_of(std::string_view tag) const noexcept {
    auto const kind = tag.substr(0, tag.find(' '));
    auto const found = std::find_if(statements_.begin(), statements_.end() - 1,
                                    [&](auto const& each) { return each.kind == kind; });
    return *found;
}

void pg_observer::on_login(postgres::login_outcome what) noexcept {
    logins_[static_cast<std::size_t>(what)].add();
}

void pg_observer::on_message(char letter) noexcept {
    messages_[static_cast<unsigned char>(letter)].add();
}

void pg_observer::on_statement(postgres::finished_statement const& what) noexcept {
    if (what.rows) rows_.add(static_cast<double>(what.rows));
    if (what.sqlstate.empty()) {
        auto const& series = series_of(what.tag);
        series.count.add();
        series.seconds.observe(std::chrono::duration<double>(what.took).count());
        return;
    }
    auto const found = std::find_if(classes.begin(), classes.end(), [&](auto const& each) {
        return what.sqlstate.starts_with(each.first);
    });
    errors_[static_cast<std::size_t>(found - classes.begin())].add();
    // The server's own troubles; their texts speak of files and places, not of the statement.
    if (what.sqlstate.starts_with("XX") || what.sqlstate.starts_with("58") ||
        what.sqlstate == "40003")
        SLUICE_LOG(log_level::error, "sql statement failed", {"sqlstate", what.sqlstate},
                   {"error", what.message}, {"failure", what.detail});
}

void pg_observer::on_cancel(bool found) noexcept {
    (found ? cancels_found_ : cancels_missed_).add();
}

void pg_observer::on_session_end(std::uint64_t bytes_in, std::uint64_t bytes_out) noexcept {
    bytes_in_.add(static_cast<double>(bytes_in));
    bytes_out_.add(static_cast<double>(bytes_out));
}

}  // namespace sluice::gateway
