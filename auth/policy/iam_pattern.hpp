// Texts of IAM policies with * and ? in them and variables: ${aws:username}, ${aws:username, 'nobody'}, and
// ${*}, ${?}, ${$} for the characters themselves. What a variable stands for is taken as it is, wild
// characters included. Pure.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/core/result.hpp"

namespace sluice::auth {

// One part of a text: as it stands, or a variable.
struct iam_piece {
    bool is_variable = false;
    std::string_view text;  // or the name of the variable
    std::optional<std::string_view> otherwise;
};

// invalid_argument: a variable that is not closed or not written as one.
result<std::vector<iam_piece>> pieces_of(std::string_view text);

using iam_lookup = std::function<std::optional<std::string>(std::string_view key)>;

// Whether `text` is like `pattern` (`wild`), or the same. A variable without a value or a default fits nothing.
bool iam_matches(std::string_view pattern, std::string_view text, bool wild, iam_lookup const& value_of);

}  // namespace sluice::auth
