// `sluice serve`: runs a server until SIGTERM or SIGINT, then stops it gracefully; a second signal ends the
// grace. SIGHUP reads the certificate again. The greeting goes to standard output, log lines elsewhere.
#pragma once

#include "gateway/config/load.hpp"

namespace sluice::gateway {

// The exit code: 0 after a stop that was asked for, 1 when it could not start.
int serve(loaded_settings const& loaded);

}  // namespace sluice::gateway
