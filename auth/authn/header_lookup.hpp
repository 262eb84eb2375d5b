// Looking up the headers of a request view by name, whatever the case. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "auth/authn/http_request_view.hpp"

namespace sluice::auth {

bool same_header_name(std::string_view a, std::string_view b) noexcept;
std::string lower_case(std::string_view name);
std::string_view trimmed(std::string_view text) noexcept;  // of spaces and tabs at both ends

struct header_lookup {
    std::size_t count = 0;
    std::string_view value;  // of the first, trimmed
};
header_lookup find_header(http_request_view const& request, std::string_view name) noexcept;

}  // namespace sluice::auth
