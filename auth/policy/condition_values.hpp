// What the name of a condition stands for in one request: none, one or several texts. Inside auth/policy only.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "auth/policy/evaluate.hpp"

namespace sluice::auth {

struct condition_values {
    bool known = true;  // a name that some version of ours had
    bool waits = false; // of the object, which was not looked at
    std::vector<std::string> texts;
};

condition_values values_of(std::string_view name, access_request const& request);
// The value of a variable; nullopt: none, or several. `waits` is set where it is the object's, which was
// not looked at.
std::optional<std::string> variable_of(std::string_view key, access_request const& request,
                                       bool& waits);

}  // namespace sluice::auth
