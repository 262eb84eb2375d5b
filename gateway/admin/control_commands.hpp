// What the running server does for the command line tool: one function per command over the guarded admin
// verbs, all as root, because the socket's mode lets only the owner of the data in. Runs on the executor of the
// control server.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "auth/guard/guard.hpp"
#include "gateway/admin/control_server.hpp"

namespace sluice::gateway {

// What the commands work with; outlives the control server.
struct control_services {
    auth::guard& guard;
    wall_clock const& clock;
    std::function<control_fields()> status;               // the fields of `sluice status`
    std::function<log_offset()> audit_end;                // one past the last audit record
    std::function<task<result<std::string>>(std::string)> backup;  // into an absolute folder
};

// The commands known here, "user.add" and so on, sorted.
std::span<std::string_view const> control_command_names() noexcept;

// unsupported: no such command; invalid_argument: an argument is missing, unknown or wrong.
task<result<std::string>> run_control_command(control_request const& request, row_sink& sink,
                                              control_services const& services);

}  // namespace sluice::gateway
