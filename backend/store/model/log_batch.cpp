#include "backend/store/model/log_batch.hpp"

#include <algorithm>

#include "backend/store/model/log_varint.hpp"
#include "gateway/core/assert.hpp"
#include "gateway/core/checksum.hpp"
#include "gateway/core/cursor.hpp"

namespace sluice::store {
namespace {

constexpr std::size_t crc_position = 17;
constexpr std::size_t crc_begins = 21;
constexpr std::int8_t magic = 2;
// The smallest record: length, attributes, two deltas, two lengths, header count, a byte each.
constexpr std::size_t record_bytes_min = 7;

failure bad(char const* what) {
    return failure{error::malformed, std::string("record batch: ") + what};
}

std::optional<std::string> owned(std::optional<std::string_view> text) {
    if (!text) return std::nullopt;
    return std::string(*text);
}

// One record as it lies there.
struct record_view {
    std::int64_t timestamp = 0;
    std::int64_t delta = 0;
    std::optional<std::string_view> key;
    std::optional<std::string_view> value;
    std::int64_t headers = 0;
    byte_reader rest{{}};                // the headers
};

bool take_view(byte_reader& in, log_batch_header const& header, record_view& record) {
    auto const length = take_zigzag(in);
    if (length < 0) return false;
    byte_reader body(in.raw(static_cast<std::size_t>(length)));
    body.little<std::int8_t>();
    auto const since = take_zigzag(body);
    record.timestamp = header.has_append_time()
                           ? header.max_timestamp
                           : static_cast<std::int64_t>(
                                 static_cast<std::uint64_t>(header.base_timestamp) +
                                 static_cast<std::uint64_t>(since));
    record.delta = take_zigzag(body);
    record.key = take_nullable(body);
    record.value = take_nullable(body);
    record.headers = take_zigzag(body);
    record.rest = body;
    return in.ok() && body.ok() && record.headers >= 0;
}

// Calls `each` with name and value of every header; false: they are not right.
template <class Each>
bool walk_headers(record_view const& record, Each const& each) {
    auto in = record.rest;
    for (std::int64_t i = 0; i < record.headers && in.ok(); ++i) {
        auto const name = take_nullable(in);
        auto const value = take_nullable(in);
        if (!name || !in.ok()) return false;
        each(*name, value);
    }
    return in.ok() && in.at_end();
}

bool take_record(byte_reader& in, log_batch_header const& header, std::int32_t index,
                 log_record& record) {
    record_view view;
    if (!take_view(in, header, view)) return false;
    // Compacted batches have gaps, never disorder.
    if (view.delta < index || view.delta > header.last_offset_delta) return false;
    record.timestamp = unix_millis{view.timestamp};
    record.offset = log_offset{header.base_offset + view.delta};
    record.key = owned(view.key);
    record.value = owned(view.value);
    return walk_headers(view, [&](std::string_view name, std::optional<std::string_view> value) {
        record.headers.push_back({std::string(name), owned(value)});
    });
}

void seal(char* batch, std::size_t size) noexcept {
    store_big(batch + crc_position,
              crc32c(as_bytes(std::string_view(batch, size).substr(crc_begins))));
}

// The records of a checked batch: a view of it, or of `room`.
result<std::string_view> records_of(log_batch_header const& header, std::string_view batch,
                                    std::size_t most, std::string& room) {
    auto const stored = batch.substr(log_batch_header_bytes);
    if (header.codec() == log_codec::none) return stored;
    SLUICE_TRY(room, decompress_records(header.codec(), stored, most));
    return std::string_view(room);
}

}  // namespace

result<log_batch_header> parse_log_batch_header(std::string_view bytes) {
    byte_reader in(bytes);
    log_batch_header header;
    header.base_offset = in.big<std::int64_t>();
    header.batch_length = in.big<std::int32_t>();
    header.leader_epoch = in.big<std::int32_t>();
    auto const version = in.little<std::int8_t>();
    header.crc = in.big<std::uint32_t>();
    header.attributes = in.big<std::int16_t>();
    header.last_offset_delta = in.big<std::int32_t>();
    header.base_timestamp = in.big<std::int64_t>();
    header.max_timestamp = in.big<std::int64_t>();
    header.producer_id = in.big<std::int64_t>();
    header.producer_epoch = in.big<std::int16_t>();
    header.base_sequence = in.big<std::int32_t>();
    header.record_count = in.big<std::int32_t>();
    if (bytes.size() > 16 && version != magic)
        return failure{error::unsupported, "record batch: magic " + std::to_string(version)};
    if (!in.ok()) return bad("header ends too early");
    if (header.batch_length <
        static_cast<std::int32_t>(log_batch_header_bytes - log_batch_prefix_bytes))
        return bad("length");
    if (header.last_offset_delta < 0 || header.record_count < 0) return bad("counts");
    return header;
}

result<log_batch_header> check_log_batch(std::string_view batch) {
    SLUICE_TRY(auto header, parse_log_batch_header(batch));
    if (header.total_bytes() != batch.size()) return bad("length");
    if (crc32c(as_bytes(batch.substr(crc_begins))) != header.crc) return bad("crc");
    if (header.record_count > header.last_offset_delta + std::int64_t{1}) return bad("counts");
    return header;
}

result<std::vector<log_record>> read_log_batch(std::string_view batch,
                                               std::size_t decompressed_most) {
    SLUICE_TRY(auto header, check_log_batch(batch));
    std::string room;
    SLUICE_TRY(auto const stored, records_of(header, batch, decompressed_most, room));
    byte_reader in(stored);
    if (static_cast<std::size_t>(header.record_count) > in.rest().size() / record_bytes_min)
        return bad("more records than bytes");
    std::vector<log_record> records(static_cast<std::size_t>(header.record_count));
    std::int32_t index = 0;
    for (auto& record : records)
        if (!take_record(in, header, index++, record)) return bad("record");
    if (!in.at_end()) return bad("trailing bytes");
    return records;
}

result<log_batch_reader> log_batch_reader::open(std::string_view batch,
                                                std::size_t decompressed_most) {
    log_batch_reader out;
    SLUICE_TRY(out.header_, check_log_batch(batch));
    SLUICE_TRY(out.stored_, records_of(out.header_, batch, decompressed_most, out.unpacked_));
    return out;
}

result<bool> log_batch_reader::next(log_record& record) {
    std::string_view const all =
        header_.codec() == log_codec::none ? stored_ : std::string_view(unpacked_);
    byte_reader in(all.substr(at_));
    if (index_ == header_.record_count) {
        if (!in.at_end()) return bad("trailing bytes");
        return false;
    }
    record = {};
    if (!take_record(in, header_, index_++, record)) return bad("record");
    at_ = all.size() - in.rest().size();
    return true;
}

result<std::vector<log_record>> read_log_batches(std::string_view batches,
                                                 std::size_t decompressed_most) {
    std::vector<log_record> all;
    while (!batches.empty()) {
        SLUICE_TRY(auto const header, parse_log_batch_header(batches));
        if (header.total_bytes() > batches.size()) return bad("ends too early");
        SLUICE_TRY(auto records,
                   read_log_batch(batches.substr(0, header.total_bytes()), decompressed_most));
        for (auto& record : records) all.push_back(std::move(record));
        batches.remove_prefix(header.total_bytes());
    }
    return all;
}

result<log_batch_facts> check_produced_batch(std::string_view batch,
                                             std::size_t decompressed_most) {
    log_batch_facts facts;
    SLUICE_TRY(facts.header, check_log_batch(batch));
    auto const& header = facts.header;
    if (header.record_count == 0 || header.last_offset_delta + std::int64_t{1} !=
                                        header.record_count)
        return bad("counts");
    std::string room;
    SLUICE_TRY(auto const stored, records_of(header, batch, decompressed_most, room));
    facts.record_bytes = stored.size();
    byte_reader in(stored);
    auto const nothing = [](std::string_view, std::optional<std::string_view>) {};
    for (std::int32_t index = 0; index < header.record_count; ++index) {
        record_view record;
        if (!take_view(in, header, record) || record.delta != index ||
            !walk_headers(record, nothing))
            return bad("record");
        if (!record.key && facts.first_null_key < 0) facts.first_null_key = index;
        if (index == 0) facts.first_timestamp = facts.last_timestamp = record.timestamp;
        facts.first_timestamp = std::min(facts.first_timestamp, record.timestamp);
        facts.last_timestamp = std::max(facts.last_timestamp, record.timestamp);
    }
    if (!in.at_end()) return bad("trailing bytes");
    return facts;
}

void set_append_time(char* batch, std::size_t size, unix_millis now) noexcept {
    constexpr std::size_t attributes_position = 21;
    constexpr std::size_t max_timestamp_position = 35;
    auto const attributes = load_big<std::int16_t>(batch + attributes_position);
    store_big(batch + attributes_position, static_cast<std::int16_t>(attributes | 8));
    store_big(batch + max_timestamp_position, to_underlying(now));
    seal(batch, size);
}

void set_producer(char* batch, std::size_t size, std::int64_t producer, std::int16_t epoch,
                  std::int32_t sequence) noexcept {
    constexpr std::size_t producer_position = 43;
    store_big(batch + producer_position, producer);
    store_big(batch + producer_position + 8, epoch);
    store_big(batch + producer_position + 10, sequence);
    seal(batch, size);
}

void set_base_offset(char* batch, log_offset base) noexcept {
    store_big(batch, to_underlying(base));
}

void set_leader_epoch(char* batch, std::int32_t epoch) noexcept {
    store_big(batch + log_batch_prefix_bytes, epoch);
}

void number_batches(char* batches, std::size_t size, log_offset base,
                    std::optional<std::int32_t> epoch) noexcept {
    constexpr std::size_t delta_position = 23;
    for (std::size_t at = 0; at + log_batch_header_bytes <= size;) {
        auto* const batch = batches + at;
        set_base_offset(batch, base);
        if (epoch) set_leader_epoch(batch, *epoch);
        base = log_offset{to_underlying(base) + load_big<std::int32_t>(batch + delta_position) + 1};
        at += log_batch_prefix_bytes +
              static_cast<std::uint32_t>(load_big<std::int32_t>(batch + sizeof(std::int64_t)));
    }
}

void log_batch_builder::add(unix_millis timestamp, std::optional<std::string_view> key,
                            std::optional<std::string_view> value,
                            std::vector<log_header> const& headers) {
    auto const time = to_underlying(timestamp);
    if (count_ == 0) base_timestamp_ = max_timestamp_ = time;
    max_timestamp_ = std::max(max_timestamp_, time);
    std::string body;
    body.push_back(0);
    put_zigzag(body, time - base_timestamp_);
    put_zigzag(body, count_);
    put_nullable(body, key);
    put_nullable(body, value);
    put_zigzag(body, static_cast<std::int64_t>(headers.size()));
    for (auto const& header : headers) {
        put_nullable(body, header.name);
        put_nullable(body,
                     header.value ? std::optional<std::string_view>(*header.value) : std::nullopt);
    }
    put_zigzag(records_, static_cast<std::int64_t>(body.size()));
    records_.append(body);
    ++count_;
}

std::string log_batch_builder::finish() {
    SLUICE_ASSERT(count_ > 0);
    std::string batch;
    batch.reserve(bytes());
    auto const length = log_batch_header_bytes - log_batch_prefix_bytes + records_.size();
    byte_writer(batch)
        .big(std::int64_t{0})
        .big(static_cast<std::int32_t>(length))
        .big(std::int32_t{0})      // leader epoch: one leader
        .big(magic)
        .big(std::uint32_t{0})     // crc, below
        .big(std::int16_t{0})
        .big(count_ - 1)
        .big(base_timestamp_)
        .big(max_timestamp_)
        .big(std::int64_t{-1})
        .big(std::int16_t{-1})
        .big(std::int32_t{-1})
        .big(count_)
        .raw(records_);
    seal(batch.data(), batch.size());
    *this = {};
    return batch;
}

}  // namespace sluice::store
