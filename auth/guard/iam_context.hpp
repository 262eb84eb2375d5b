// What IAM's conditions are told of a request besides what its protocol says: who asks, and which of the
// actions that the protocol named an intent is. Inside auth/guard only. Pure.
#pragma once

#include <string_view>
#include <vector>

#include "auth/guard/guard_core.hpp"

namespace sluice::auth {

std::vector<context_value> iam_values(directory const& people, principal_id whom, caller const& who,
                                      intent const& wanted);

// Those of caller::action, which names several with blanks between, that the intent's verb belongs to. Empty:
// the verb stands for one of its own, as the read of a copy's source does.
std::vector<std::string_view> iam_actions_of(caller const& who, intent const& wanted);

}  // namespace sluice::auth
