// The journal: the only thing a request waits for. Commits are grouped into synced writes, several
// groups in flight; a group is applied to the index only after it and all before it are durable;
// every apply publishes one snapshot; acknowledgements are a contiguous prefix. Bulk payload has a
// lane of its own. Formats: gateway/design/0002-flash-format.md; rules:
// gateway/design/0004-commit-pipeline.md.
//
// Thread rule: any thread, unless a line says otherwise. Lifetime: the device and index outlive it.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "backend/flash/aligned_buffer.hpp"
#include "backend/flash/device.hpp"
#include "backend/journal/commit.hpp"
#include "backend/journal/seeded_bugs.hpp"
#include "backend/journal/segment_pin.hpp"
#include "backend/kv/index.hpp"
#include "gateway/core/clock.hpp"
#include "gateway/core/ids.hpp"
#include "gateway/core/random.hpp"

namespace sluice::journal {

// One synced write of a commit group that succeeded.
struct finished_group {
    std::chrono::nanoseconds took{};  // from its submission to the device until it was durable
    std::size_t commits = 0;          // and chunks of large transactions
    std::size_t bytes = 0;            // on flash
};

struct journal_options {
    std::uint32_t segment_bytes = 128 * mebibyte;  // only for a new folder
    std::uint32_t segments_kept_ready = 2;
    std::uint32_t groups_in_flight = 4;            // limits.journal_groups_in_flight
    std::uint32_t group_bytes = 4 * mebibyte;      // limits.journal_group
    // limits.journal_overlap: less than this waits while a group is being written; 0: nothing does.
    std::uint64_t overlap_bytes = 256 * kibibyte;
    std::uint64_t queued_bytes = 64 * mebibyte;  // limits.journal_queued: the rest waits
    std::uint32_t waiting_commits = 65536;  // limits.journal_waiting_commits: then `overloaded`
    std::uint64_t bulk_bytes_in_flight = 64 * mebibyte;  // limits.journal_bulk: more wait
    std::uint32_t waiting_bulk_frames = 4096;  // limits.journal_waiting_bulk_frames: then as above
    std::uint64_t unflushed_bytes = 128 * mebibyte;      // flush trigger, bounds replay
    std::uint64_t capacity_bytes = 0;                    // 0: what the device has
    std::uint32_t reserved_segments = 4;           // kept for deletes and reclaim on a full device
    std::uint64_t index_ballast_bytes = 64 * mebibyte;   // left to RocksDB's files on a full device
    std::uint32_t open_segment_files = 1024;       // limits.journal_open_segments
    // limits.journal_reads_remembered: pieces written or read lately, of up to 1 MiB; which of them is
    // read is kept in the operating system's memory. 0: nothing is.
    std::uint32_t reads_remembered = 65536;
    std::chrono::milliseconds idle_mark{10};
    // Snapshots held longer count as over age, see is_over_age.
    std::chrono::milliseconds maximum_snapshot_age{5 * 60 * 1000};
    // Told of every group, in journal order, on a journal thread before its commits are answered;
    // must not block.
    std::function<void(finished_group const&)> on_group;
    // Told once, of the failure that made the journal read-only, on the thread that met it; must not
    // block.
    std::function<void(failure const&)> on_read_only;
    seeded_bugs bugs;                              // tests only
};

// What may still be written when space is short. Deletes and reclaim may use the reserve.
enum class admission_class : std::uint8_t { ordinary, freeing };

// What everybody reads: one frozen state. Holding it keeps its segments from being recycled.
struct published_snapshot {
    std::shared_ptr<kv::snapshot const> index;
    lsn at{};
    monotonic_time published_at{};
};

// limits.inline_payload_bytes of objects: what is larger goes through the bulk lane. Runs of logs
// ride along up to frame_body_limit, so that an acknowledgement stays one write.
inline constexpr std::size_t inline_payload_limit = 256 * kibibyte;
// Of bulk frames, transaction chunks, one commit's mutations.
inline constexpr std::size_t frame_body_limit = mebibyte;

// One payload frame for the bulk lane, built in place: body() is where up to 1 MiB of payload goes,
// so a stream is received straight into the buffer that is written.
class bulk_frame {
public:
    bulk_frame() : buffer_(flash::block_bytes + frame_body_limit) {}
    // Room for the body, block aligned.
    byte_span body() noexcept { return buffer_.span(flash::block_bytes, frame_body_limit); }
    // What was received into body(): 1 .. frame_body_limit bytes.
    void set(std::uint64_t owner, std::uint64_t owner_offset, std::size_t body_length) noexcept {
        owner_ = owner;
        owner_offset_ = owner_offset;
        body_length_ = body_length;
    }
    std::uint64_t owner() const noexcept { return owner_; }
    std::uint64_t owner_offset() const noexcept { return owner_offset_; }
    std::size_t body_length() const noexcept { return body_length_; }

private:
    friend class bulk_lane;
    flash::aligned_buffer buffer_;
    std::uint64_t owner_ = 0, owner_offset_ = 0;
    std::size_t body_length_ = 0;
};

// Hook that turns a group's audit records into one log batch: called on the writer thread, in LSN
// order, once per group that has any, with the LSN of a commit of its own right behind the last
// commit that brought one. Fills mutations, inline payloads and on_done of `into`; on_ordered of it
// is not called. Filled by the store.
using group_closer =
    std::function<void(std::vector<std::string> const& audit_records, lsn at, commit& into)>;

struct recovery_report {
    lsn applied_before{}, applied_after{};
    std::uint64_t replayed_commits = 0, replayed_bytes = 0;
    bool torn_tail = false;
    std::uint64_t epoch = 0;  // of the commit segment opened by this start
};

struct journal_statistics {
    std::uint64_t groups = 0, commits = 0, chunks = 0, marks = 0;
    std::uint64_t group_bytes = 0, bulk_frames = 0, bulk_bytes = 0;
    std::uint64_t queued_commits = 0, queued_bytes = 0, waiting_commits = 0,
                  waiting_bulk_frames = 0;
    std::uint64_t refused_commits = 0;  // no_space, overloaded, too_large
    std::uint64_t unflushed_bytes = 0, index_flushes = 0;
    std::uint64_t segment_waits = 0;  // a lane had to wait for a ready segment
    lsn flushed{};                    // by the index
    lsn marked{};                     // durable, and a frame on flash says so: damage up to here
                                      // is never taken for a torn tail
};

class journal {
public:
    // Takes the folder's lock, reads or creates the superblock, recovers, opens new segments,
    // starts its threads. corrupt names the place; conflict: another server owns the folder;
    // unsupported: feature flags.
    static result<std::unique_ptr<journal>> open(flash::device&, kv::index&, journal_options const&,
                                                 wall_clock const&, random_source&, blocking_token);
    // Stops after everything submitted is done, and flushes the index, so that the next start
    // replays nothing. Destroy it before the snapshots' readers' index, on a thread of no
    // completion.
    virtual ~journal() = default;

