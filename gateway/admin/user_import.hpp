// A list of users as another S3 server had them, in JSON: an array of objects, or one object,
//
//     {"name": "alice", "id": "0a1b..", "display_name": "Alice", "email": "a@example.org",
//      "access_key": "AKIA..", "secret_key": ".."}
//
// of which only the name must be there. Pure.
#pragma once

#include <string_view>
#include <vector>

#include "auth/guard/guarded_admin.hpp"

namespace sluice::gateway {

inline constexpr std::size_t most_imported_users = 1000;  // of one document

// invalid_argument: the text says which user and what.
result<std::vector<auth::guarded_admin::new_principal>> parse_users(std::string_view json);

}  // namespace sluice::gateway
