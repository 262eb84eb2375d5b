// Rules that were made from one document, found by its name. A bucket's go with it: deleting and making buckets
// and changing policies wait for one another (access_registry's turn). A crash between the deletion of a bucket
// and that of its rules leaves rules about nothing, and they go before a bucket of that name is made. Inside
// auth/guard only.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "auth/guard/guard_core.hpp"
#include "auth/policy/grammar_iam.hpp"

namespace sluice::auth {

std::vector<rule_id> rules_of(access_state const& state, std::string_view document);
// The rule that carries the text; nullptr: there is no such document.
rule const* carrier_of(access_state const& state, std::string_view document);
bool is_public(access_state const& state, std::string_view document);

// Nothing is written when there is none.
task<result<void>> erase_policy(guard_core& core, turn_queue::turn const& turn,
                                std::string document);
// Of a bucket that is not there any more.
task<result<void>> erase_left_policy(guard_core& core, turn_queue::turn const& turn,
                                     std::string bucket);

}  // namespace sluice::auth
