// Every bound of the store, by name. Those that an operator may choose have a key in
// gateway/config/settings.def (limits.store_*, limits.payload_*, or of the front they serve); the
// others follow from the formats: frames of 1 MiB, keys, records. Plain values, fixed when the
// engine opens.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

#include "gateway/core/bytes.hpp"

namespace sluice::store {

struct store_limits {
    // names and records
    std::size_t object_key_bytes = 1024;
    std::size_t bucket_name_bytes = 255;
    std::size_t attributes_bytes = 64 * kibibyte;         // encoded attributes of one object
    std::size_t record_bytes = 256 * kibibyte;            // one settings or policy record
    std::size_t records_per_change = 1000;
    std::uint32_t list_page = 1000;                       // entries of any answer that lists
    std::uint64_t list_steps = 5000;  // a page of objects that meets more delete markers ends early
    std::uint32_t upload_parts = 10'000;
    std::size_t commit_bytes = 900 * kibibyte;            // mutations of one commit
    std::size_t audit_records_bytes = 192 * kibibyte;     // of one commit

    // payload
    std::size_t record_payload_bytes = 2 * kibibyte;      // at most: in the record
    std::size_t inline_payload_bytes = 256 * kibibyte;    // at most: in the commit group
    std::uint64_t payload_bytes = 5 * std::uint64_t{gibibyte};   // one stream
    std::uint32_t payload_frames_in_flight = 4;           // of one writer
    std::uint32_t payload_frames_total = 64;  // of all writers: 1 MiB each, from the buffer budget
    // A writer that gets none in this time is refused; while others wait, one that has not filled
    // its own in that time is.
    std::chrono::milliseconds payload_frame_wait{60'000};
    std::chrono::milliseconds payload_frame_fill{20'000};
    std::uint32_t payload_pieces_ahead = 3;               // of one reader
    std::size_t payload_read_bytes = 64 * mebibyte;       // beyond: smaller pieces, none ahead
    std::size_t cache_entry_bytes = 256 * kibibyte;       // larger reads go past the payload cache
    // at most: a put leaves its bytes in the cache
    std::size_t cache_on_write_bytes = 64 * kibibyte;

    // locks
    std::size_t locks = 1'000'000;
    std::size_t lock_waiters = 100'000;
    std::chrono::milliseconds lock_wait{10'000};          // deadline of a verb's lock waits

    // tables
    std::size_t row_key_bytes = 8 * kibibyte;             // of rows and of index entries
    std::size_t row_bytes = 768 * kibibyte;               // one encoded row
    std::size_t transaction_bytes = 256 * mebibyte;       // what one transaction wrote
    std::size_t all_transactions_bytes = gibibyte;        // what all open ones wrote
    std::chrono::milliseconds row_lock_wait{3'600'000};   // unless the caller waits for less
    std::size_t sequences_cached = 100'000;               // counters whose blocks are in memory
    std::size_t sequence_block = 4096;                    // at most: numbers that a crash skips

    // logs
    std::size_t log_waiters = 10'000;                     // of one partition
    std::size_t partitions = 20'000;                      // of all topics together
    // One append commit, and so one batch; never more than a commit group of the journal takes.
    std::size_t append_bytes = 3 * mebibyte;
    std::size_t append_parts = 1000;                      // of one append commit
    std::size_t producers = 500'000;                      // remembered, of all partitions together
    std::chrono::milliseconds producer_idle{24 * 3600 * 1000};   // then forgotten
    std::chrono::milliseconds retention_interval{30'000};  // between two passes
    std::size_t log_cleaner_bytes = 64 * mebibyte;  // what one compaction remembers of keys
    // That wait in a bucket's journal to be written out; beyond, the bucket's changes are refused.
    std::int64_t journal_records = 1'000'000;
    std::size_t group_id_bytes = 1024;
    std::size_t group_state_bytes = 512 * kibibyte;
    std::size_t offset_metadata_bytes = 4 * kibibyte;
    // A compressed batch may hold this much when its records are looked at.
    std::size_t decompressed_batch_bytes = 32 * mebibyte;

    // background
    std::uint64_t reclaim_bytes_per_second = 256 * mebibyte;
    std::uint64_t scrub_bytes_per_second = 32 * mebibyte;
    double reclaim_dead_fraction = 0.5;  // a sealed segment with more dead bytes than this is moved
    // fewer can be made ready: reclaim whatever gains space
    std::uint32_t reclaim_short_segments = 8;
    std::size_t scrub_reports = 100;                      // damaged places remembered
};

}  // namespace sluice::store
