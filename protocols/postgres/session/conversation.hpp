// A session after its login: messages in, calls on the sql_session, messages out, until the client
// leaves or is told to. The loop is in conversation.cpp; each sub-protocol has its own file: simple
// queries, extended queries, COPY, and run_portal, which the first two share.
//
// An ERROR is reported, and in an extended query everything up to Sync is dropped; a FATAL one ends
// the connection. Output is kept until Sync, Flush, the end of a simple query or the buffer's
// limit. Thread rule: the connection's executor. Lifetime: what it was given outlives it.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "protocols/postgres/pg_observer.hpp"
#include "protocols/postgres/session/message_channel.hpp"
#include "protocols/postgres/session/message_gate.hpp"
#include "protocols/postgres/session/portal_table.hpp"
#include "protocols/postgres/wire/front_errors.hpp"
#include "protocols/postgres/wire/messages.hpp"
#include "protocols/sql/sql_session.hpp"

namespace sluice::postgres {

struct conversation_services {
    pg_options const& options;
    wall_clock const& clock;
    session_observer* observer = nullptr;
    // The server takes no further requests: an idle session is told so and ends.
    std::function<bool()> stopping;
};

class conversation {
public:
    conversation(message_channel& channel, sql::sql_session& session,
                 conversation_services services);

    // From the first ReadyForQuery to the last message; the caller finishes the channel.
    task<void> run();

private:
    template <class T = void>
    using outcome = sql::sql_result<T>;

    // conversation.cpp
    task<bool> take(frame message);
    // Messages between Parse and Sync; false: handle_extended has to be awaited.
    bool handle_extended_at_once(frame message);
    task<void> handle_extended(frame message);
    void end_extended(outcome<> const& done);
    void refuse_function_call(std::string_view body);
    void end_after(result<std::optional<frame>> const& read);
    task<void> ready();
    void report(sql::sql_error const& what, std::int32_t offset = 0);  // fails the transaction
    void tell(sql::sql_error const& what, std::int32_t offset = 0);    // it ended already
    void fail(front_error what, std::initializer_list<std::string_view> arguments = {});
    void send_notices();
    void complete(std::string_view tag);

    // simple_query.cpp
    task<void> on_query(std::string text);
    task<outcome<std::string>> run_simple(sql::statement_text statement);

    // extended_query.cpp
    task<outcome<>> on_parse(std::string_view body);
    outcome<> on_bind(std::string_view body);
    outcome<> on_describe(std::string_view body);
    // nullopt: on_execute has to be awaited.
    std::optional<outcome<>> on_execute_at_once(std::string_view body);
    task<outcome<>> on_execute(std::string_view body);
    outcome<> on_close(std::string_view body);
    task<void> on_sync();
    outcome<sql::prepared_statement const*> find_statement(std::string_view name) const;
    outcome<std::vector<std::int16_t>> parameter_formats(sql::prepared_statement const& statement,
                                                         bind_message const& message) const;
    outcome<std::vector<sql::datum>> read_parameters(sql::prepared_statement const& statement,
                                                     bind_message const& message,
                                                     std::vector<std::int16_t> const& formats);
    outcome<> describe_statement(std::string_view name);
    outcome<> describe_portal(std::string_view name);

    // run_portal.cpp: rows out, at most `most` (0: all). The tag; nullopt: suspended.
    task<outcome<std::optional<std::string>>> run_portal(open_portal& portal, std::string name,
                                                         std::uint64_t most);
    task<outcome<std::optional<std::string>>> run_rows(sql::portal& body, open_portal& about,
                                                       std::uint64_t most);

    // copy.cpp
    task<outcome<std::string>> copy_in(sql::portal& body);
    task<outcome<std::string>> copy_out(sql::portal& body);
    task<outcome<std::string>> take_copy_data(sql::copy_transfer& transfer);

    message_channel& channel_;
    sql::sql_session& session_;
    conversation_services services_;
    message_gate gate_;
    portal_table portals_;
    std::optional<sql::prepared_statement> unnamed_;
    // Of the statement under way.
    std::int32_t error_offset_ = 0;
    std::uint64_t rows_sent_ = 0;
    monotonic_time began_{};
};

}  // namespace sluice::postgres
