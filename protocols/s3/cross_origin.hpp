// What a browser asks on behalf of a page of another origin: the preflight (OPTIONS, without any
// signature), and the headers on the answer to the request itself. Both follow from the bucket's
// CORS rules alone and decide nothing about access. A bucket that is not there answers as one
// without rules does, so that strangers cannot find out which there are. Thread rule: as the guard.
#pragma once

#include "auth/guard/guarded_buckets.hpp"
#include "gateway/core/task.hpp"
#include "protocols/s3/answer.hpp"
#include "protocols/s3/model/cors_match.hpp"
#include "protocols/s3/s3_options.hpp"

namespace sluice::s3 {

// bad_request without what a preflight must say; access_forbidden when no rule allows it. `head` is
// the caller's until the task ends.
task<s3_result<answer>> answer_preflight(auth::guarded_buckets& buckets, s3_options const& options,
                                         http::request_head const& head);

// For a request with an Origin header, whatever its answer will be; empty when no rule allows it.
task<s3_result<header_fields>> cross_origin_fields(auth::guarded_buckets& buckets,
                                                   s3_options const& options,
                                                   http::request_head const& head);

}  // namespace sluice::s3
