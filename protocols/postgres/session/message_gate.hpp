// Which message may come now: the part of the protocol's state that is about order (PostgreSQL
// manual, "Message Flow"). After an error in an extended query everything up to Sync is dropped;
// COPY data outside of COPY is what a client sent before it learned that COPY failed, and dropped
// too; inside COPY FROM STDIN only its own messages count. Pure.
#pragma once

#include <cstdint>

namespace sluice::postgres {

class message_gate {
public:
    enum class state : std::uint8_t { ready, skipping, copying, closing };
    enum class verdict : std::uint8_t { handle, drop, end, unexpected };

    verdict take(char letter) noexcept;

    void failed_in_extended_query() noexcept {
        if (state_ == state::ready) state_ = state::skipping;
    }
    void copy_begins() noexcept { state_ = state::copying; }
    void copy_ended() noexcept { state_ = state::ready; }
    void close() noexcept { state_ = state::closing; }
    state now() const noexcept { return state_; }

    // Errors while such a message is worked on lead to skipping.
    static bool is_extended(char letter) noexcept;

private:
    state state_ = state::ready;
};

}  // namespace sluice::postgres
