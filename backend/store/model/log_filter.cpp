#include "backend/store/model/log_filter.hpp"

#include <algorithm>

#include "backend/store/model/log_varint.hpp"
#include "gateway/core/checksum.hpp"
#include "gateway/core/cursor.hpp"

namespace sluice::store {
namespace {

// Of fields in the header: log_batch.hpp.
constexpr std::size_t length_position = 8;
constexpr std::size_t crc_position = 17;
constexpr std::size_t attributes_position = 21;
constexpr std::size_t base_timestamp_position = 27;
constexpr std::size_t max_timestamp_position = 35;
constexpr std::size_t count_position = 57;

failure bad(char const* what) {
    return failure{error::malformed, std::string("record batch: ") + what};
}

std::int64_t wrapped_sum(std::int64_t left, std::int64_t right) noexcept {
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(left) +
                                     static_cast<std::uint64_t>(right));
}
std::int64_t wrapped_difference(std::int64_t left, std::int64_t right) noexcept {
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(left) -
                                     static_cast<std::uint64_t>(right));
}

// A record and where its bytes are.
struct raw_record {
    log_record_view what;
    std::string_view whole;              // with its length
    char attributes = 0;
    std::string_view behind_time;        // from the offset delta on
};

// The records of a batch, behind its codec, in order.
class raw_records {
public:
    static result<raw_records> open(std::string_view batch, log_batch_header const& header,
                                    std::size_t decompressed_most) {
        raw_records out;
        out.stored_ = batch.substr(log_batch_header_bytes);
        if (header.codec() != log_codec::none) {
            SLUICE_TRY(out.unpacked_,
                       decompress_records(header.codec(), out.stored_, decompressed_most));
        }
        out.header_ = header;
        return out;
    }

    // False: that was the last.
    result<bool> next(raw_record& record) {
        auto const all = header_.codec() == log_codec::none ? stored_ : std::string_view(unpacked_);
        auto const rest = all.substr(at_);
        if (index_++ == header_.record_count) {
            if (!rest.empty()) return bad("trailing bytes");
            return false;
        }
        byte_reader in(rest);
        auto const length = take_zigzag(in);
        if (length < 0 || !in.ok()) return bad("record");
        byte_reader body(in.raw(static_cast<std::size_t>(length)));
        record.attributes = body.little<char>();
        auto const since = take_zigzag(body);
        record.behind_time = body.rest();
        auto const delta = take_zigzag(body);
        record.what.key = take_nullable(body);
        record.what.has_value = take_nullable(body).has_value();
        if (!in.ok() || !body.ok() || delta < 0 || delta > header_.last_offset_delta)
            return bad("record");
        record.what.offset = log_offset{header_.base_offset + delta};
        record.what.timestamp =
            unix_millis{header_.has_append_time() ? header_.max_timestamp
                                                  : wrapped_sum(header_.base_timestamp, since)};
        record.whole = rest.substr(0, rest.size() - in.rest().size());
        at_ += record.whole.size();
        return true;
    }

private:
    log_batch_header header_;
    std::string_view stored_;            // in the batch
    std::string unpacked_;               // instead, of a compressed one
    std::size_t at_ = 0;
    std::int32_t index_ = 0;
};

// The records that stay, as their bytes will be behind the codec.
struct kept_records {
    std::string bytes;
    std::int32_t count = 0;
    bool tombstone = false;
    std::int64_t first_timestamp = std::numeric_limits<std::int64_t>::max();
    std::int64_t last_timestamp = std::numeric_limits<std::int64_t>::min();
};

// With another base timestamp the record's own delta is another one.
void put_record(std::string& out, raw_record const& record, std::int64_t base_timestamp) {
    std::string body(1, record.attributes);
    put_zigzag(body, wrapped_difference(to_underlying(record.what.timestamp), base_timestamp));
    body.append(record.behind_time);
    put_zigzag(out, static_cast<std::int64_t>(body.size()));
    out.append(body);
}

bool stays(log_record_view const& record, log_filter const& filter,
           std::optional<unix_millis> horizon) {
    if (record.offset >= filter.end) return true;
    if (filter.superseded(record)) return false;
    return record.has_value || !horizon || filter.now < *horizon;
}

