// The `sluice` command line: parses arguments, loads settings, talks to the running server or calls what
// works offline. What needs the engine comes in as functions, so that this library knows no store.
// One thread; exit codes: 0 fine, 1 the command failed, 2 the arguments or settings are wrong.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "gateway/config/load.hpp"
#include "gateway/core/blocking_token.hpp"

namespace sluice::gateway {

// Without a function there is no such subcommand.
struct offline_commands {
    // Runs the server until it is told to stop.
    std::function<int(loaded_settings const&)> serve;
    // Proves the invariants of a data folder that no server uses; the text says what was found.
    std::function<result<std::string>(settings const&, blocking_token)> check;
    // Makes a data folder from a backup.
    std::function<result<std::string>(settings const&, std::string const& backup, blocking_token)> restore;
};

int run_command_line(int argc, char const* const* argv, offline_commands const& offline);

}  // namespace sluice::gateway
