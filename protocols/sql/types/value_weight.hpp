// What a value takes of memory, for everything that is counted against a limit. A shared array or
// row counts in full wherever it is held: too much rather than too little. Pure; any thread.
#pragma once

#include <cstddef>
#include <span>

#include "protocols/sql/types/datum.hpp"

namespace sluice::sql {

std::size_t weight_of(datum const&) noexcept;
std::size_t weight_of(std::span<datum const>) noexcept;
inline std::size_t weight_of(std::vector<datum> const& values) noexcept {
    return weight_of(std::span<datum const>(values));
}

// Beyond the datum itself: 0 for what lies in it. Cheap for values that are no arrays or rows.
std::size_t outside_weight(datum const&) noexcept;

}  // namespace sluice::sql
