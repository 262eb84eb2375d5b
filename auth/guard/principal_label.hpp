// How a principal is shown to clients: S3's canonical user id, and its display name where one was
// given. Plain value.
#pragma once

#include <string>

namespace sluice::auth {

struct principal_label {
    std::string canonical_id;
    std::string display_name;  // empty: none
};

}  // namespace sluice::auth
