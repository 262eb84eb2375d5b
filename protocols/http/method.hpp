// The HTTP methods the fronts route by. Anything else is `other`: understood by no operation.
#pragma once

#include <cstdint>
#include <string_view>

namespace sluice::http {

enum class method : std::uint8_t { get, head, put, post, delete_, options, patch, other };

// Case-sensitive, as RFC 9110 9.1 says.
method method_of(std::string_view token) noexcept;
std::string_view name_of(method value) noexcept;

}  // namespace sluice::http
