// The file that seals what must be recoverable: one line, "sluice-key-file 1 <64 hex digits>",
// readable by its owner only, outside the data folder so that a copy of the data is worth nothing
// without it. Lose it and every stored access key has to be made anew. Start-up only.
#pragma once

#include <string>

#include "gateway/core/blocking_token.hpp"
#include "gateway/core/random.hpp"
#include "gateway/core/result.hpp"

namespace sluice::auth {

struct key_file_options {
    std::string path;         // absolute
    std::string data_folder;  // invalid_argument when the file would lie inside it
    bool may_create =
        true;  // false: something sealed exists already, so a fresh key would be wrong
};

// The 32 bytes. not_found: absent and not to be made; permission_denied: anyone but the owner may
// read or write it, or it is another's; malformed. A made file and its name are synced.
result<std::string> load_key_file(key_file_options const& options, random_source& random,
                                  blocking_token token);

}  // namespace sluice::auth
