// Patterns over names. The kinds are those the three grammars need: Kafka ACLs have literal,
// prefixed and
// "*"; IAM has * and ? anywhere; GRANT names things literally. A glob costs at most pattern x text
// steps, and both are bounded. Plain value.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "gateway/core/result.hpp"

namespace sluice::auth {

inline constexpr std::size_t longest_pattern = 1024;  // limits.policy_pattern_bytes

struct text_pattern {
    enum class kind : std::uint8_t { any = 1, exact = 2, prefix = 3, glob = 4 };
    kind what = kind::any;
    std::string text;

    bool matches(std::string_view name) const noexcept;
    bool operator==(text_pattern const&) const = default;

    // "*" is any, "abc*" prefix, other * and ? make a glob, everything else is exact.
    static text_pattern from_glob(std::string_view text);
    std::string to_glob() const;
};

bool glob_matches(std::string_view pattern, std::string_view name) noexcept;

}  // namespace sluice::auth
