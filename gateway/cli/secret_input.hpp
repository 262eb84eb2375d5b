// A secret from the person at the terminal, without echo, or the first line of standard input when that
// is not a terminal. Never from the command line, where every user of the machine could read it. Blocks.
#pragma once

#include <string>

#include "gateway/core/blocking_token.hpp"
#include "gateway/core/result.hpp"

namespace sluice::gateway {

// invalid_argument: nothing came, or the two entries at a terminal differ.
result<std::string> read_secret(std::string const& prompt, blocking_token);

}  // namespace sluice::gateway
