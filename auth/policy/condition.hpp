// Tests of one condition against a request. What is not understood is `unknown`, and the caller
// makes that take rights away: an allow with it does not apply, a deny with it does. A name without
// a value fails a test and holds a negated one, as in IAM; `if_present` makes both hold, and the
// quantifiers say what holds of none: every value, and not any. Pure.
#pragma once

#include <optional>

#include "auth/policy/evaluate.hpp"

namespace sluice::auth {

// waits: the test is of an object that was not looked at (request_context::knows_object).
enum class condition_outcome : std::uint8_t { holds, fails, unknown, waits };

// `variables`: texts of the condition may have IAM's (auth/policy/iam_pattern.hpp).
condition_outcome test_condition(condition const& value, access_request const& request,
                                 bool variables);
condition_outcome test_condition(condition const& value, request_context const& context);

// "10.0.0.0/8", "2001:db8::/32" or a bare address; an IPv4 address matches its v4-mapped form.
// unknown: the pattern does not parse; fails also for an address that does not.
condition_outcome address_in(std::string_view cidr, std::string_view address);

// Decimal, with a point and an exponent or without.
std::optional<double> parse_decimal(std::string_view text);

}  // namespace sluice::auth