// `base_timestamp`: the batch's, unless it gets another.
result<kept_records> keep(std::string_view batch, log_batch_header const& header,
                          log_filter const& filter, std::optional<std::int64_t> base_timestamp) {
    SLUICE_TRY(auto records, raw_records::open(batch, header, filter.decompressed_most));
    auto const horizon = delete_horizon(header);
    kept_records out;
    raw_record record;
    for (;;) {
        SLUICE_TRY(bool const more, records.next(record));
        if (!more) return out;
        if (!stays(record.what, filter, horizon)) continue;
        if (base_timestamp) put_record(out.bytes, record, *base_timestamp);
        else out.bytes.append(record.whole);
        ++out.count;
        auto const time = to_underlying(record.what.timestamp);
        out.first_timestamp = std::min(out.first_timestamp, time);
        out.last_timestamp = std::max(out.last_timestamp, time);
        out.tombstone = out.tombstone || !record.what.has_value;
    }
}

void add_batch(filtered_batches& into, std::string_view batch, std::int64_t first,
               std::int64_t last) {
    into.bytes.append(batch);
    ++into.batches;
    into.first_timestamp = std::min(into.first_timestamp, unix_millis{first});
    into.last_timestamp = std::max(into.last_timestamp, unix_millis{last});
}

// The batch with other records in it.
result<std::string> rebuild(std::string_view batch, log_batch_header const& header,
                            kept_records const& kept, std::optional<std::int64_t> horizon) {
    SLUICE_TRY(auto const packed, compress_records(header.codec(), kept.bytes));
    std::string out(batch.substr(0, log_batch_header_bytes));
    out.append(packed);
    auto* const at = out.data();
    store_big(at + length_position, static_cast<std::int32_t>(out.size() - log_batch_prefix_bytes));
    if (horizon) {
        store_big(at + attributes_position,
                  static_cast<std::int16_t>(header.attributes | log_horizon_attribute));
        store_big(at + base_timestamp_position, *horizon);
    }
    if (!header.has_append_time()) store_big(at + max_timestamp_position, kept.last_timestamp);
    store_big(at + count_position, kept.count);
    store_big(at + crc_position,
              crc32c(as_bytes(std::string_view(out).substr(attributes_position))));
    return out;
}

}  // namespace

void filtered_batches::add(filtered_batches const& behind) {
    bytes.append(behind.bytes);
    batches += behind.batches;
    first_timestamp = std::min(first_timestamp, behind.first_timestamp);
    last_timestamp = std::max(last_timestamp, behind.last_timestamp);
    records_gone += behind.records_gone;
    changed = changed || behind.changed;
}

result<void> walk_log_batch(std::string_view batch, std::size_t decompressed_most,
                            std::function<bool(log_record_view const&)> const& each) {
    SLUICE_TRY(auto const header, check_log_batch(batch));
    SLUICE_TRY(auto records, raw_records::open(batch, header, decompressed_most));
    raw_record record;
    for (;;) {
        SLUICE_TRY(bool const more, records.next(record));
        if (!more || !each(record.what)) return success();
    }
}

result<void> filter_log_batch(std::string_view batch, log_filter const& filter,
                              filtered_batches& into) {
    SLUICE_TRY(auto const header, check_log_batch(batch));
    auto const as_it_is = [&] {
        auto const first = delete_horizon(header)
                               ? header.max_timestamp
                               : std::min(header.base_timestamp, header.max_timestamp);
        add_batch(into, batch, first, header.max_timestamp);
    };
    if (header.is_control() || header.base_offset >= to_underlying(filter.end)) {
        as_it_is();
        return success();
    }
    SLUICE_TRY(auto kept, keep(batch, header, filter, std::nullopt));
    into.records_gone += static_cast<std::uint64_t>(header.record_count - kept.count);
    if (kept.count == 0) {
        into.changed = true;
        return success();
    }
    bool const meets_tombstone = kept.tombstone && !delete_horizon(header);
    if (kept.count == header.record_count && !meets_tombstone) {
        as_it_is();
        return success();
    }
    std::optional<std::int64_t> horizon;
    if (meets_tombstone) {
        auto const now = to_underlying(filter.now);
        auto const most = std::numeric_limits<std::int64_t>::max();
        horizon = filter.tombstones_stay_ms > most - now ? most : now + filter.tombstones_stay_ms;
        SLUICE_TRY(kept, keep(batch, header, filter, horizon));
    }
    SLUICE_TRY(auto const made, rebuild(batch, header, kept, horizon));
    auto const last = header.has_append_time() ? header.max_timestamp : kept.last_timestamp;
    add_batch(into, made, kept.first_timestamp, last);
    into.changed = true;
    return success();
}

}  // namespace sluice::store
