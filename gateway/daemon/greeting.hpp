// What a started server prints: where it listens and lines that work when they are pasted. Pure.
#pragma once

#include <string>

#include "gateway/daemon/server.hpp"

namespace sluice::gateway {

// Ends in the line "ready", which deploy/run.sh waits for.
std::string greeting(server_addresses const& addresses);

}  // namespace sluice::gateway
