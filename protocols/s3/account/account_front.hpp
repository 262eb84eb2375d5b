// STS and IAM on S3's port: AWS's query protocol, whose requests are for no bucket and sign their
// body, so that it is read (bounded) before anyone is known. One call serves one request.
// Thread rule: the connection's coroutine.
#pragma once

#include <string>
#include <string_view>

#include "auth/guard/guard.hpp"
#include "protocols/http/server_connection.hpp"
#include "protocols/s3/account/account_failure.hpp"
#include "protocols/s3/answer.hpp"
#include "protocols/s3/s3_options.hpp"

namespace sluice::s3 {

struct account_services {
    auth::guard& guard;
    s3_options const& options;
};

struct account_outcome {
    answer out;
    std::string_view action;      // of the table; empty: none was recognised
    std::string_view error_code;  // empty: none
    std::string cause;            // the server's own trouble; empty: none
    std::uint64_t bytes_in = 0;
};

// A request for which speaks_query_protocol holds and which names no bucket.
task<account_outcome> serve_account(account_services services, http::server_connection& connection,
                                    http::request_head const& head,
                                    auth::connection_facts const& facts, std::string request_id);

}  // namespace sluice::s3
