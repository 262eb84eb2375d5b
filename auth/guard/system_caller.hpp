// The server itself as a caller: what it does of its own account behind the door, because a bucket's
// configuration asks for it (lifecycle, access logs). It may list, write and delete in datasets,
// whatever stored rules say, as S3's own actors are not bound by a bucket's policy; it may not change
// the server's own names, erase what retention holds, or touch rules and principals. Each decision
// is recorded like everybody's, by the rule "builtin:system" and the principal "__system".
//
// Only the daemon's wiring includes this (tests/tidy/layers.py) and hands the caller on: no request
// of a client can be served as it. Thread rule: any.
#pragma once

#include "auth/guard/caller.hpp"

namespace sluice::auth {

class guard;

// `protocol`: whose records it files under, "s3".
caller system_caller(guard& door, std::string protocol);

}  // namespace sluice::auth
