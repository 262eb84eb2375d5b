// The policy of a session (STS AssumeRole): what it does not allow, whoever has the session may not
// do, whatever his own rights are. It never adds any. Pure.
#pragma once

#include <span>

#include "auth/policy/evaluate.hpp"

namespace sluice::auth {

namespace built_in {
inline constexpr rule_id session{7};
}

// `rules`: those that parse_iam_policy makes of the document, each with an id; whom they name is not
// asked, and no built-in rule counts.
decision decide_for_session(std::span<rule const> rules, access_request const& request);

}  // namespace sluice::auth
