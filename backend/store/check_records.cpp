// The rules of check about buckets, objects, uploads, logs and id counters.
#include <algorithm>

#include <fmt/format.h>

#include "backend/store/audit_log.hpp"
#include "backend/store/check_run.hpp"
#include "backend/store/log_batch.hpp"
#include "backend/store/log_run_record.hpp"
#include "backend/store/object_records.hpp"
#include "gateway/core/cursor.hpp"

namespace sluice::store {

namespace keys = kv::key_space;

void check_run::check_buckets() {
    scan(kv::family::meta, keys::buckets(), [this](std::string_view key, std::string_view value) {
        ++report_.buckets;
        auto const record = decode_bucket(value);
        if (!record) return violate_at(check_rule::record, key, record.error().describe());
        check_commit_lsn(key, record->changed);
        highest_dataset_ = std::max(highest_dataset_, to_underlying(record->id));
        if (record->id == dataset_id{} || record->id == audit_dataset ||
            !datasets_.insert(record->id).second)
            violate_at(check_rule::record, key,
                       fmt::format("shares dataset {}", to_underlying(record->id)));
    });
}

void check_run::check_length(std::string_view key, payload_id payload, std::uint64_t size) {
    highest_payload_ = std::max(highest_payload_, to_underlying(payload));
    auto const stored = get(kv::family::payload, keys::payload_head(payload));
    if (!stored) return violate_at(check_rule::reference, key,
                                   fmt::format("names payload {}, which is not there",
                                               to_underlying(payload)));
    auto const head = decode_payload_head(*stored);   // reported where heads are checked
    if (head && head->length != size)
        violate_at(check_rule::payload, key,
                   fmt::format("has {} bytes, its payload {} has {}", size,
                                                         to_underlying(payload), head->length));
}

void check_run::check_objects() {
    scan(kv::family::object, keys::all_of(keys::key_kind::object),
         [this](std::string_view key, std::string_view value) {
        ++report_.objects;
        auto const parsed = keys::parse_object(key);
        if (!parsed) return violate_at(check_rule::record, key, parsed.error().describe());
        auto const record = decode_object(value);
        if (!record) return violate_at(check_rule::record, key, record.error().describe());
        check_commit_lsn(key, record->changed);
        if (!datasets_.contains(parsed->dataset))
            violate_at(check_rule::record, key, "its bucket does not exist");
        if (auto attributes = decode_attributes(record->attributes); !attributes)
            violate_at(check_rule::record, key, attributes.error().describe());
        highest_upload_ = std::max(highest_upload_, to_underlying(record->upload));
        if (record->payload != payload_id{})
            return check_length(key, record->payload, record->size);
        if (record->bytes.size() != record->size)
            violate_at(check_rule::record, key,
                       fmt::format("says {} bytes and holds {}", record->size,
                                   record->bytes.size()));
    });
}

void check_run::check_uploads() {
    std::set<std::uint64_t> known;   // uploads under way: at most limits.uploads
    scan(kv::family::object, keys::all_of(keys::key_kind::upload),
         [&](std::string_view key, std::string_view value) {
        ++report_.uploads;
        auto const parsed = keys::parse_upload(key);
        if (!parsed) return violate_at(check_rule::record, key, parsed.error().describe());
        known.insert(to_underlying(parsed->upload));
        highest_upload_ = std::max(highest_upload_, to_underlying(parsed->upload));
        auto const record = decode_upload(value);
        if (!record) return violate_at(check_rule::record, key, record.error().describe());
        check_commit_lsn(key, record->changed);
        if (!datasets_.contains(parsed->dataset))
            violate_at(check_rule::record, key, "its bucket does not exist");
    });
    scan(kv::family::object, keys::all_of(keys::key_kind::part),
         [&](std::string_view key, std::string_view value) {
        ++report_.parts;
        auto const parsed = keys::parse_part(key);
        if (!parsed) return violate_at(check_rule::record, key, parsed.error().describe());
        if (!known.contains(to_underlying(parsed->upload)))
            violate_at(check_rule::record, key, "its upload does not exist");
        auto const record = decode_part(value);
        if (!record) return violate_at(check_rule::record, key, record.error().describe());
        check_commit_lsn(key, record->changed);
        if (record->payload != payload_id{})
            return check_length(key, record->payload, record->size);
        if (record->size != 0) violate_at(check_rule::record, key, "has a size and no payload");
    });
}

void check_run::check_logs() {
    keys::log_run_key previous;
    std::uint64_t previous_end = 0;
    scan(kv::family::log, keys::all_log_runs(), [&](std::string_view key, std::string_view value) {
        ++report_.log_runs;
        check_log_run(key, value, previous, previous_end);
    });
}

void check_run::check_log_run(std::string_view key, std::string_view value,
                              keys::log_run_key& previous,
                              std::uint64_t& previous_end) {
    auto const parsed = keys::parse_log_run(key);
    if (!parsed) return violate_at(check_rule::record, key, parsed.error().describe());
    auto const record = decode_log_run(value);
    if (!record) return violate_at(check_rule::record, key, record.error().describe());
    check_commit_lsn(key, record->changed);
    auto const base = static_cast<std::uint64_t>(to_underlying(parsed->base));
    bool const same_log = previous.dataset == parsed->dataset &&
        previous.partition == parsed->partition;
    if (same_log && base < previous_end)
        violate_at(check_rule::log, key,
                   fmt::format("starts inside the run before it, which ends at {}", previous_end));
    // The audit log is append-only: nothing may ever be missing from it.
    if (parsed->dataset == audit_dataset && base > (same_log ? previous_end : 0))
        violate_at(check_rule::log, key, fmt::format("audit records from {} on are missing",
            same_log ? previous_end : 0));
    previous = *parsed;
    previous_end = base + record->offsets;

    reverse_record expected;
    expected.kind = reverse_record::owner_kind::log;
    expected.dataset = parsed->dataset;
    expected.partition = parsed->partition;
    expected.base = parsed->base;
    expected.length = record->length;
    check_reverse_of(key, record->at, expected);
    if (!end_of(record->at, record->length, record->length))
        return violate_at(check_rule::place, key, "lies outside of the segments in use");
    if (record->length == 0 || record->length > journal::frame_body_limit)
        return violate_at(check_rule::record, key, fmt::format("says {} bytes", record->length));
    if (!options_.read_bytes || !read_frame(key, record->at,
                                            log_frame_owner(parsed->dataset, parsed->partition), base,
                                            record->length))
        return;
    auto const bytes = as_chars(body_.span(0, record->length));
    check_batches(key, bytes, to_underlying(parsed->base), record->offsets);
}

void check_run::check_batches(std::string_view key, std::string_view batches, std::int64_t base,
                              std::uint64_t offsets) {
    auto next_offset = base;
    while (!batches.empty()) {
        auto header = parse_log_batch_header(batches);
        if (header && header->total_bytes() <= batches.size())
            header = check_log_batch(batches.substr(0, header->total_bytes()));
        if (!header) return violate_at(check_rule::log, key, header.error().describe());
        if (header->total_bytes() > batches.size())
            return violate_at(check_rule::log, key, "a batch ends too early");
        if (header->base_offset != next_offset)
            return violate_at(check_rule::log, key,
                              fmt::format("a batch says offset {} instead of {}",
                                                                header->base_offset, next_offset));
        next_offset += std::int64_t{header->last_offset_delta} + 1;
        batches.remove_prefix(header->total_bytes());
    }
    if (static_cast<std::uint64_t>(next_offset - base) != offsets)
        violate_at(check_rule::log, key, fmt::format("says {} offsets and holds {}", offsets,
            next_offset - base));
}

void check_run::check_counter(std::string_view name, std::uint64_t highest) {
    auto const key = keys::id_counter(name);
    auto const stored = get(kv::family::meta, key);
    std::uint64_t next_free = 0;
    if (stored) {
        byte_reader in(*stored);
        next_free = in.little<std::uint64_t>();
        if (!in.ok() || !in.at_end()) return violate_at(check_rule::record, key, "does not parse");
    }
    if (highest >= next_free && highest != 0)
        violate_at(check_rule::counter, key,
                   fmt::format("hands out {} next, and {} is in use", next_free, highest));
}

}  // namespace sluice::store
