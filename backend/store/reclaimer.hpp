// Moves what is still needed out of sealed segments that are mostly dead, so that the journal can
// recycle them. A move writes the bytes anew, then changes the location in one commit under the
// owner's lock, only if the record still names the old place: who reads, overwrites or deletes
// meanwhile wins. Readers keep the old bytes by pins. Small frames ride in the commit; larger ones
// go through the bulk lane. Admission `freeing`, at a limited rate.
//
// Thread rule: wake and run_once from any thread (one run at a time); the background thread is its
// own.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <vector>

#include "backend/journal/segment_table.hpp"
#include "backend/store/change.hpp"
#include "backend/store/index_read.hpp"
#include "backend/store/payload_records.hpp"
#include "backend/store/payload_state.hpp"
#include "backend/store/throttle.hpp"
#include "gateway/core/blocking_token.hpp"
#include "gateway/core/worker_thread.hpp"

namespace sluice::store {

class reclaimer {
public:
    explicit reclaimer(engine&);
    ~reclaimer();

    void start();
    void stop();

    // Counts the live bytes of segments where they are not known, then empties segments that are
    // dead enough, or, when space is short, those with the fewest live bytes. How many segments
    // were emptied.
    result<std::uint64_t> run_once(blocking_token);
    // Empties this sealed segment whatever is in it. Tests and tools.
    result<void> empty_segment(segment_id, blocking_token);

private:
    struct move {
        kv::key_space::reverse_key from;
        reverse_record owner;
        // Payload: the extent as it was read; log: the run's record.
        extent_record extent;
        std::string stored;              // the record's bytes, for compare-and-set
        // bulk frames, one per frame; empty: rides in the commit
        std::vector<journal::location> to;
        std::string riding;              // then: its bytes
        std::vector<placed_extent> placed;   // the same as extents
    };
    void loop(std::stop_token);
    bool worth_it(journal::segment_info const&) const;
    result<void> count_live_bytes(segment_id, blocking_token);
    result<std::vector<move>> next_moves(index_view const&, segment_id, std::string& lower) const;
    result<void> carry_out(std::vector<move>&, blocking_token);
    result<void> copy_frames(move&, change&, blocking_token);
    result<bool> commit_moves(std::vector<move>&, change, blocking_token);
    result<void> place_frames(index_view const&, move&, change&) const;
    void write_move(move&, change&, std::size_t payload) const;
    std::string record_key(move const&) const;

    engine& store_;
    throttle rate_;
    std::mutex run_mutex_;
    std::mutex mutex_;
    std::condition_variable_any changed_;
    bool stopping_ = false;
    worker_thread thread_;
};

}  // namespace sluice::store
