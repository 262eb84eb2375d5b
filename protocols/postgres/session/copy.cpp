// COPY FROM STDIN and COPY TO STDOUT (PostgreSQL manual, "COPY Operations"). Data passes message by
// message, never kept; while data is read, an error ends the COPY at once, and what the client
// sends of it after that is dropped by the gate.
#include <array>

#include "gateway/core/encoding.hpp"
#include "protocols/postgres/session/conversation.hpp"

namespace sluice::postgres {
namespace {

template <class Message>
Message copy_response(sql::copy_format const& format) {
    std::int16_t const code = format.what == sql::copy_format::kind::binary ? 1 : 0;
    Message out;
    out.format = static_cast<char>(code);
    out.column_formats.assign(format.columns, code);
    return out;
}

}  // namespace

task<sql::sql_result<std::string>> conversation::copy_in(sql::portal& body) {
    auto transfer = co_await session_.start_copy(body);
    if (transfer.has_error()) co_return transfer.error();
    send_notices();
    channel_.put(copy_response<copy_in_response_message>((*transfer)->format()));
    co_await channel_.flush();
    gate_.copy_begins();
    auto tag = co_await take_copy_data(**transfer);
    if (gate_.now() == message_gate::state::copying) gate_.copy_ended();
    co_return tag;
}

task<sql::sql_result<std::string>> conversation::take_copy_data(sql::copy_transfer& transfer) {
    while (true) {
        auto const message = co_await channel_.next(services_.options.idle);
        if (message.has_error() || !*message) {
            (void)co_await transfer.fail("the connection ended");  // nobody is left to tell
            end_after(message);
            gate_.close();
            co_return make_error(front_error::copy_cut_off);
        }
        auto const [letter, bytes] = **message;
        if (services_.observer) services_.observer->on_message(letter);
        auto const verdict = gate_.take(letter);
        if (verdict == message_gate::verdict::drop) continue;
        if (verdict != message_gate::verdict::handle) {
            (void)co_await transfer.fail("unexpected message");  // the error below is what counts
            char const raw[] = {letter, '\0'};
            co_return make_error(front_error::copy_unexpected,
                                 {hex_encode(std::string_view(raw, 1))});
        }
        if (letter == 'd') {
            auto const written = co_await transfer.write(bytes);
            if (written.has_error()) co_return written.error();
            continue;
        }
        if (letter == 'c') co_return co_await transfer.finish();
        auto const given_up = decode<copy_fail_message>(bytes);
        if (given_up.has_error()) co_return make_error(front_error::message_format);
        std::string const reason(given_up->reason);
        (void)co_await transfer.fail(reason);  // its own words are the client's, below
        co_return make_error(front_error::copy_failed, {reason});
    }
}

task<sql::sql_result<std::string>> conversation::copy_out(sql::portal& body) {
    auto transfer = co_await session_.start_copy(body);
    if (transfer.has_error()) co_return transfer.error();
    send_notices();
    channel_.put(copy_response<copy_out_response_message>((*transfer)->format()));
    while (channel_.alive()) {
        auto const chunk = co_await (*transfer)->read();
        if (chunk.has_error()) co_return chunk.error();
        if (chunk->ends.empty()) break;
        std::size_t at = 0;
        for (auto const end : chunk->ends) {
            copy_data_message message;
            message.bytes = std::string_view(chunk->bytes).substr(at, end - at);
            channel_.put(message);
            at = end;
            co_await channel_.flush_if_full();
        }
    }
    auto tag = co_await (*transfer)->finish();
    if (tag.has_value()) channel_.put(copy_done_message{});
    co_return tag;
}

}  // namespace sluice::postgres
