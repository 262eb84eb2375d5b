// The journal's own side of the segment table: what the lanes, recovery and the keeper do to it.
// All state is behind one mutex; nothing under it touches the device or the index.
//
// Thread rule: any thread. Lifetime: made after the publisher, destroyed before it; pins, streams
// and holds die first.
#pragma once

#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <vector>

#include "backend/journal/publisher.hpp"
#include "backend/journal/recent_reads.hpp"
#include "backend/journal/segment_files.hpp"
#include "backend/journal/segment_table.hpp"
#include "backend/journal/store_context.hpp"

namespace sluice::journal {

struct ready_segment {
    segment_id id{};
    std::shared_ptr<flash::file> file;  // shared with the file cache and the writes under way
};

class segment_registry final : public segment_table {
public:
    segment_registry(store_context&, publisher const&);
    ~segment_registry() override;

    // -- start-up
    // A file found in the folder. `used` 0: not known.
    void add(segment_id, segment_state, lane, std::uint64_t incarnation, std::uint64_t used,
             lsn last);
    // Replay needs the segment again until the index has flushed `upto`.
    void keep_until(segment_id, lsn upto);

    // -- lanes
    // nullopt: none is ready; the keeper was asked for one.
    std::optional<ready_segment> take_ready();
    void activate(segment_id, lane, std::uint64_t incarnation);
    // After each layout: end of what is laid out, highest LSN, payload bytes added.
    void note_written(segment_id, std::uint64_t used, lsn last, std::uint64_t payload_bytes);
    // Writes laid out since the start, of both lanes, and their bytes.
    struct write_totals {
        std::uint64_t writes = 0, bytes = 0;
    };
    write_totals written() const;
    void seal(segment_id);
    std::shared_ptr<void> open_stream();

    // -- readers
    struct place {
        std::uint64_t incarnation = 0;
        lane where = lane::none;
        std::uint64_t settled = 0;  // nothing below, nor in its page, is written any more
    };
    std::optional<place> look_up(segment_id) const;
    segment_files& files() noexcept { return files_; }
    recent_reads& recent() noexcept { return recent_; }

    // -- keeper
    void set_flushed(lsn);
    lsn flushed() const;
    std::optional<segment_id> take_free();
    // The number of a new file; the caller creates it, then reports ready or not.
    segment_id reserve_new();
    void put_ready(ready_segment, bool created);
    void give_back_free(segment_id);
    void drop_reserved(segment_id);
    void set_creatable(std::uint32_t segments);
    std::uint32_t existing() const;
    std::uint32_t ready_count() const;
    // A lane found none ready, and none became ready since.
    bool is_wanted() const noexcept { return is_wanted_.load(std::memory_order_acquire); }
    std::uint32_t can_be_made_ready() const noexcept {
        return spare_.load(std::memory_order_relaxed);
    }
    bool is_short() const noexcept;
    // Some segment waits for a flush of the index; by the hints, or whatever they say.
    bool is_waiting_for_flush(bool trust_hints) const;
    // Called when a lane found nothing ready, or space became short: wakes the keeper. Set once,
    // before use.
    void set_shortage_hook(std::function<void()> hook) { on_shortage_ = std::move(hook); }

    // -- segment_table
    std::uint32_t segment_bytes() const override { return context_.segment_bytes; }
    std::vector<segment_info> candidates(std::size_t most) const override;
    std::vector<segment_info> list() const override;
    segment_statistics statistics() const override;
    void subtract_live_bytes(segment_id, std::uint64_t bytes) override;
    void set_live_bytes(segment_id, std::uint64_t bytes) override;
    result<std::size_t> recycle(blocking_token) override;
    segment_pin pin(segment_id) override;
    std::unique_ptr<segments_hold> hold_all() override;
    result<void> scrub(segment_id, std::function<void(scrubbed_frame const&)> const& visit,
                       blocking_token) override;

private:
    struct entry {
        bool exists = false;
        segment_state state = segment_state::free;
        lane where = lane::none;
        std::uint64_t incarnation = 0;
        std::uint64_t used = 0;
        std::int64_t live = 0;
        bool live_known = false;
        bool touched = true;          // something was freed in it since the last scan
        lsn last{};                   // needed for replay until flushed
        std::uint64_t sealed_at = 0;  // number of the seal, 0: before this start
        std::uint32_t pins = 0;
        std::optional<lsn> empty_at;  // no reverse key in the snapshot of this LSN
    };
    class hold;

    void unpin(segment_id) noexcept override;
    void close_stream(std::uint64_t opened_at) noexcept;
    entry& at(segment_id);
    entry const* find(segment_id) const;
    segment_info describe(segment_id, entry const&) const;
    bool has_open_stream(entry const&) const;
    bool may_be_scanned(entry const&) const;
    bool may_be_freed(entry const&) const;
    void count_spare();
    std::vector<segment_id> segments_to_scan();
    result<bool> is_empty_in(published_snapshot const&, segment_id) const;
    std::size_t free_what_is_due();

    store_context& context_;
    publisher const& publisher_;
    segment_files files_;
    recent_reads recent_;
    std::function<void()> on_shortage_;
    mutable std::mutex mutex_;
    std::vector<entry> entries_;  // by number; 0 is unused
    std::deque<ready_segment> ready_;
    std::atomic<bool> is_wanted_{false};
    std::map<std::uint64_t, std::uint32_t> streams_;  // seal count when opened -> how many
    std::uint64_t seals_ = 0;
    std::uint64_t holds_ = 0;
    std::uint32_t creatable_ = 0;
    std::uint32_t free_ = 0;
    std::uint64_t recycled_ = 0, created_ = 0;
    write_totals written_;
    std::size_t sweep_ = 1;
    lsn flushed_{};
    std::atomic<std::uint32_t> spare_{0};
    std::mutex recycling_;  // one recycle() at a time
};

}  // namespace sluice::journal
