// SLUICE_ASSERT guards our own invariants and stays on in release: a broken invariant ends the
// process (restart recovers what was acked) rather than let it answer wrongly. Wrong input from
// outside is never an assertion, it is an `error`.
#pragma once

namespace sluice {
[[noreturn]] void assertion_failed(char const* expression, char const* file, int line) noexcept;
}

#define SLUICE_ASSERT(expression) \
    (static_cast<bool>(expression) ? void(0) : ::sluice::assertion_failed(#expression, __FILE__, __LINE__))
