// What the handler of one operation works with, and the shape all handlers have: one coroutine per
// operation, one file per handler, listed by the operations table (ops/handlers.hpp). Everything is
// decided and audited behind the guard's verbs; a handler only turns a request into verbs and their
// answers into S3's. Lifetime: the session keeps all of it alive until the handler's task ends.
#pragma once

#include "auth/guard/guard.hpp"
#include "gateway/core/clock.hpp"
#include "gateway/core/task.hpp"
#include "protocols/s3/answer.hpp"
#include "protocols/s3/request_body.hpp"
#include "protocols/s3/s3_options.hpp"
#include "protocols/s3/s3_request.hpp"

namespace sluice::s3 {

class access_log_notes;
class select_service;

struct operation_call {
    s3_request const& request;
    auth::caller const& who;
    request_body& body;
    auth::guarded_buckets& buckets;
    auth::guarded_objects& objects;
    auth::guarded_uploads& uploads;
    auth::guarded_logs& logs;
    s3_options const& options;
    auth::guard& guard;  // for a signature inside the payload
    wall_clock const& clock;
    select_service* selects = nullptr;
    // What the server's own trouble was, of an operation that answers all the same.
    std::string cause{};
    access_log_notes* logged = nullptr;  // where the bucket's requests are logged
};

using handler = task<s3_result<answer>> (*)(operation_call&);

}  // namespace sluice::s3
