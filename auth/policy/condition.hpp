// Tests of one condition against the context of a request. What is not understood is `unknown`, and
// the caller makes that take rights away: an allow with it does not apply, a deny with it does.
// Pure.
#pragma once

#include "auth/policy/evaluate.hpp"

namespace sluice::auth {

enum class condition_outcome : std::uint8_t { holds, fails, unknown };

condition_outcome test_condition(condition const& value, request_context const& context);

// "10.0.0.0/8", "2001:db8::/32" or a bare address; an IPv4 address matches its v4-mapped form.
// unknown: the pattern does not parse; fails also for an address that does not.
condition_outcome address_in(std::string_view cidr, std::string_view address);

}  // namespace sluice::auth
