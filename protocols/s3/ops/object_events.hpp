// The events that an operation's changes of objects bring into topics, as S3 writes them (S3 user
// guide, "Event message structure").
#pragma once

#include "backend/store/model/object_event.hpp"
#include "protocols/s3/ops/operation_call.hpp"

namespace sluice::s3 {

// For the guard's verbs. `created`: what a put is called, "Put", "Post", "Copy",
// "CompleteMultipartUpload". It keeps nothing of the call but copies.
store::object_announcer announcer_of(operation_call const& call, std::string_view created = {});
// Where somebody else was proven than the request's headers say.
store::object_announcer announcer_of(auth::caller const& who, s3_options const& options,
                                     std::string_view created);

}  // namespace sluice::s3
