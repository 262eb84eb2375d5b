#include "gateway/core/random.hpp"

#include <sys/random.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <cstring>
#include <mutex>

#include "gateway/core/assert.hpp"

namespace sluice {
namespace {

class kernel_random final : public random_source {
public:
    void fill(byte_span bytes) override {
        while (!bytes.empty()) {
            auto const got = ::getrandom(bytes.data(), bytes.size(), 0);
            if (got < 0 && errno == EINTR) continue;
            SLUICE_ASSERT(got > 0);
            bytes = bytes.subspan(static_cast<std::size_t>(got));
        }
    }
};

// splitmix64 (Steele, Lea, Flood 2014): spreads a small seed over the whole state.
std::uint64_t splitmix(std::uint64_t& state) noexcept {
    state += 0x9E3779B97F4A7C15u;
    auto mixed = state;
    mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9u;
    mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EBu;
    return mixed ^ (mixed >> 31);
}

// xoroshiro128+ (Blackman, Vigna 2018).
std::uint64_t step(std::uint64_t (&state)[2]) noexcept {
    auto const first = state[0];
    auto second = state[1];
    auto const drawn = first + second;
    second ^= first;
    state[0] = std::rotl(first, 24) ^ second ^ (second << 16);
    state[1] = std::rotl(second, 37);
    return drawn;
}

}  // namespace

std::uint64_t random_source::next_u64() {
    std::array<std::byte, sizeof(std::uint64_t)> raw;
    fill(raw);
    std::uint64_t value;
    std::memcpy(&value, raw.data(), raw.size());
    return value;
}

std::uint64_t random_source::below(std::uint64_t bound) {
    SLUICE_ASSERT(bound > 0);
    // Draws below the remainder of 2^64 / bound would favour small results: draw again.
    auto const unfair = (0 - bound) % bound;
    for (;;) {
        auto const drawn = next_u64();
        if (drawn >= unfair) return drawn % bound;
    }
}

random_source& system_random() noexcept {
    static kernel_random source;
    return source;
}

seeded_random::seeded_random(std::uint64_t seed) noexcept : state_{splitmix(seed), splitmix(seed)} {}

void seeded_random::fill(byte_span bytes) {
    std::scoped_lock const lock{mutex_};
    while (!bytes.empty()) {
        auto const drawn = step(state_);
        auto const taken = std::min(bytes.size(), sizeof drawn);
        std::memcpy(bytes.data(), &drawn, taken);
        bytes = bytes.subspan(taken);
    }
}

}  // namespace sluice
