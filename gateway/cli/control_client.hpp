// One command to the running server through the unix socket in its data folder, and its reply. Blocking:
// the command line tool's main thread is the only user. Replies are bounded by the frame limit each.
#pragma once

#include <functional>
#include <string>

#include "gateway/admin/control_codec.hpp"
#include "gateway/core/blocking_token.hpp"

namespace sluice::gateway {

inline constexpr std::string_view control_socket_name = "control.sock";

// A sockaddr_un holds 107 bytes and data folders may be deeper: the name goes through the folder's
// descriptor. `folder_descriptor` stays open while the path is used.
std::string control_socket_path(int folder_descriptor);

// Sends `request` and hands each row to `on_row` until the server is done: its closing text. A
// failed reply is that failure; closed: no server answers in `folder`.
result<std::string> call_server(std::string const& folder, control_request const& request,
                                std::function<void(control_fields const&)> const& on_row,
                                std::size_t message_bytes_limit, blocking_token);

}  // namespace sluice::gateway
