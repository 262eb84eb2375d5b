// The record batch: the store's own log format, byte for byte Kafka's v2 batch (magic 2; Kafka's
// DefaultRecordBatch and KIP-98), so that a produced batch is stored and fetched as it came.
//
//  0  i64  base offset            (BE, all of them)
//  8  i32  batch length           bytes that follow this field
// 12  i32  partition leader epoch
// 16  i8   magic 2
// 17  u32  crc32c of everything from 21
// 21  i16  attributes             bits 0-2 compression, 3 timestamp type, 4 transactional,
//                                 5 control
// 23  i32  last offset delta
// 27  i64  base timestamp
// 35  i64  max timestamp
// 43  i64  producer id
// 51  i16  producer epoch
// 53  i32  base sequence
// 57  i32  record count
// 61  records: varint length, i8 attributes, varlong timestamp delta, varint offset delta,
//     varint key length (-1: none), key, varint value length, value, varint headers, each:
//     varint length, name, varint length, value
//
// The crc leaves out base offset and leader epoch: they are written when the batch gets its place,
// or is fetched. Pure functions, any thread. Readers take hostile bytes: malformed, never more
// memory than the input.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "backend/store/model/log_compression.hpp"
#include "backend/store/model/log_record.hpp"
#include "gateway/core/bytes.hpp"
#include "gateway/core/result.hpp"

namespace sluice::store {

inline constexpr std::size_t log_batch_header_bytes = 61;
// Before this many bytes nothing is known of a batch; `batch length` counts from here.
inline constexpr std::size_t log_batch_prefix_bytes = 12;

struct log_batch_header {
    std::int64_t base_offset = 0;
    std::int32_t batch_length = 0;
    std::int32_t leader_epoch = -1;
    std::uint32_t crc = 0;
    std::int16_t attributes = 0;
    std::int32_t last_offset_delta = 0;
    std::int64_t base_timestamp = 0;
    std::int64_t max_timestamp = 0;
    std::int64_t producer_id = -1;
    std::int16_t producer_epoch = -1;
    std::int32_t base_sequence = -1;
    std::int32_t record_count = 0;

    std::size_t total_bytes() const noexcept {
        return log_batch_prefix_bytes + static_cast<std::size_t>(batch_length);
    }
    int compression() const noexcept { return attributes & 7; }
    log_codec codec() const noexcept { return static_cast<log_codec>(compression()); }
    bool has_append_time() const noexcept { return (attributes & 8) != 0; }
    bool is_transactional() const noexcept { return (attributes & 16) != 0; }
    bool is_control() const noexcept { return (attributes & 32) != 0; }
};

// The header at the start of `bytes`, which may hold more batches behind it. malformed;
// unsupported: another magic.
result<log_batch_header> parse_log_batch_header(std::string_view bytes);
// One whole batch and nothing else: header, lengths and crc are right, the counts agree. malformed,
// unsupported.
result<log_batch_header> check_log_batch(std::string_view batch);
// The records of a whole batch, which is checked. Compressed ones: too_large when they are more than
// `decompressed_most` bytes.
inline constexpr std::size_t log_decompressed_most = 32 * mebibyte;
result<std::vector<log_record>> read_log_batch(
    std::string_view batch, std::size_t decompressed_most = log_decompressed_most);

// The same one by one, in no more memory than the batch not compressed. The batch outlives it.
class log_batch_reader {
public:
    static result<log_batch_reader> open(std::string_view batch,
                                         std::size_t decompressed_most = log_decompressed_most);
    log_batch_header const& header() const noexcept { return header_; }
    // False: that was the last. malformed.
    result<bool> next(log_record& record);

private:
    log_batch_header header_;
    std::string_view stored_;   // in the batch
    std::string unpacked_;      // instead, of a compressed one
    std::size_t at_ = 0;
    std::int32_t index_ = 0;
};

// The same for batches one behind the other.
result<std::vector<log_record>> read_log_batches(
    std::string_view batches, std::size_t decompressed_most = log_decompressed_most);

// What a produced batch must be, whoever sent it: whole, with the right crc, and its records, behind
// whatever codec, as many as it says with offset deltas 0, 1, 2 ..., none of them cut or longer than
// its bytes (the rules of Kafka's LogValidator that need no topic). malformed; unsupported: magic or
// codec; too_large: limits.decompressed_batch_bytes. Nothing is kept of the records but this.
struct log_batch_facts {
    log_batch_header header;
    std::int64_t first_timestamp = 0;    // smallest and largest of the records
    std::int64_t last_timestamp = 0;
    std::int32_t first_null_key = -1;    // which record has no key; -1: all have one
    std::uint64_t record_bytes = 0;      // of all records, not compressed
};
result<log_batch_facts> check_produced_batch(
    std::string_view batch, std::size_t decompressed_most = log_decompressed_most);

// Stamps the batch with the time of its append (timestamp type 1): its records all have it. The crc
// is made anew.
void set_append_time(char* batch, std::size_t size, unix_millis now) noexcept;
// Names the producer, its epoch and the first record's sequence number. The crc is made anew.
void set_producer(char* batch, std::size_t size, std::int64_t producer, std::int16_t epoch,
                  std::int32_t sequence) noexcept;

// Writes into the header bytes; the crc stays right.
void set_base_offset(char* batch, log_offset) noexcept;
void set_leader_epoch(char* batch, std::int32_t epoch) noexcept;
// The same for whole batches one behind the other, from `base` on; the epoch if there is one.
void number_batches(char* batches, std::size_t size, log_offset base,
                    std::optional<std::int32_t> epoch) noexcept;

// Builds one uncompressed batch without producer. Not thread-safe.
class log_batch_builder {
public:
    void add(unix_millis timestamp, std::optional<std::string_view> key,
             std::optional<std::string_view> value, std::vector<log_header> const& headers = {});
    std::int32_t count() const noexcept { return count_; }
    std::size_t bytes() const noexcept { return log_batch_header_bytes + records_.size(); }
    // The batch with base offset 0; the builder is empty again. count() > 0.
    std::string finish();

private:
    std::string records_;
    std::int32_t count_ = 0;
    std::int64_t base_timestamp_ = 0;
    std::int64_t max_timestamp_ = 0;
};

}  // namespace sluice::store
