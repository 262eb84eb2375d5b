// What is kept of the cleaning of a partition, so that a restart goes on where it was (bytes:
// gateway/design/0007-logs.md). Pure functions, any thread.
#pragma once

#include <string>
#include <string_view>

#include "gateway/core/ids.hpp"
#include "gateway/core/result.hpp"

namespace sluice::store {

struct log_clean_record {
    lsn changed{};
    log_offset clean{};                  // before it no key has two records
    // Before it runs may be gone as a whole: as far as a pass that ended or broke off went.
    log_offset reach{};
};
std::string encode(log_clean_record const&);
// corrupt
result<log_clean_record> decode_log_clean(std::string_view);

}  // namespace sluice::store
