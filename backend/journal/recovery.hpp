// What a start does with the segments it finds: follows the chain of the commit lane, replays what
// the index lacks, and decides at the first bad frame whether that is a torn tail, where the store
// goes on, or corruption, where it refuses to start and names the place (design 0002, Recovery).
// Thread rule: start-up only, one thread, before anything else uses the registry.
#pragma once

#include <deque>
#include <optional>
#include <vector>

#include "backend/journal/applier.hpp"
#include "backend/journal/frame_walk.hpp"
#include "backend/journal/reader.hpp"
#include "backend/journal/writer.hpp"

namespace sluice::journal {

class recovery {
public:
    recovery(store_context&, segment_registry&, reader const&);

    struct outcome {
        writer::chain_end end;  // where the next segment continues
        std::uint64_t bulk_ordinal = 0;
        recovery_report report;
    };
    // Brings the index up to the last good commit and fills the registry.
    result<outcome> run(blocking_token);

private:
    struct chain_link {
        segment_header header;
        std::uint64_t end = 0;  // exact, stated by the successor; the whole segment for the last
    };
    struct cut {
        std::size_t link = 0;  // in the chain
        std::uint64_t offset = 0;
    };

    result<lsn> read_begun() const;
    result<void> read_headers(blocking_token);
    result<std::optional<segment_header>> read_header(segment_id, std::string const& path,
                                                      blocking_token);
    result<void> build_chain();
    result<cut> replay(blocking_token);
    result<bool> replay_link(std::size_t link, std::uint64_t& offset, blocking_token);
    void take_frame(walked_frame const&);
    result<void> take_group();
    result<void> take_commit(lsn, std::string_view body);
    result<void> finish_step();
    result<bool> is_followed(cut const&, blocking_token);
    result<void> settle(cut const&, blocking_token);
    failure corrupt_at(segment_id, std::uint64_t offset, std::string const& what) const;

    store_context& context_;
    segment_registry& segments_;
    std::vector<segment_header> headers_;  // of both lanes
    std::vector<chain_link> chain_;        // oldest first
    commit_application steps_;
    std::deque<std::string> held_;  // mutations of the step that is being gathered
    std::size_t held_bytes_ = 0;
    std::vector<std::pair<segment_id, lsn>> kept_;
    lsn applied_{};  // by the index before
    // The group that is being read: a commit and the audit batch of its group come back together or
    // not at all.
    std::vector<std::pair<lsn, std::string>> group_commits_;
    lsn group_last_{};
    lsn last_{};  // of the last whole group
    std::uint32_t last_crc_ = 0;
    outcome found_;
};

}  // namespace sluice::journal
