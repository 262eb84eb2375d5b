#include "backend/kv/key_space.hpp"

#include <algorithm>

#include "backend/kv/key_codec.hpp"
#include "gateway/core/assert.hpp"
#include "gateway/core/cursor.hpp"

namespace sluice::kv::key_space {
namespace {

std::string start(key_kind kind) { return std::string(1, static_cast<char>(kind)); }

std::string with_text(key_kind kind, std::string_view text) {
    auto key = start(kind);
    key.append(text);
    return key;
}

std::string with_u64(key_kind kind, std::uint64_t value) {
    auto key = start(kind);
    byte_writer(key).big(value);
    return key;
}

key_range prefixed(std::string prefix) {
    auto upper = past_prefix(prefix);
    return {std::move(prefix), std::move(upper)};
}

// kind, dataset, the escaped text without its end mark: what all keys with that text prefix start
// with.
std::string text_prefix(key_kind kind, dataset_id dataset, std::string_view text) {
    auto key = with_u64(kind, to_underlying(dataset));
    append_escaped(key, text);
    return key;
}

std::string whole_text(key_kind kind, dataset_id dataset, std::string_view text) {
    auto key = text_prefix(kind, dataset, text);
    append_end_mark(key);
    return key;
}

key_range text_range(key_kind kind, dataset_id dataset, std::string_view prefix,
                     std::string_view after) {
    auto range = prefixed(text_prefix(kind, dataset, prefix));
    if (!after.empty())
        range.lower = std::max(range.lower, past_prefix(whole_text(kind, dataset, after)));
    range.lower = std::min(range.lower, range.upper);
    return range;
}

std::string with_log(key_kind kind, dataset_id dataset, partition_index partition) {
    SLUICE_ASSERT(to_underlying(partition) >= 0);
    auto key = with_u64(kind, to_underlying(dataset));
    byte_writer(key).big(static_cast<std::uint32_t>(to_underlying(partition)));
    return key;
}

failure not_a(char const* what, std::string_view key) {
    return {error::corrupt, std::string("not a key of kind ") + what + ": " + hex_of(key)};
}

// Reads the kind byte; a reader of another kind fails at once.
byte_reader open(key_kind kind, std::string_view key) {
    byte_reader in(key);
    if (in.little<char>() != static_cast<char>(kind)) in.fail();
    return in;
}

bool complete(byte_reader const& in) { return in.ok() && in.at_end(); }

key_range encoded_range(key_kind kind, dataset_id dataset, std::string_view first,
                        std::string_view last) {
    auto range = prefixed(with_u64(kind, to_underlying(dataset)));
    if (!last.empty()) range.upper = range.lower + std::string(last);
    range.lower.append(first);
    range.lower = std::min(range.lower, range.upper);
    return range;
}

result<row_key> parse_encoded(key_kind kind, std::string_view key, char const* what) {
    auto in = open(kind, key);
    row_key parsed;
    parsed.dataset = dataset_id{in.big<std::uint64_t>()};
    parsed.key = in.rest();
    if (!in.ok()) return not_a(what, key);
    return parsed;
}

}  // namespace

std::string applied_lsn() { return start(key_kind::applied_lsn); }
std::string begun_lsn() { return start(key_kind::begun_lsn); }
std::string id_counter(std::string_view name) { return with_text(key_kind::id_counter, name); }
std::string setting(std::string_view name) { return with_text(key_kind::setting, name); }

std::string bucket(std::string_view name) { return with_text(key_kind::bucket, name); }
key_range buckets() { return all_of(key_kind::bucket); }
key_range buckets(std::string_view prefix, std::string_view after) {
    auto range = prefixed(bucket(prefix));
    if (!after.empty()) range.lower = std::max(range.lower, past_key(bucket(after)));
    range.lower = std::min(range.lower, range.upper);
    return range;
}
result<std::string> parse_bucket(std::string_view key) {
    auto in = open(key_kind::bucket, key);
    if (!in.ok()) return not_a("bucket", key);
    return std::string(in.rest());
}

std::string dropped(dataset_id dataset) {
    return with_u64(key_kind::dropped, to_underlying(dataset));
}
key_range all_dropped() { return all_of(key_kind::dropped); }
result<dataset_id> parse_dropped(std::string_view key) {
    auto in = open(key_kind::dropped, key);
    auto parsed = dataset_id{in.big<std::uint64_t>()};
    if (!complete(in)) return not_a("dropped", key);
    return parsed;
}

std::string topic(std::string_view name) { return with_text(key_kind::topic, name); }
key_range topics() { return all_of(key_kind::topic); }
result<std::string> parse_topic(std::string_view key) {
    auto in = open(key_kind::topic, key);
    if (!in.ok()) return not_a("topic", key);
    return std::string(in.rest());
}

std::string group_state(std::string_view group) { return with_text(key_kind::group_state, group); }
key_range group_states(std::string_view after) {
    auto range = all_of(key_kind::group_state);
    if (!after.empty()) range.lower = past_key(group_state(after));
    return range;
}
result<std::string> parse_group_state(std::string_view key) {
    auto in = open(key_kind::group_state, key);
    if (!in.ok()) return not_a("group state", key);
    return std::string(in.rest());
}

std::string transaction_state(std::string_view id) {
    return with_text(key_kind::transaction_state, id);
}
key_range transaction_states(std::string_view after) {
    auto range = all_of(key_kind::transaction_state);
    if (!after.empty()) range.lower = past_key(transaction_state(after));
    return range;
}
result<std::string> parse_transaction_state(std::string_view key) {
    auto in = open(key_kind::transaction_state, key);
    if (!in.ok()) return not_a("transaction state", key);
    return std::string(in.rest());
}

std::string group_offset(std::string_view group, dataset_id dataset, partition_index partition) {
    SLUICE_ASSERT(to_underlying(partition) >= 0);
    auto key = group_offsets(group).lower;
    byte_writer(key)
        .big(to_underlying(dataset))
        .big(static_cast<std::uint32_t>(to_underlying(partition)));
    return key;
}
key_range group_offsets(std::string_view group) {
    auto key = start(key_kind::group_offset);
    append_escaped(key, group);
    append_end_mark(key);
    return prefixed(std::move(key));
}
result<group_offset_key> parse_group_offset(std::string_view key) {
    auto in = open(key_kind::group_offset, key);
    group_offset_key parsed;
    parsed.group = take_escaped(in);
    parsed.dataset = dataset_id{in.big<std::uint64_t>()};
    parsed.partition = partition_index{in.big<std::int32_t>()};
    if (!complete(in) || to_underlying(parsed.partition) < 0) return not_a("group offset", key);
    return parsed;
}

std::string transaction_offset(std::string_view id, std::string_view group, dataset_id dataset,
                               partition_index partition) {
    SLUICE_ASSERT(to_underlying(partition) >= 0);
    auto key = transaction_offsets(id).lower;
    append_escaped(key, group);
    append_end_mark(key);
    byte_writer(key)
        .big(to_underlying(dataset))
        .big(static_cast<std::uint32_t>(to_underlying(partition)));
    return key;
}
key_range transaction_offsets(std::string_view id) {
    auto key = start(key_kind::transaction_offset);
    append_escaped(key, id);
    append_end_mark(key);
    return prefixed(std::move(key));
}
result<transaction_offset_key> parse_transaction_offset(std::string_view key) {
    auto in = open(key_kind::transaction_offset, key);
    transaction_offset_key parsed;
    parsed.id = take_escaped(in);
    parsed.offset.group = take_escaped(in);
    parsed.offset.dataset = dataset_id{in.big<std::uint64_t>()};
    parsed.offset.partition = partition_index{in.big<std::int32_t>()};
    if (!complete(in) || to_underlying(parsed.offset.partition) < 0)
        return not_a("transaction offset", key);
    return parsed;
}

std::string identity(std::string_view kind, std::string_view id) {
    auto key = identities(kind).lower;
    key.append(id);
    return key;
}
key_range identities(std::string_view kind) {
    auto key = start(key_kind::identity);
    append_escaped(key, kind);
    append_end_mark(key);
    return prefixed(std::move(key));
}
result<identity_key> parse_identity(std::string_view key) {
    auto in = open(key_kind::identity, key);
    identity_key parsed;
    parsed.kind = take_escaped(in);
    parsed.id = in.rest();
    if (!in.ok()) return not_a("identity", key);
    return parsed;
}

std::string object(dataset_id dataset, std::string_view text, object_version version) {
    auto key = whole_text(key_kind::object, dataset, text);
    byte_writer(key).big(~to_underlying(version));
    return key;
}
key_range objects(dataset_id dataset, std::string_view prefix, std::string_view after) {
    return text_range(key_kind::object, dataset, prefix, after);
}
key_range object_versions(dataset_id dataset, std::string_view key) {
    return prefixed(whole_text(key_kind::object, dataset, key));
}
std::string past_object(dataset_id dataset, std::string_view key) {
    return past_prefix(whole_text(key_kind::object, dataset, key));
}
std::string past_object_prefix(dataset_id dataset, std::string_view prefix) {
    return past_prefix(text_prefix(key_kind::object, dataset, prefix));
}
result<object_key> parse_object(std::string_view key) {
    auto in = open(key_kind::object, key);
    object_key parsed;
    parsed.dataset = dataset_id{in.big<std::uint64_t>()};
    parsed.key = take_escaped(in);
    parsed.version = object_version{~in.big<std::uint64_t>()};
    if (!complete(in)) return not_a("object", key);
    return parsed;
}

std::string null_version(dataset_id dataset, std::string_view key) {
    return whole_text(key_kind::null_version, dataset, key);
}
result<null_version_key> parse_null_version(std::string_view key) {
    auto in = open(key_kind::null_version, key);
    null_version_key parsed;
    parsed.dataset = dataset_id{in.big<std::uint64_t>()};
    parsed.key = take_escaped(in);
    if (!complete(in)) return not_a("null version", key);
    return parsed;
}

std::string upload(dataset_id dataset, std::string_view text, upload_id id) {
    auto key = whole_text(key_kind::upload, dataset, text);
    byte_writer(key).big(to_underlying(id));
    return key;
}
key_range uploads(dataset_id dataset, std::string_view prefix, std::string_view after) {
    return text_range(key_kind::upload, dataset, prefix, after);
}
std::string past_upload_key(dataset_id dataset, std::string_view key) {
    return past_prefix(whole_text(key_kind::upload, dataset, key));
}
std::string past_upload_prefix(dataset_id dataset, std::string_view prefix) {
    return past_prefix(text_prefix(key_kind::upload, dataset, prefix));
}
result<upload_key> parse_upload(std::string_view key) {
    auto in = open(key_kind::upload, key);
    upload_key parsed;
    parsed.dataset = dataset_id{in.big<std::uint64_t>()};
    parsed.key = take_escaped(in);
    parsed.upload = upload_id{in.big<std::uint64_t>()};
    if (!complete(in)) return not_a("upload", key);
    return parsed;
}

std::string part(upload_id upload, std::uint32_t number) {
    auto key = with_u64(key_kind::part, to_underlying(upload));
    byte_writer(key).big(number);
    return key;
}
key_range parts(upload_id upload) { return prefixed(with_u64(key_kind::part,
    to_underlying(upload))); }
result<part_key> parse_part(std::string_view key) {
    auto in = open(key_kind::part, key);
    part_key parsed;
    parsed.upload = upload_id{in.big<std::uint64_t>()};
    parsed.number = in.big<std::uint32_t>();
    if (!complete(in)) return not_a("part", key);
    return parsed;
}

std::string payload_head(payload_id payload) {
    return with_u64(key_kind::payload_head, to_underlying(payload));
}
key_range payload_heads() { return all_of(key_kind::payload_head); }
result<payload_id> parse_payload_head(std::string_view key) {
    auto in = open(key_kind::payload_head, key);
    auto parsed = payload_id{in.big<std::uint64_t>()};
    if (!complete(in)) return not_a("payload head", key);
    return parsed;
}

std::string extent(payload_id payload, std::uint64_t offset) {
    auto key = with_u64(key_kind::extent, to_underlying(payload));
    byte_writer(key).big(offset);
    return key;
}
key_range extents(payload_id payload) {
    return prefixed(with_u64(key_kind::extent, to_underlying(payload)));
}
key_range all_extents() { return all_of(key_kind::extent); }
result<extent_key> parse_extent(std::string_view key) {
    auto in = open(key_kind::extent, key);
    extent_key parsed;
    parsed.payload = payload_id{in.big<std::uint64_t>()};
    parsed.offset = in.big<std::uint64_t>();
    if (!complete(in)) return not_a("extent", key);
    return parsed;
}

std::string reverse_entry(segment_id segment, std::uint32_t offset) {
    auto key = reverse_entries(segment).lower;
    byte_writer(key).big(offset);
    return key;
}
key_range reverse_entries(segment_id segment) {
    auto key = start(key_kind::reverse_entry);
    byte_writer(key).big(to_underlying(segment));
    return prefixed(std::move(key));
}
key_range all_reverse_entries() { return all_of(key_kind::reverse_entry); }
result<reverse_key> parse_reverse_entry(std::string_view key) {
    auto in = open(key_kind::reverse_entry, key);
    reverse_key parsed;
    parsed.segment = segment_id{in.big<std::uint32_t>()};
    parsed.offset = in.big<std::uint32_t>();
    if (!complete(in)) return not_a("reverse entry", key);
    return parsed;
}

std::string unreferenced_payload(payload_id payload) {
    return with_u64(key_kind::unreferenced, to_underlying(payload));
}
key_range unreferenced_payloads() { return all_of(key_kind::unreferenced); }
result<payload_id> parse_unreferenced_payload(std::string_view key) {
    auto in = open(key_kind::unreferenced, key);
    auto id = in.big<std::uint64_t>();
    if (!complete(in)) return not_a("unreferenced payload", key);
    return payload_id{id};
}

std::string log_state(dataset_id dataset, partition_index partition) {
    return with_log(key_kind::log_state, dataset, partition);
}
key_range log_states(dataset_id dataset) {
    return prefixed(with_u64(key_kind::log_state, to_underlying(dataset)));
}
key_range all_log_states() { return all_of(key_kind::log_state); }
result<log_key> parse_log_state(std::string_view key) {
    auto in = open(key_kind::log_state, key);
    log_key parsed;
    parsed.dataset = dataset_id{in.big<std::uint64_t>()};
    parsed.partition = partition_index{in.big<std::int32_t>()};
    if (!complete(in) || to_underlying(parsed.partition) < 0) return not_a("log state", key);
    return parsed;
}

std::string log_clean(dataset_id dataset, partition_index partition) {
    return with_log(key_kind::log_clean, dataset, partition);
}
key_range all_log_cleans() { return all_of(key_kind::log_clean); }
result<log_key> parse_log_clean(std::string_view key) {
    auto in = open(key_kind::log_clean, key);
    log_key parsed;
    parsed.dataset = dataset_id{in.big<std::uint64_t>()};
    parsed.partition = partition_index{in.big<std::int32_t>()};
    if (!complete(in) || to_underlying(parsed.partition) < 0) return not_a("log clean", key);
    return parsed;
}

std::string log_run(dataset_id dataset, partition_index partition, log_offset base,
                    std::uint16_t piece) {
    SLUICE_ASSERT(to_underlying(base) >= 0);
    auto key = with_log(key_kind::log_run, dataset, partition);
    byte_writer(key).big(to_underlying(base));
    if (piece > 0) byte_writer(key).big(piece);
    return key;
}
key_range log_runs(dataset_id dataset, partition_index partition) {
    return prefixed(with_log(key_kind::log_run, dataset, partition));
}
key_range log_runs(dataset_id dataset) {
    return prefixed(with_u64(key_kind::log_run, to_underlying(dataset)));
}
key_range all_log_runs() { return all_of(key_kind::log_run); }
result<log_run_key> parse_log_run(std::string_view key) {
    auto in = open(key_kind::log_run, key);
    log_run_key parsed;
    parsed.dataset = dataset_id{in.big<std::uint64_t>()};
    parsed.partition = partition_index{in.big<std::int32_t>()};
    parsed.base = log_offset{in.big<std::int64_t>()};
    bool const has_piece = in.ok() && !in.at_end();
    if (has_piece) parsed.piece = in.big<std::uint16_t>();
    if (!complete(in) || to_underlying(parsed.partition) < 0 || to_underlying(parsed.base) < 0 ||
        has_piece != (parsed.piece > 0))
        return not_a("log run", key);
    return parsed;
}

std::string row(dataset_id table, std::string_view key) {
    return with_u64(key_kind::row, to_underlying(table)).append(key);
}
key_range rows(dataset_id table, std::string_view first, std::string_view last) {
    return encoded_range(key_kind::row, table, first, last);
}
result<row_key> parse_row(std::string_view key) {
    return parse_encoded(key_kind::row, key, "row");
}
std::string index_entry(dataset_id index, std::string_view key) {
    return with_u64(key_kind::index_entry, to_underlying(index)).append(key);
}
key_range index_entries(dataset_id index, std::string_view first, std::string_view last) {
    return encoded_range(key_kind::index_entry, index, first, last);
}
result<row_key> parse_index_entry(std::string_view key) {
    return parse_encoded(key_kind::index_entry, key, "index entry");
}

std::string producer_state(dataset_id dataset, partition_index partition, std::int64_t producer) {
    SLUICE_ASSERT(producer >= 0);
    auto key = with_log(key_kind::producer_state, dataset, partition);
    byte_writer(key).big(producer);
    return key;
}
key_range producer_states(dataset_id dataset, partition_index partition) {
    return prefixed(with_log(key_kind::producer_state, dataset, partition));
}
key_range producer_states(dataset_id dataset) {
    return prefixed(with_u64(key_kind::producer_state, to_underlying(dataset)));
}
result<producer_key> parse_producer_state(std::string_view key) {
    auto in = open(key_kind::producer_state, key);
    producer_key parsed;
    parsed.dataset = dataset_id{in.big<std::uint64_t>()};
    parsed.partition = partition_index{in.big<std::int32_t>()};
    parsed.producer = in.big<std::int64_t>();
    if (!complete(in) || to_underlying(parsed.partition) < 0 || parsed.producer < 0)
        return not_a("producer state", key);
    return parsed;
}

std::string aborted_transaction(dataset_id dataset, partition_index partition, log_offset marker) {
    SLUICE_ASSERT(to_underlying(marker) >= 0);
    auto key = with_log(key_kind::aborted_transaction, dataset, partition);
    byte_writer(key).big(to_underlying(marker));
    return key;
}
key_range aborted_transactions(dataset_id dataset, partition_index partition) {
    return prefixed(with_log(key_kind::aborted_transaction, dataset, partition));
}
result<aborted_key> parse_aborted_transaction(std::string_view key) {
    auto in = open(key_kind::aborted_transaction, key);
    aborted_key parsed;
    parsed.dataset = dataset_id{in.big<std::uint64_t>()};
    parsed.partition = partition_index{in.big<std::int32_t>()};
    parsed.marker = log_offset{in.big<std::int64_t>()};
    if (!complete(in) || to_underlying(parsed.partition) < 0 || to_underlying(parsed.marker) < 0)
        return not_a("aborted transaction", key);
    return parsed;
}

std::string dropped_log(dataset_id dataset) {
    return with_u64(key_kind::dropped_log, to_underlying(dataset));
}
key_range dropped_logs() { return all_of(key_kind::dropped_log); }
result<dataset_id> parse_dropped_log(std::string_view key) {
    auto in = open(key_kind::dropped_log, key);
    auto const dataset = dataset_id{in.big<std::uint64_t>()};
    if (!complete(in)) return not_a("dropped log", key);
    return dataset;
}

key_range all_of(key_kind kind) { return prefixed(start(kind)); }

family family_of(key_kind kind) noexcept {
    switch (kind) {
        case key_kind::applied_lsn:
        case key_kind::begun_lsn:
        case key_kind::dropped:
        case key_kind::id_counter:
        case key_kind::bucket:
        case key_kind::identity:
        case key_kind::setting:
        case key_kind::topic:
        case key_kind::group_offset:
        case key_kind::transaction_state:
        case key_kind::transaction_offset:
        case key_kind::group_state: return family::meta;
        case key_kind::object:
        case key_kind::upload:
        case key_kind::part:
        case key_kind::null_version: return family::object;
        case key_kind::payload_head:
        case key_kind::extent:
        case key_kind::reverse_entry:
        case key_kind::unreferenced: return family::payload;
        case key_kind::log_state:
        case key_kind::log_run:
        case key_kind::log_clean:
        case key_kind::producer_state:
        case key_kind::aborted_transaction:
        case key_kind::dropped_log: return family::log;
        case key_kind::row:
        case key_kind::index_entry: return family::row;
    }
    return family::meta;
}

std::string past_prefix(std::string_view prefix) {
    std::string past(prefix);
    while (!past.empty() && past.back() == '\xff') past.pop_back();
    if (!past.empty()) past.back() = static_cast<char>(static_cast<unsigned char>(past.back()) + 1);
    return past;
}

std::string past_key(std::string_view key) {
    std::string past(key);
    past.push_back('\0');
    return past;
}

}  // namespace sluice::kv::key_space
