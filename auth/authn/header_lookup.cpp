#include "auth/authn/header_lookup.hpp"

#include <algorithm>

namespace sluice::auth {
namespace {

char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

}  // namespace

bool same_header_name(std::string_view a, std::string_view b) noexcept {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [](char x, char y) { return lower(x) == lower(y); });
}

std::string lower_case(std::string_view name) {
    std::string out(name);
    std::transform(out.begin(), out.end(), out.begin(), lower);
    return out;
}

std::string_view trimmed(std::string_view text) noexcept {
    auto first = text.find_first_not_of(" \t");
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

header_lookup find_header(http_request_view const& request, std::string_view name) noexcept {
    header_lookup found;
    for (auto const& header : request.headers) {
        if (!same_header_name(header.name, name)) continue;
        if (found.count++ == 0) found.value = trimmed(header.value);
    }
    return found;
}

}  // namespace sluice::auth