    virtual void submit(std::unique_ptr<commit>, admission_class = admission_class::ordinary) = 0;
    // Writes one bulk frame; the frame comes back for reuse. Not referenced by anything until a
    // commit names it. The body's crc is taken on the calling thread. The answer comes on a device
    // thread and must not block: invalid_argument (length), no_space, overloaded, read_only,
    // io_failed.
    virtual void write_bulk(std::unique_ptr<bulk_frame>, admission_class,
                            std::function<void(result<location>, std::unique_ptr<bulk_frame>)>) = 0;
    // One chunk (<= 1 MiB) of a large transaction. Its commit LSN slots are filled when it is
    // applied, with the LSN of the commit that names it; location and custom slots are refused
    // (invalid_argument). The answer comes on a journal thread when the chunk is durable.
    virtual void append_chunk(std::uint64_t transaction, std::uint64_t chunk, kv::mutation_batch,
                              std::function<void(result<location>)>) = 0;
    // Segments that an open stream wrote into are not recycled: hold one from the first bulk frame
    // or chunk until the commit that names them is done, or the stream is given up.
    virtual std::shared_ptr<void> open_stream() = 0;

    virtual std::shared_ptr<published_snapshot const> published() const = 0;
    virtual segment_pin pin(segment_id) = 0;

    // Reads `length` bytes of the body of the frame at `from`, starting at `body_offset`, checking
    // header and chunk crcs. corrupt names the place; never wrong bytes. The frame must belong to
    // `owner`/`owner_offset`.
    virtual result<void> read_body(location from, std::uint64_t owner, std::uint64_t owner_offset,
                                   std::size_t body_offset, byte_span into,
                                   blocking_token) const = 0;

    virtual void set_group_closer(group_closer) = 0;  // before the first submit
    virtual recovery_report const& recovered() const = 0;
    virtual journal_statistics statistics() const = 0;
    // A reader that holds a snapshot longer than maximum_snapshot_age keeps segments from being
    // recycled: long scans ask this now and then and start again from a new one, or fail.
    virtual bool is_over_age(published_snapshot const&) const = 0;
    virtual lsn durable() const = 0;
    virtual bool is_read_only() const = 0;  // after a failed device write; restart recovers
    virtual std::string why_read_only() const = 0;  // the failure; empty: it is not
    virtual result<lsn> flush_index(blocking_token) = 0;  // tools, tests, backup

    // Maintenance (store's reclaim and check): see segment_table.hpp.
    virtual class segment_table& segments() = 0;
};

}  // namespace sluice::journal
