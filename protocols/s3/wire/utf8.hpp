// Whether bytes are UTF-8 (RFC 3629: shortest forms, no surrogates, at most U+10FFFF). Pure.
#pragma once

#include <string_view>

namespace sluice::s3 {

bool is_utf8(std::string_view text) noexcept;

}  // namespace sluice::s3
