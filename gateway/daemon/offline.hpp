// What the command line does to a data folder that no server has open. Blocks; the folder's lock is taken, so a
// running server is refused with conflict.
#pragma once

#include <string>

#include "gateway/config/settings.hpp"
#include "gateway/core/blocking_token.hpp"
#include "gateway/core/result.hpp"

namespace sluice::gateway {

// The report; corrupt, with the report as its text, when an invariant does not hold.
result<std::string> check_offline(settings const& chosen, blocking_token token);
result<std::string> restore_offline(settings const& chosen, std::string const& backup, blocking_token token);

}  // namespace sluice::gateway
