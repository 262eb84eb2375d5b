// One object that holds lines of a log, put into the bucket that a configuration names, as the server
// itself. Internal to the writers of logs.
#pragma once

#include <optional>
#include <string>

#include "auth/guard/guard.hpp"
#include "protocols/s3/s3_options.hpp"

namespace sluice::s3 {

struct log_object_request {
    std::string bucket;
    principal_id owner{};  // that the bucket must have: the logged one's
    std::string key;
    std::string lines;
    store::object_announcer announce{};
    std::optional<store::journal_advance> advance{};
    bool is_new = false;  // precondition_failed where there is an object of that name
};
// not_found: the bucket is gone; permission_denied: it has another owner.
task<result<void>> put_log_object(auth::guard& guard, auth::caller const& who,
                                  s3_options const& front, log_object_request request);

}  // namespace sluice::s3
