// The rules of check about buckets, objects, uploads and id counters.
#include <algorithm>

#include <fmt/format.h>

#include "backend/store/audit_log.hpp"
#include "backend/store/check_run.hpp"
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
        auto const attributes = decode_attributes(record->attributes);
        if (!attributes) violate_at(check_rule::record, key, attributes.error().describe());
        else if (attributes->encryption.empty() && record->size != record->stored)
            violate_at(check_rule::payload, key,
                       fmt::format("says {} bytes, stores {} and is not encrypted", record->size,
                                   record->stored));
        highest_upload_ = std::max(highest_upload_, to_underlying(record->upload));
        highest_version_ = std::max(highest_version_, to_underlying(parsed->version));
        if (record->payload != payload_id{})
            return check_length(key, record->payload, record->stored);
        if (record->bytes.size() != record->stored)
            violate_at(check_rule::record, key,
                       fmt::format("says {} bytes and holds {}", record->stored,
                                   record->bytes.size()));
    });
}

void check_run::check_null_versions() {
    scan(kv::family::object, keys::all_of(keys::key_kind::null_version),
         [this](std::string_view key, std::string_view value) {
        auto const parsed = keys::parse_null_version(key);
        if (!parsed) return violate_at(check_rule::record, key, parsed.error().describe());
        auto const number = decode_null_version(value);
        if (!number) return violate_at(check_rule::record, key, number.error().describe());
        auto const stored =
            get(kv::family::object, keys::object(parsed->dataset, parsed->key, *number));
        if (!stored) return violate_at(check_rule::record, key, "names a version that is not there");
        auto const record = decode_object(*stored);
        if (record && !record->is_null)
            violate_at(check_rule::record, key, "names a version that is not the null version");
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
            return check_length(key, record->payload, record->stored);
        if (record->stored != 0) violate_at(check_rule::record, key, "has a size and no payload");
    });
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
