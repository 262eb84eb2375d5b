// Settings as text for people, made from the declaration: the commented sample file (which is
// deploy/examples/sluice.toml) and the effective settings with where each came from. Pure functions.
#pragma once

#include <string>

#include "gateway/config/load.hpp"

namespace sluice::gateway {

// Every setting with its help, bounds, environment name and flag, commented out at its default.
std::string sample_file();

// A file that would give the same settings, each line ending in its source; secrets are masked.
std::string effective_file(loaded_settings const&);

}  // namespace sluice::gateway
