// Proof that the running thread may block. Functions that read the device or wait take one; only a
// blocking pool's worker, start-up code and tests can make one, so an I/O thread cannot call them.
#pragma once

namespace sluice {

class blocking_token {
public:
    // For threads that serve no connections: pool workers, main before listening, tools, tests.
    static blocking_token for_this_thread() noexcept { return blocking_token{}; }

private:
    blocking_token() = default;
};

}  // namespace sluice
