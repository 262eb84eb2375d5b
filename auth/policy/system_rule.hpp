// The rule by which the server itself acts. Not among the rules that requests are judged by: the
// guard asks it for the one principal that nobody can authenticate as. Pure.
#pragma once

#include "auth/policy/evaluate.hpp"

namespace sluice::auth {

namespace built_in {
inline constexpr rule_id system{8};
}

// Verbs on datasets that are not the server's own, and finding them; nothing else.
decision decide_for_system(access_request const& request);

}  // namespace sluice::auth
