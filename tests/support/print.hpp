// How failed expectations show our types; in every test program through its precompiled header.
#pragma once

#include <ostream>

#include "gateway/core/error.hpp"

namespace sluice {

inline void PrintTo(error code, std::ostream* out) { *out << name_of(code); }
inline void PrintTo(failure const& what, std::ostream* out) { *out << what.describe(); }

}  // namespace sluice
