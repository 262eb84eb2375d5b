#include "protocols/postgres/session/conversation.hpp"

#include "protocols/postgres/wire/error_response.hpp"

namespace sluice::postgres {

conversation::conversation(message_channel& channel, sql::sql_session& session,
                           conversation_services services)
    : channel_(channel),
      session_(session),
      services_(std::move(services)),
      portals_(services_.options.portals) {}

task<void> conversation::run() {
    co_await ready();
    while (channel_.alive() && gate_.now() != message_gate::state::closing) {
        auto message = channel_.next_at_once();
        if (!message) {
            auto const read = co_await channel_.next(services_.options.idle);
            if (read.has_error() || !*read) {
                end_after(read);
                break;
            }
            message = **read;
        }
        if (handle_extended_at_once(*message)) continue;
        bool const goes_on = co_await take(*message);
        if (!goes_on) break;
    }
    gate_.close();
}

// Nothing more can be read: says why, where the client may still hear it.
void conversation::end_after(result<std::optional<frame>> const& read) {
    if (read.has_value()) {
        if (services_.stopping && services_.stopping()) fail(front_error::shutdown);
        return;
    }
    auto const& what = read.error();
    switch (what.code) {
        case error::unsupported: {
            // "message type N"
            auto const number = what.text.substr(what.text.rfind(' ') + 1);
            return fail(front_error::unknown_message, {number});
        }
        case error::malformed:
            return fail(front_error::message_length);
        case error::overloaded:
            return fail(front_error::no_memory);
        case error::too_large:
            return fail(front_error::message_too_large, {what.text});
        case error::deadline_exceeded:
            return fail(what.text.empty() ? front_error::idle_timeout
                                          : front_error::message_timeout);
        default:
            return;  // the client is gone, or the server stops without grace
    }
}

task<bool> conversation::take(frame message) {
    if (services_.observer) services_.observer->on_message(message.letter);
    switch (gate_.take(message.letter)) {
        case message_gate::verdict::handle:
            break;
        case message_gate::verdict::drop:
            co_return true;
        case message_gate::verdict::end:
            co_return false;
        case message_gate::verdict::unexpected:
            fail(front_error::unknown_message,
                 {std::to_string(static_cast<unsigned char>(message.letter))});
            co_return false;
    }
    began_ = services_.clock.monotonic();
    rows_sent_ = 0;
    error_offset_ = 0;
    switch (message.letter) {
        case 'Q': {
            auto const query = decode<query_message>(message.body);
            if (query.has_value()) {
                co_await on_query(std::string(query->text));
            } else {
                report(make_error(front_error::message_format));
                co_await on_sync();
            }
            break;
        }
        case 'F':
            refuse_function_call(message.body);
            co_await on_sync();
            break;
        case 'S':
            if (!message.body.empty()) report(make_error(front_error::message_format));
            co_await on_sync();
            break;
        default:
            co_await handle_extended(message);
    }
    co_return gate_.now() != message_gate::state::closing;
}

void conversation::refuse_function_call(std::string_view body) {
    auto const call = decode<function_call_message>(body);
    if (call.has_error()) return report(make_error(front_error::message_format));
    report(make_error(front_error::function_calls)
               .with_hint("Call the function in a query: SELECT function(...)."));
}

// Only while the order of messages is the ordinary one and the output has room: what is not is
// left to take().
bool conversation::handle_extended_at_once(frame message) {
    bool const ordinary = gate_.now() == message_gate::state::ready &&
                          std::string_view("BDEC").find(message.letter) != std::string_view::npos;
    if (!ordinary || channel_.is_full()) return false;
    began_ = services_.clock.monotonic();
    rows_sent_ = 0;
    error_offset_ = 0;
    outcome<> done;
    switch (message.letter) {
        case 'B':
            done = on_bind(message.body);
            break;
        case 'D':
            done = on_describe(message.body);
            break;
        case 'E': {
            auto executed = on_execute_at_once(message.body);
            if (!executed) return false;
            done = std::move(*executed);
            break;
        }
        default:
            done = on_close(message.body);
    }
    if (services_.observer) services_.observer->on_message(message.letter);
    end_extended(done);
    return true;
}

void conversation::end_extended(outcome<> const& done) {
    if (done.has_error()) {
        report(done.error(), error_offset_);
        gate_.failed_in_extended_query();
    }
    portals_.keep_up(session_.transactions_ended());
}

task<void> conversation::handle_extended(frame message) {
    outcome<> done;
    switch (message.letter) {
        case 'P':
            done = co_await on_parse(message.body);
            break;
        case 'B':
            done = on_bind(message.body);
            break;
        case 'D':
            done = on_describe(message.body);
            break;
        case 'E':
            done = co_await on_execute(message.body);
            break;
        case 'C':
            done = on_close(message.body);
            break;
        case 'H':
            co_await channel_.flush();
            if (!message.body.empty()) done = make_error(front_error::message_format);
            break;
        default:
            break;
    }
    end_extended(done);
    if (channel_.is_full()) co_await channel_.flush_if_full();
}

// The end of a request: what changed, then ReadyForQuery, and all of it goes out.
task<void> conversation::ready() {
    portals_.keep_up(session_.transactions_ended());
    send_notices();
    for (auto const& each : session_.take_changed_settings()) {
        parameter_status_message message;
        message.name = each.name;
        message.value = each.value;
        channel_.put(message);
    }
    ready_for_query_message message;
    message.status = static_cast<char>(session_.status());
    channel_.put(message);
    co_await channel_.flush();
}

void conversation::report(sql::sql_error const& what, std::int32_t offset) {
    session_.note_error();
    tell(what, offset);
}

void conversation::tell(sql::sql_error const& what, std::int32_t offset) {
    send_notices();
    // After the last words nothing is said.
    if (gate_.now() != message_gate::state::closing)
        append_error(channel_.out(), "ERROR", what, offset);
    if (!services_.observer) return;
    auto const took = services_.clock.monotonic() - began_;
    services_.observer->on_statement(
        {"", std::string_view(what.sqlstate, 5), rows_sent_, took, what.message, what.detail});
}

void conversation::fail(front_error what, std::initializer_list<std::string_view> arguments) {
    auto const error = make_error(what, arguments);
    auto const fatal = row_of(what).level == error_level::fatal;
    append_error(channel_.out(), fatal ? "FATAL" : "ERROR", error);
    if (fatal) gate_.close();
}

void conversation::send_notices() {
    for (auto const& each : session_.take_notices())
        append_notice(channel_.out(), each.severity, each.body, error_offset_);
}

void conversation::complete(std::string_view tag) {
    send_notices();
    command_complete_message message;
    message.tag = tag;
    channel_.put(message);
    if (!services_.observer) return;
    auto const took = services_.clock.monotonic() - began_;
    services_.observer->on_statement({tag, "", rows_sent_, took});
}

}  // namespace sluice::postgres
