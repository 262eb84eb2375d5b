// The writer: takes what waits in the ordering, lays it out as one group, and writes it, while
// earlier groups are still being written. Owns the active segment of the commit lane and the chain
// of frames in it. Thread rule: its own thread; start-up opens the first segment before.
#pragma once

#include <atomic>

#include "backend/journal/group.hpp"
#include "backend/journal/pipeline.hpp"
#include "backend/journal/segment_header.hpp"
#include "backend/journal/segment_keeper.hpp"

namespace sluice::journal {

class writer {
public:
    writer(store_context&, ordering&, pipeline&, segment_registry&, segment_keeper&);

    // Where recovery ended: the first segment continues the chain from there.
    struct chain_end {
        std::uint64_t epoch = 0;
        std::uint64_t ordinal = 0;
        segment_id segment{};  // 0: a new store
        std::uint64_t incarnation = 0;
        std::uint64_t offset = 0;
        std::uint32_t frame_crc = 0;
        lsn last{};
    };
    // Opens a segment of a new epoch and waits until its header is durable.
    result<void> open_first(chain_end const&, ready_segment, blocking_token);
    void set_group_closer(group_closer closer) { close_group_ = std::move(closer); }
    bool has_group_closer() const noexcept { return close_group_ != nullptr; }
    void start();
    // After the ordering was stopped: writes a last durable mark, returns when the thread has
    // ended.
    void stop();

    struct counters {
        std::atomic<std::uint64_t> groups{0}, commits{0}, chunks{0}, bytes{0}, segment_waits{0};
    };
    counters const& count() const noexcept { return count_; }
    std::uint64_t epoch() const noexcept { return active_.epoch; }

private:
    struct active_segment {
        segment_id id{};
        std::shared_ptr<flash::file> file;  // shared with the groups in flight
        std::uint64_t incarnation = 0;
        std::uint64_t epoch = 0;
        std::uint64_t ordinal = 0;
        std::uint64_t offset = 0;
        std::uint32_t last_crc = 0;
    };

    void run();
    void write_group();
    void write_mark();
    void close_audit(std::vector<pending>& work);
    bool make_room(std::size_t bytes);
    bool switch_segment();
    bool leave_full_segment();
    void open_segment(ready_segment);
    void lay_out(std::unique_ptr<group>, std::size_t bytes);
    std::uint64_t place_payloads(group_layout&, pending&);
    void place_commit(group_layout&, pending&);
    void issue(group&, std::uint64_t offset, std::size_t bytes);
    void give_up(std::vector<pending> work);
    segment_header header_after(chain_end const&, segment_id) const;
    bool lags() const;

    store_context& context_;
    ordering& ordering_;
    pipeline& pipeline_;
    segment_registry& segments_;
    segment_keeper& keeper_;
    group_closer close_group_;
    active_segment active_;
    lsn last_laid_out_{};
    lsn last_claimed_{};  // durable LSN in the last frame
    std::size_t group_limit_ = 0;
    std::vector<location> placed_;  // of one commit's payloads; kept for its capacity
    counters count_;
    worker_thread thread_;
};

}  // namespace sluice::journal
