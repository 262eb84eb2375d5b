// One command to the running server through the unix socket in its data folder, and its reply. Blocking:
// the command line tool's main thread is the only user. Replies are bounded by the frame limit each.
#pragma once

#include <functional>
#include <string>

#include "gateway/admin/control_codec.hpp"
#include "gateway/core/blocking_token.hpp"

namespace sluice::gateway {

// Sends `request` and hands each row to `on_row` until the server is done: its closing text. A
// failed reply is that failure; closed: no server answers in `folder`.
result<std::string> call_server(std::string const& folder, control_request const& request,
                                std::function<void(control_fields const&)> const& on_row,
                                std::size_t message_bytes_limit, blocking_token);

}  // namespace sluice::gateway
