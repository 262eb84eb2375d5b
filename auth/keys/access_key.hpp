// Fresh SigV4 key pairs. Pure but for the random source.
#pragma once

#include <string>
#include <string_view>

#include "gateway/core/random.hpp"
#include "gateway/core/result.hpp"

namespace sluice::auth {

struct access_key_pair {
    std::string id;      // "SL" and 18 of A-Z 2-7: 90 random bits
    std::string secret;  // 40 of base64's alphabet: 240 random bits
};
access_key_pair make_access_key(random_source& random);
// Of a pair that was made elsewhere: an id of 3 to 128 letters, digits and ._@+=-, a secret of 8 to
// 256 printable ASCII characters. invalid_argument.
result<void> check_given_key(std::string_view id, std::string_view secret);

// The same for temporary credentials, whose ids begin with "ST".
access_key_pair make_temporary_key(random_source& random);

}  // namespace sluice::auth
