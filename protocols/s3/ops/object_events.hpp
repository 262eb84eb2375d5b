// The events that an operation's changes of objects bring into topics, as S3 writes them (S3 user
// guide, "Event message structure").
#pragma once

#include "backend/store/model/object_event.hpp"
#include "protocols/s3/model/lifecycle.hpp"
#include "protocols/s3/ops/operation_call.hpp"

namespace sluice::s3 {

// For the guard's verbs. `created`: what a put is called, "Put", "Post", "Copy",
// "CompleteMultipartUpload". `lifecycle`, which outlives the verb: gets the rules of the bucket as the
// change found them, for the answer. It keeps nothing else of the call but copies.
store::object_announcer announcer_of(operation_call const& call, std::string_view created = {},
                                     lifecycle_rules* lifecycle = nullptr);
// Where somebody else was proven than the request's headers say.
store::object_announcer announcer_of(auth::caller const& who, s3_options const& options,
                                     std::string_view created,
                                     lifecycle_rules* lifecycle = nullptr);
// For removals that lifecycle rules ask for.
store::object_announcer expiry_announcer_of(auth::caller const& who, s3_options const& options);

}  // namespace sluice::s3
