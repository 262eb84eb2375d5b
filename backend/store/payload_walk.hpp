// Where a payload's bytes are, and reading them in order: the blocking half of payload_reader.
// Internal to backend/store.
//
// opened_payload is made while looking at one snapshot and stays readable after it: bytes that were
// in the record are held, a payload of one extent pins its segment, a larger one pins the payload
// and looks its pieces up anew. Thread rule: opened_payload is immutable; a payload_walk belongs to
// one job at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "backend/journal/journal.hpp"
#include "backend/store/index_read.hpp"
#include "backend/store/model/byte_range.hpp"
#include "backend/store/model/chunk.hpp"
#include "backend/store/payload_pins.hpp"
#include "backend/store/payload_records.hpp"

namespace sluice::store {

struct opened_payload {
    payload_id id{};                           // 0: the bytes were in the record
    std::uint64_t length = 0;
    std::optional<chunk> held;                 // all bytes, from the record or the cache
    std::optional<frames_extent> only;         // all of it lies there, and `segment` pins it
    journal::segment_pin segment;
    payload_pins::pin pinned;                  // otherwise
};

std::shared_ptr<opened_payload const> open_record_bytes(std::string bytes);
// conflict: the payload is being taken apart, look the record up again in a newer snapshot.
result<std::shared_ptr<opened_payload const>> open_payload(engine&, index_view const&, payload_id,
                                                           std::uint64_t length);

class payload_walk {
public:
    // Chunks of at most this.
    static constexpr std::uint64_t chunk_bytes = journal::frame_body_limit;
    // What is cached of payloads that are larger than limits.cache_entry_bytes.
    static constexpr std::uint64_t window_bytes = 64 * kibibyte;
    // Chunks while many read (limits.payload_read).
    static constexpr std::uint64_t scarce_bytes = 128 * kibibyte;

    payload_walk(engine&, std::shared_ptr<opened_payload const>, byte_range);

    std::uint64_t remaining() const noexcept { return remaining_; }
    // The next chunk if it is in memory; empty otherwise (or at the end).
    chunk next_in_memory();
    // The next chunk; empty at the end. io_failed, corrupt.
    result<chunk> next(blocking_token);

private:
    // A run of frames that holds the walk's position.
    struct place {
        payload_id payload{};                  // named in the frames
        std::uint64_t start = 0;               // of the run, in the walked payload
        std::uint64_t owner_start = 0;         // of the run, in `payload`
        frames_extent frames;
        journal::segment_pin segment;
    };
    bool small_pieces() const noexcept;
    chunk advance(chunk whole, std::uint64_t whole_offset);
    result<void> find_place(blocking_token);
    result<void> find_in(index_view const&, payload_id, std::uint64_t offset, std::uint64_t base,
                         int depth);
    result<chunk> read_frame(std::uint64_t offset, std::uint64_t length, blocking_token);

    engine& store_;
    // shared with the opened object and other readers
    std::shared_ptr<opened_payload const> payload_;
    std::uint64_t offset_;
    std::uint64_t remaining_;
    std::uint64_t const asked_;
    std::optional<place> place_;
};

}  // namespace sluice::store
