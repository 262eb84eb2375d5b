#include "protocols/postgres/session/message_gate.hpp"

#include <string_view>

namespace sluice::postgres {

using verdict = message_gate::verdict;

bool message_gate::is_extended(char letter) noexcept {
    return std::string_view("PBDECH").find(letter) != std::string_view::npos;
}

verdict message_gate::take(char letter) noexcept {
    switch (state_) {
        case state::closing:
            return verdict::drop;
        case state::copying:
            switch (letter) {
                case 'd':
                case 'c':
                case 'f':
                    return verdict::handle;
                // Libraries send these before they know that the statement is a COPY.
                case 'H':
                case 'S':
                    return verdict::drop;
                default:
                    return verdict::unexpected;
            }
        case state::skipping:
            if (letter == 'X') break;
            if (letter != 'S') return verdict::drop;
            state_ = state::ready;
            return verdict::handle;
        case state::ready:
            break;
    }
    switch (letter) {
        case 'X':
            state_ = state::closing;
            return verdict::end;
        case 'd':
        case 'c':
        case 'f':
            return verdict::drop;
        case 'p':
            return verdict::unexpected;
        default:
            return verdict::handle;
    }
}

}  // namespace sluice::postgres
