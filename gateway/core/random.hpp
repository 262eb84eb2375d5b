// Randomness as a dependency: secrets and ids from the operating system, simulations from one seed.
#pragma once

#include <cstdint>
#include <mutex>

#include "gateway/core/bytes.hpp"

namespace sluice {

class random_source {
public:
    virtual ~random_source() = default;
    virtual void fill(byte_span bytes) = 0;  // thread-safe
    std::uint64_t next_u64();
    // Uniform in [0, bound), bound > 0.
    std::uint64_t below(std::uint64_t bound);
};

// getrandom(2); lives for the whole process. Ends the process if the kernel refuses.
random_source& system_random() noexcept;

// The same sequence for the same seed: simulations and tests only, never secrets.
class seeded_random final : public random_source {
public:
    explicit seeded_random(std::uint64_t seed) noexcept;
    void fill(byte_span bytes) override;

private:
    std::mutex mutex_;
    std::uint64_t state_[2];
};

}  // namespace sluice
