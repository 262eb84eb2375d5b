// The events that an operation's changes of objects bring into topics, as S3 writes them (S3 user
// guide, "Event message structure"), and their records in the bucket's journal (model/access_log.hpp).
#pragma once

#include "backend/store/model/object_event.hpp"
#include "protocols/s3/model/lifecycle.hpp"
#include "protocols/s3/ops/operation_call.hpp"

namespace sluice::s3 {

// For the guard's verbs; the guard outlives it. `created`: what a put is called, "Put", "Post",
// "Copy", "CompleteMultipartUpload". `lifecycle`, which outlives the verb: gets the rules of the bucket as the
// change found them, for the answer. It keeps nothing else of the call but copies.
store::object_announcer announcer_of(operation_call const& call, std::string_view created = {},
                                     lifecycle_rules* lifecycle = nullptr);
// Where somebody else was proven than the request's headers say.
store::object_announcer announcer_of(auth::guard const& door, auth::caller const& who,
                                     s3_options const& options, std::string_view created,
                                     lifecycle_rules* lifecycle = nullptr);
// For removals that lifecycle rules ask for.
store::object_announcer expiry_announcer_of(auth::guard const& door, auth::caller const& who,
                                            s3_options const& options);
// For objects that hold a journal: they bring events, but no records into another journal, which
// could come back here.
store::object_announcer journal_announcer_of(auth::guard const& door, auth::caller const& who,
                                             s3_options const& options);

// What the journal calls a change that the operation made (Ceph's names where it has one); empty: it
// records no such change.
std::string_view journal_operation(std::string_view operation, store::object_happening what);

}  // namespace sluice::s3
