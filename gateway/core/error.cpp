#include "gateway/core/error.hpp"

namespace sluice {

std::string_view name_of(error code) noexcept {
    switch (code) {
        case error::invalid_argument: return "invalid_argument";
        case error::malformed: return "malformed";
        case error::not_found: return "not_found";
        case error::already_exists: return "already_exists";
        case error::not_empty: return "not_empty";
        case error::precondition_failed: return "precondition_failed";
        case error::conflict: return "conflict";
        case error::out_of_range: return "out_of_range";
        case error::too_large: return "too_large";
        case error::unsupported: return "unsupported";
        case error::unauthenticated: return "unauthenticated";
        case error::permission_denied: return "permission_denied";
        case error::overloaded: return "overloaded";
        case error::no_space: return "no_space";
        case error::read_only: return "read_only";
        case error::would_block: return "would_block";
        case error::deadline_exceeded: return "deadline_exceeded";
        case error::cancelled: return "cancelled";
        case error::closed: return "closed";
        case error::outcome_unknown: return "outcome_unknown";
        case error::io_failed: return "io_failed";
        case error::corrupt: return "corrupt";
    }
    return "unknown";
}

std::string failure::describe() const {
    std::string described{name_of(code)};
    if (!text.empty()) {
        described += ": ";
        described += text;
    }
    return described;
}

}  // namespace sluice
