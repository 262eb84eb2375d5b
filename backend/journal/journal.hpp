// The journal: the only thing a request waits for. Commits are grouped into synced writes, several groups
// in flight; a group is applied to the index only after it and all before it are durable; every apply
// publishes one snapshot; acknowledgements are a contiguous prefix. Bulk payload has a lane of its own.
// Formats: gateway/design/0002-flash-format.md; rules: gateway/design/0004-commit-pipeline.md.
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
#include "backend/kv/index.hpp"
#include "gateway/core/clock.hpp"
#include "gateway/core/ids.hpp"
#include "gateway/core/random.hpp"

namespace sluice::journal {

struct journal_options {
    std::uint32_t segment_bytes = 128 * 1024 * 1024;      // only for a new folder
    std::uint32_t segments_kept_ready = 2;
    std::uint32_t groups_in_flight = 4;                   // limits.journal_groups_in_flight
    std::uint32_t group_bytes = 4 * 1024 * 1024;          // limits.journal_group_bytes
    std::uint64_t queued_bytes = 64 * 1024 * 1024;        // limits.journal_queued_bytes: admission beyond it waits
    std::uint64_t unflushed_bytes = 128 * 1024 * 1024;    // flush trigger, bounds replay
    std::uint64_t capacity_bytes = 0;                     // 0: what the device has
    std::uint32_t reserved_segments = 4;                  // kept for deletes and reclaim on a full device
    std::chrono::milliseconds idle_mark{10};
    seeded_bugs bugs;                                     // tests only
};

// What may still be written when space is short. Deletes and reclaim may use the reserve.
enum class admission_class : std::uint8_t { ordinary, freeing };

// What everybody reads: one frozen state. Holding it keeps its segments from being recycled.
struct published_snapshot {
    std::shared_ptr<kv::snapshot const> index;
    lsn at{};
};

// Keeps one segment's bytes in place while a reader streams from it. Take it while holding the snapshot
// that named the location; the snapshot may be dropped afterwards. Move-only.
class segment_pin;

// One payload frame for the bulk lane, built in place: body() is where up to 1 MiB of payload goes, so a
// stream is received straight into the buffer that is written.
class bulk_frame {
public:
    bulk_frame();                                         // allocates header block + 1 MiB
    byte_span body() noexcept;                            // capacity for the body
    void set(std::uint64_t owner, std::uint64_t owner_offset, std::size_t body_length) noexcept;
private:
    friend class journal;
    flash::aligned_buffer buffer_;
    std::uint64_t owner_ = 0, owner_offset_ = 0;
    std::size_t body_length_ = 0;
};

// Hook that turns a group's audit records into one log batch: called on the writer thread once per group
// that has any, returns mutations and inline payloads to commit with it. Filled by the store.
using group_closer = std::function<void(std::vector<std::string> const& audit_records, lsn at, commit& into)>;

struct recovery_report {
    lsn applied_before{}, applied_after{};
    std::uint64_t replayed_commits = 0, replayed_bytes = 0;
    bool torn_tail = false;
};

class journal {
public:
    // Takes the folder's lock, reads or creates the superblock, recovers, opens new segments, starts its threads.
    // corrupt names the place; conflict: another server owns the folder; unsupported: feature flags.
    static result<std::unique_ptr<journal>> open(flash::device&, kv::index&, journal_options const&,
                                                 wall_clock const&, random_source&, blocking_token);
    virtual ~journal() = default;                         // stops after everything submitted is done

    virtual void submit(std::unique_ptr<commit>, admission_class = admission_class::ordinary) = 0;
    // Writes one bulk frame; the frame comes back for reuse. Not referenced by anything until a commit names it.
    virtual void write_bulk(std::unique_ptr<bulk_frame>, admission_class,
                            std::function<void(result<location>, std::unique_ptr<bulk_frame>)>) = 0;
    // One chunk (<= 1 MiB) of a large transaction.
    virtual void append_chunk(std::uint64_t transaction, std::uint64_t chunk, kv::mutation_batch,
                              std::function<void(result<location>)>) = 0;
    // Segments that an open stream wrote into are not recycled: hold one from the first bulk frame or chunk
    // until the commit that names them is done, or the stream is given up.
    virtual std::shared_ptr<void> open_stream() = 0;

    virtual std::shared_ptr<published_snapshot const> published() const = 0;
    virtual segment_pin pin(segment_id) = 0;

    // Reads `length` bytes of the body of the frame at `from`, starting at `body_offset`, checking header and chunk
    // crcs. corrupt names the place; never wrong bytes. The frame must belong to `owner`/`owner_offset`.
    virtual result<void> read_body(location from, std::uint64_t owner, std::uint64_t owner_offset,
                                   std::size_t body_offset, byte_span into, blocking_token) const = 0;

    virtual void set_group_closer(group_closer) = 0;      // before the first submit
    virtual recovery_report const& recovered() const = 0;
    virtual lsn durable() const = 0;
    virtual bool is_read_only() const = 0;                // after a failed device write; restart recovers
    virtual result<lsn> flush_index(blocking_token) = 0;  // tools, tests, backup

    // Maintenance (store's reclaim and check): see segment_table.hpp.
    virtual class segment_table& segments() = 0;
};

}  // namespace sluice::journal
