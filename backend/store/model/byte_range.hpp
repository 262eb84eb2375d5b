// A half-open range of an object's bytes. Plain value.
#pragma once

#include <cstdint>
#include <optional>

#include "gateway/core/result.hpp"

namespace sluice::store {

struct byte_range {
    std::uint64_t offset = 0;
    std::uint64_t length = 0;
};

// What a client may ask for: "first-last", "first-" or the last n bytes.
struct requested_range {
    std::optional<std::uint64_t> first;
    // inclusive; with `first` absent: a suffix of that many bytes
    std::optional<std::uint64_t> last;
};

// Clips to the object. out_of_range when nothing is left (also for every range of an empty object).
inline result<byte_range> resolve(requested_range asked, std::uint64_t size) {
    if (!asked.first) {
        auto wanted = asked.last.value_or(0);
        if (wanted == 0 || size == 0) return failure{error::out_of_range, "empty suffix range"};
        auto length = wanted < size ? wanted : size;
        return byte_range{size - length, length};
    }
    if (*asked.first >= size) return failure{error::out_of_range, "range starts past the end"};
    if (asked.last && *asked.last < *asked.first)
        return failure{error::invalid_argument, "range ends before it starts"};
    auto length = size - *asked.first;
    if (asked.last && *asked.last - *asked.first < length - 1)
        length = *asked.last - *asked.first + 1;
    return byte_range{*asked.first, length};
}

}  // namespace sluice::store
