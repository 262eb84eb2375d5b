#include "protocols/s3/wire/utf8.hpp"

#include <cstdint>

namespace sluice::s3 {
namespace {

// The length of the sequence at the front, or 0 when it is not one.
std::size_t sequence_length(std::string_view text) noexcept {
    auto const byte = [&](std::size_t at) { return static_cast<std::uint8_t>(text[at]); };
    auto const lead = byte(0);
    if (lead < 0x80) return 1;
    std::size_t const length = lead < 0xc2   ? 0
                               : lead < 0xe0 ? 2
                               : lead < 0xf0 ? 3
                               : lead < 0xf5 ? 4
                                             : 0;
    if (length == 0 || text.size() < length) return 0;
    for (std::size_t at = 1; at < length; ++at)
        if ((byte(at) & 0xc0) != 0x80) return 0;
    auto const second = byte(1);
    if (lead == 0xe0 && second < 0xa0) return 0;   // longer than needed
    if (lead == 0xed && second >= 0xa0) return 0;  // surrogates
    if (lead == 0xf0 && second < 0x90) return 0;   // longer than needed
    if (lead == 0xf4 && second >= 0x90) return 0;  // past U+10FFFF
    return length;
}

}  // namespace

bool is_utf8(std::string_view text) noexcept {
    while (!text.empty()) {
        auto const length = sequence_length(text);
        if (length == 0) return false;
        text.remove_prefix(length);
    }
    return true;
}

}  // namespace sluice::s3
