// Every segment file of the store: its state, its incarnation, who still needs it, and when it may
// be used again. The journal's lanes take ready segments from here; the store's reclaim, scrub,
// check and backup look at it.
//
// A sealed segment becomes free, and may then be overwritten, only when all of these hold (design
// 0004, Segments):
//   - its last LSN, and every transaction chunk in it, is flushed in the index;
//   - a scan over its reverse keys found none, in a snapshot taken when no stream that wrote into
//   it was open;
//   - that snapshot is flushed too, and no older published snapshot is alive;
//   - no pin is taken (readers, and the journal's own writes in flight) and nobody holds all
//   segments (backup).
// Live bytes are a hint that orders the work; they decide nothing.
//
// Thread rule: any thread. Lifetime: owned by the journal; pins and holds die before it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "backend/journal/commit.hpp"
#include "backend/journal/segment_pin.hpp"
#include "gateway/core/blocking_token.hpp"
#include "gateway/core/ids.hpp"
#include "gateway/core/result.hpp"

namespace sluice::journal {

enum class lane : std::uint8_t { none = 0, commit = 1, bulk = 2 };
// free: nobody needs what is in it. ready: taken aside for a lane. active: a lane appends. sealed:
// full or left behind.
enum class segment_state : std::uint8_t { free, ready, active, sealed };

struct segment_info {
    segment_id id{};
    segment_state state = segment_state::free;
    lane where = lane::none;
    std::uint64_t incarnation = 0;
    std::uint64_t used_bytes =
        0;  // up to the first unused block; the whole segment where not known after a restart
    std::uint64_t live_bytes = 0;   // hint
    bool live_bytes_known = false;  // false after a restart until set_live_bytes
    lsn last{};  // commit lane: the highest LSN in it, or what it must at least be kept for
    std::uint32_t pins = 0;
    bool empty = false;  // a scan found no live reverse key
};

struct segment_statistics {
    std::uint32_t segments = 0, free = 0, ready = 0, active = 0, sealed = 0;
    std::uint32_t can_be_made_ready = 0;  // ready + free + those that the device has room for
    std::uint64_t recycled = 0, created = 0;
    std::uint64_t pins = 0, open_streams = 0, live_snapshots = 0, holds = 0;
    lsn oldest_snapshot{};
    std::uint64_t oldest_snapshot_age_millis = 0;
    std::uint64_t snapshots_over_age =
        0;  // alive longer than journal_options::maximum_snapshot_age
};

// One payload frame met by scrub().
struct scrubbed_frame {
    location at;
    std::uint64_t owner = 0;
    std::uint64_t owner_offset = 0;
    std::size_t body_length = 0;
    bool good = false;  // false: the header is right and the body is not
};

// Nothing is recycled while one is alive (backup, slots).
class segments_hold {
public:
    virtual ~segments_hold() = default;
    // Commit and bulk segments with their used bytes, as they were when the hold was taken.
    std::vector<segment_info> segments;
};

class segment_table {
public:
    virtual ~segment_table() = default;

    virtual std::uint32_t segment_bytes() const = 0;
    // "segments/00000001.seg"
    static std::string path_of(segment_id);

    // -- reclaim
    // Sealed segments that are not known to be empty, those with the fewest live bytes first
    // (unknown last).
    virtual std::vector<segment_info> candidates(std::size_t most) const = 0;
    virtual std::vector<segment_info> list() const = 0;
    virtual segment_statistics statistics() const = 0;
    // The journal counts the payload bytes it writes; the store reports what its commits free, once
    // they are published.
    virtual void subtract_live_bytes(segment_id, std::uint64_t bytes) = 0;
    virtual void set_live_bytes(segment_id, std::uint64_t bytes) = 0;
    // Looks now at which segments can become free; blocks for index reads. Returns how many became
    // free. The journal does the same in the background when segments run short, and once a second.
    virtual result<std::size_t> recycle(blocking_token) = 0;

    // -- readers
    virtual segment_pin pin(segment_id) = 0;
    virtual std::unique_ptr<segments_hold> hold_all() = 0;

    // Walks the payload frames of a sealed segment in order of place, bodies verified. The segment
    // is pinned meanwhile. A place without a right header is skipped to the next block: it may be a
    // write that never completed, so a lost frame shows up by its reverse key, whose read_body
    // answers corrupt. invalid_argument: not sealed.
    virtual result<void> scrub(segment_id, std::function<void(scrubbed_frame const&)> const& visit,
                               blocking_token) = 0;

private:
    friend class segment_pin;
    virtual void unpin(segment_id) noexcept = 0;

protected:
    segment_pin make_pin(segment_id segment) noexcept { return {*this, segment}; }
};

}  // namespace sluice::journal
