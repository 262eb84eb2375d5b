// JSON as policies are read: in the order it was written, a name used twice in one object refused instead of
// the last one winning. Bounded by its limits before anything is kept. Plain value.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gateway/core/result.hpp"

namespace sluice::auth {

struct json_limits {
    std::size_t bytes = 20 * 1024;
    std::size_t depth = 8;
    std::size_t values = 8192;
};

struct json_tree {
    enum class kind : std::uint8_t { nothing, text, number, flag, list, object };
    kind what = kind::nothing;
    std::string text;              // of a text; of numbers and flags as they were written or "true"
    std::vector<json_tree> items;  // of a list; of an object: the values
    std::vector<std::string> names;  // of an object, one for each of `items`
};

// malformed: not JSON, too_large: over a limit, already_exists: a name twice in one object.
result<json_tree> parse_json(std::string_view text, json_limits const& limits = {});

}  // namespace sluice::auth
