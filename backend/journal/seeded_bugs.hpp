// Mistakes that the power-cut battery must catch, each by a named test: the proof that it can fail.
// The server never sets any of them.
#pragma once

namespace sluice::journal {

struct seeded_bugs {
    bool skip_one_sync = false;  // some group is acknowledged after a write that was not synced
    bool apply_early = false;    // a group is applied before it is durable
    bool ack_early = false;      // a commit is acknowledged before its group is durable
    bool drop_incarnation =
        false;  // the crc seed leaves the incarnation out: stale frames look good
    bool forget_directory_sync = false;  // a new segment's name is not made durable
};

}  // namespace sluice::journal
