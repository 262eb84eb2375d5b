// A bucket as a website (S3 user guide, "Hosting a static website"): what a browser gets that asks
// the host of one, without credentials. GET and HEAD only; whoever asks is the anonymous caller, and
// what he may read the guard decides as for any read. Answers are pages: errors are HTML, or the
// bucket's own error document. Thread rule: as the session's.
#pragma once

#include <string>

#include "auth/guard/guard.hpp"
#include "gateway/core/task.hpp"
#include "protocols/http/server_connection.hpp"
#include "protocols/s3/answer.hpp"
#include "protocols/s3/s3_options.hpp"

namespace sluice::s3 {

// What a visit works with; all of it outlives the visit.
struct website_services {
    auth::guard& guard;
    wall_clock const& clock;
    s3_options const& options;
    http::server_connection& connection;
    auth::connection_facts const& facts;
};
struct website_page {
    answer out;
    std::string_view error;  // S3's code; empty: none
    std::string cause;       // the server's own trouble, for its log
    std::string key;         // that was asked for, in a folder its index
};
// `bucket`: of website_bucket(). Never fails: a failure is a page too.
task<website_page> answer_website(website_services services, http::request_head const& head,
                                  std::string bucket, std::string request_id);

}  // namespace sluice::s3
