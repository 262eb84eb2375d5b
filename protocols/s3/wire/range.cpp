#include "protocols/s3/wire/range.hpp"

#include <charconv>

#include "protocols/http/request.hpp"

namespace sluice::s3 {
namespace {

// Digits only; numbers past 2^64 are as good as the largest one.
std::optional<std::uint64_t> parse_position(std::string_view text) {
    if (text.empty() || text.find_first_not_of("0123456789") != std::string_view::npos)
        return std::nullopt;
    std::uint64_t value = 0;
    auto const parsed = std::from_chars(text.data(), text.data() + text.size(), value);
    return parsed.ec == std::errc{} ? value : UINT64_MAX;
}

}  // namespace

std::optional<store::requested_range> parse_range(std::string_view header) {
    static constexpr std::string_view unit = "bytes=";
    if (!http::starts_with_ignoring_case(header, unit)) return std::nullopt;
    header = http::trimmed(header.substr(unit.size()));
    auto const dash = header.find('-');
    if (dash == std::string_view::npos) return std::nullopt;
    auto const first_text = http::trimmed(header.substr(0, dash));
    auto const last_text = http::trimmed(header.substr(dash + 1));
    store::requested_range range{parse_position(first_text), parse_position(last_text)};
    if (first_text.empty() != !range.first || last_text.empty() != !range.last) return std::nullopt;
    if (!range.first && !range.last) return std::nullopt;
    if (range.first && range.last && *range.last < *range.first) return std::nullopt;
    return range;
}

std::optional<store::requested_range> parse_copy_range(std::string_view header) {
    auto const range = parse_range(header);
    if (!range || !range->first || !range->last) return std::nullopt;
    return range;
}

}  // namespace sluice::s3
