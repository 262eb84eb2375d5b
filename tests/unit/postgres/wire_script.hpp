// Client bytes for scripts, and server bytes taken apart: "TDDCZ" says at a glance what came.
#pragma once

#include <string>
#include <vector>

#include "protocols/postgres/wire/messages.hpp"

namespace sluice::postgres {

template <class Message>
std::string bytes_of(Message const& message) {
    std::string out;
    append_message(out, message);
    return out;
}

inline std::string query_bytes(std::string_view text) { return bytes_of(query_message{text}); }
inline std::string parse_bytes(std::string_view name, std::string_view text,
                               std::vector<std::uint32_t> types = {}) {
    return bytes_of(parse_message{name, text, std::move(types)});
}
inline std::string bind_bytes(std::string_view portal, std::string_view statement,
                              std::vector<std::optional<std::string_view>> values = {},
                              std::vector<std::int16_t> formats = {},
                              std::vector<std::int16_t> result_formats = {}) {
    return bytes_of(bind_message{portal, statement, std::move(formats), std::move(values),
                                 std::move(result_formats)});
}
inline std::string describe_bytes(char what, std::string_view name) {
    return bytes_of(describe_message{what, name});
}
inline std::string execute_bytes(std::string_view portal, std::int32_t most = 0) {
    return bytes_of(execute_message{portal, most});
}
inline std::string close_bytes(char what, std::string_view name) {
    return bytes_of(close_message{what, name});
}
inline std::string sync_bytes() { return bytes_of(sync_message{}); }
inline std::string copy_bytes(std::string_view data) { return bytes_of(copy_data_message{data}); }

// The server's messages; the bytes are kept by the caller.
inline std::vector<frame> frames_of(std::string_view bytes) {
    std::vector<frame> out;
    while (bytes.size() >= frame_header_bytes) {
        auto const length = static_cast<std::size_t>(load_big<std::int32_t>(bytes.data() + 1));
        if (bytes.size() < length + 1) break;
        out.push_back({bytes[0], bytes.substr(frame_header_bytes, length - 4)});
        bytes.remove_prefix(length + 1);
    }
    if (!bytes.empty()) out.push_back({'?', bytes});  // cut off
    return out;
}

inline std::string letters_of(std::string_view bytes) {
    std::string out;
    for (auto const& each : frames_of(bytes)) out += each.letter;
    return out;
}

// The n-th message of that letter; fails the decode when there is none.
template <class Message>
result<Message> nth(std::string_view bytes, std::size_t n = 0) {
    for (auto const& each : frames_of(bytes))
        if (each.letter == Message::letter && n-- == 0) return decode<Message>(each.body);
    return failure{error::not_found, "no such message"};
}

inline std::string error_field_of(std::string_view bytes, char code, std::size_t n = 0) {
    auto const message = nth<error_response_message>(bytes, n);
    if (message.has_error()) return "no error";
    for (auto const& each : message->fields)
        if (each.code == code) return std::string(each.text);
    return "";
}
inline std::string sqlstate_of(std::string_view bytes, std::size_t n = 0) {
    return error_field_of(bytes, 'C', n);
}
// The first column of every row.
inline std::vector<std::string> values_of(std::string_view bytes) {
    std::vector<std::string> out;
    for (auto const& each : frames_of(bytes))
        if (each.letter == 'D')
            out.emplace_back(
                decode<data_row_message>(each.body).value().values.at(0).value_or("-"));
    return out;
}
inline std::vector<std::string> tags_of(std::string_view bytes) {
    std::vector<std::string> out;
    for (auto const& each : frames_of(bytes))
        if (each.letter == 'C')
            out.emplace_back(decode<command_complete_message>(each.body).value().tag);
    return out;
}
// Transaction states of every ReadyForQuery.
inline std::string states_of(std::string_view bytes) {
    std::string out;
    for (auto const& each : frames_of(bytes))
        if (each.letter == 'Z') out += each.body;
    return out;
}

}  // namespace sluice::postgres
