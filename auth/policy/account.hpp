// The one account that everything here is of, as AWS writes accounts. Constant data.
#pragma once

#include <string_view>

namespace sluice::auth {

inline constexpr std::string_view account_id = "000000000000";

}  // namespace sluice::auth
