// One S3 connection: read a head, authenticate, route, run the operation's handler, answer; again
// while the client keeps the connection. Nothing of a request beyond its head is read before its
// signature was found right, except the fields of a form upload, which hold one. Every answer
// carries a request id that the audit record of its decision carries too.
#pragma once

#include <string_view>

#include "auth/guard/guard.hpp"
#include "gateway/core/byte_stream.hpp"
#include "gateway/core/random.hpp"
#include "gateway/core/task.hpp"
#include "protocols/s3/access_log_sink.hpp"
#include "protocols/s3/model/operations.hpp"
#include "protocols/s3/s3_options.hpp"

namespace sluice::s3 {

class select_service;

// Told of every answered request, on the connection's thread: metrics hang here.
struct finished_request {
    std::string_view operation;  // "PutObject"; empty when none was recognised
    unsigned status = 0;
    std::string_view error_code;  // empty: none
    std::uint64_t bytes_in = 0;   // payload
    std::uint64_t bytes_out = 0;
    std::chrono::nanoseconds took{0};
    std::string_view request_id;
    std::string_view cause;  // the server's own trouble: what, and where; empty: none
    bool cut_off = false;    // the answer began and could not be ended; `status` is what it said
};
class request_observer {
public:
    virtual ~request_observer() = default;
    virtual void on_request(finished_request const& request) noexcept = 0;
};

// What the front needs; all of it outlives every session.
struct s3_services {
    auth::guard& guard;
    wall_clock const& clock;
    random_source& random;
    s3_options const& options;
    request_observer* observer = nullptr;
    access_log_sink* access_log = nullptr;  // nullptr: no bucket is logged
    journal_trigger* journals = nullptr;    // nullptr: nobody writes journals of buckets out
    select_service* selects = nullptr;      // nullptr: SelectObjectContent answers Busy
};

// Serves until the client, a deadline or a cancelled task ends it. `facts` and `services` are kept
// alive by the caller, like the stream.
task<void> serve_s3(byte_stream& stream, auth::connection_facts const& facts,
                    s3_services const& services, transport_names transport = {});

}  // namespace sluice::s3
