// Root's secret when the settings give none: made from the key file, so that it is random, the same after every
// start, and nowhere on disk but where everything else can be unsealed from anyway. Whoever has the key file
// can compute it again. Start-up only.
#pragma once

#include <string>

#include "gateway/core/blocking_token.hpp"
#include "gateway/core/random.hpp"
#include "gateway/core/result.hpp"

namespace sluice::gateway {

struct root_secret {
    std::string text;
    bool show = false;  // the key file was made just now: nobody has seen the secret yet
};

// `store_is_new`: the data folder holds nothing yet, so that a missing key file may be made. not_found: it is
// missing beside data that it belongs to.
result<root_secret> make_root_secret(std::string const& key_file, std::string const& data_folder,
                                     bool store_is_new, random_source& random, blocking_token token);

}  // namespace sluice::gateway
