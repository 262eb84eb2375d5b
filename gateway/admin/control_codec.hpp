// What the command line tool and the server say to each other over the unix socket in the data folder.
// Sans-io: bytes in, messages out.
//
//   frame    u32 big-endian length, then that many bytes of JSON
//   request  {"command": "user.add", "arguments": {"name": "alice"}}        one per connection
//   reply    {"row": {"name": "alice", ...}}                                any number, then one of
//            {"done": "text for the person"}
//            {"failed": "not_found", "text": "user 'alice' does not exist"}
//
// Values are text. A frame longer than the limit, a deeper nesting or an unknown member is malformed:
// the connection ends. Not thread-safe; one object per connection and direction.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "gateway/core/result.hpp"

namespace sluice::gateway {

// A row with this one field is a line of its own for the person or program that reads: an audit record.
inline constexpr std::string_view record_field = "record";

using control_fields = std::vector<std::pair<std::string, std::string>>;

struct control_request {
    std::string command;
    control_fields arguments;

    // nullptr: not given.
    std::string const* find(std::string_view name) const noexcept;
    bool operator==(control_request const&) const = default;
};

struct control_row {
    control_fields fields;
    bool operator==(control_row const&) const = default;
};
struct control_done {
    std::string text;
    bool operator==(control_done const&) const = default;
};
struct control_failed {
    error code;
    std::string text;
    bool operator==(control_failed const&) const = default;
};
using control_reply = std::variant<control_row, control_done, control_failed>;

std::string encode_frame(std::string_view json);
std::string encode(control_request const&);     // a whole frame
std::string encode(control_reply const&);       // a whole frame

result<control_request> decode_request(std::string_view json);
result<control_reply> decode_reply(std::string_view json);

// The fields as one JSON object, for output that programs read.
std::string json_object(control_fields const&);

class frame_decoder {
public:
    explicit frame_decoder(std::size_t frame_bytes_limit) : limit_(frame_bytes_limit) {}

    // How many bytes may be fed now without holding more than one frame.
    std::size_t wanted() const noexcept;
    void feed(std::string_view bytes) { held_.append(bytes); }
    // The next whole frame's JSON; nullopt: feed more. too_large ends the conversation.
    result<std::optional<std::string>> next();
    bool empty() const noexcept { return held_.empty(); }

private:
    std::size_t limit_;
    std::string held_;
};

}  // namespace sluice::gateway
