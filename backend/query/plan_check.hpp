// Says whether a plan is well formed and means the same to the engine as to PostgreSQL: every
// column exists, every operation gets the kinds it is proven for, nothing opaque is compared, no
// volatile function stands where the engine may call it more or less often than once per row.
// invalid_argument: the plan contradicts itself (a bug of its maker); unsupported: a true plan that
// the engine does not do exactly; too_large: past the limits. Pure, any thread.
#pragma once

#include <cstddef>

#include "backend/query/plan.hpp"

namespace sluice::query {

struct plan_limits {
    std::size_t depth_max = 200;      // relations and scalars inside each other
    std::size_t parts_max = 100'000;  // relations and scalars together
};

result<void> check_plan(node const& plan, plan_limits const& limits);

// Whether values of the type may be compared, grouped and ordered by the engine.
bool is_comparable(value_type type) noexcept;
bool is_integer(value_type type) noexcept;
// A window frame of the closed set (plan.hpp).
bool is_known_frame(std::string_view frame);

}  // namespace sluice::query
