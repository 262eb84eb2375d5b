// Every key of the index is built and taken apart here and nowhere else. Layout, kinds and the reasons:
// gateway/design/0003-key-space.md; vectors: tests/golden/key_space. Byte order of keys is the order of the
// fields, so ranges of fields are ranges of keys.
//
// Pure functions, any thread. Builders take strong ids and return the key's bytes; parsers take the bytes
// that a cursor of the right family stands on and answer `corrupt` when they are no such key.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "backend/kv/mutation_batch.hpp"
#include "gateway/core/ids.hpp"
#include "gateway/core/result.hpp"

namespace sluice::kv::key_space {

// [lower, upper): what index::scan takes.
struct key_range {
    std::string lower;
    std::string upper;
};

// The first byte of every key. Unique over all families, so that a key names its kind by itself.
enum class key_kind : char {
    applied_lsn = 'A',
    begun_lsn = 'B',
    id_counter = 'C',
    bucket = 'b',
    dropped = 'D',
    identity = 'p',
    setting = 's',
    object = 'o',
    upload = 'u',
    part = 'r',
    null_version = 'n',
    payload_head = 'h',
    extent = 'x',
    reverse_entry = 'v',
    unreferenced = 'g',
    log_state = 'd',
    log_run = 'e',
    row = 'R',
    index_entry = 'U',

    topic = 't',
    group_offset = 'O',
    group_state = 'G',
    producer_state = 'q',
    dropped_log = 'z',
    log_clean = 'k',
    transaction_state = 'T',
    transaction_offset = 'F',
    aborted_transaction = 'a',
};

// meta ------------------------------------------------------------------------------------------------
std::string applied_lsn();
// The last large transaction whose chunks began to be applied.
std::string begun_lsn();
std::string id_counter(std::string_view name);
std::string setting(std::string_view name);

std::string bucket(std::string_view name);
key_range buckets();
// Buckets whose name starts with `prefix` and sorts behind `after` (empty: from the first).
key_range buckets(std::string_view prefix, std::string_view after);
result<std::string> parse_bucket(std::string_view key);

// Tables and indexes that were dropped and whose keys are erased in the background.
std::string dropped(dataset_id);
key_range all_dropped();
result<dataset_id> parse_dropped(std::string_view key);

std::string topic(std::string_view name);
key_range topics();
result<std::string> parse_topic(std::string_view key);

// The coordinator's durable state of a group.
std::string group_state(std::string_view group);
// Groups whose name sorts behind `after` (empty: from the first).
key_range group_states(std::string_view after);
result<std::string> parse_group_state(std::string_view key);

// The coordinator's durable state of a transactional id.
std::string transaction_state(std::string_view id);
// Those after `after`, all of them when it is empty.
key_range transaction_states(std::string_view after);
result<std::string> parse_transaction_state(std::string_view key);

struct group_offset_key {
    std::string group;
    dataset_id dataset{};
    partition_index partition{};
    auto operator<=>(group_offset_key const&) const = default;
};
std::string group_offset(std::string_view group, dataset_id, partition_index);
key_range group_offsets(std::string_view group);
result<group_offset_key> parse_group_offset(std::string_view key);

// An offset that a transaction will commit for a group.
struct transaction_offset_key {
    std::string id;
    group_offset_key offset;
    auto operator<=>(transaction_offset_key const&) const = default;
};
std::string transaction_offset(std::string_view id, std::string_view group, dataset_id,
                               partition_index);
key_range transaction_offsets(std::string_view id);
result<transaction_offset_key> parse_transaction_offset(std::string_view key);

struct identity_key {
    std::string kind;   // "principal", "credential", "rule", ...: auth's own
    std::string id;
    auto operator<=>(identity_key const&) const = default;
};
std::string identity(std::string_view kind, std::string_view id);
key_range identities(std::string_view kind);
result<identity_key> parse_identity(std::string_view key);

// object ----------------------------------------------------------------------------------------------
struct object_key {
    dataset_id dataset{};
    std::string key;
    object_version version{};
    auto operator<=>(object_key const&) const = default;
};
std::string object(dataset_id, std::string_view key, object_version);
// All objects of the dataset whose key starts with `prefix` and sorts behind `after` (all its versions are
// skipped; empty: from the first).
key_range objects(dataset_id, std::string_view prefix = {}, std::string_view after = {});
// All versions of one key, newest first.
key_range object_versions(dataset_id, std::string_view key);
// Where to seek to skip all versions of `key`.
std::string past_object(dataset_id, std::string_view key);
// Where to seek to skip everything that starts with `prefix` (delimiter listing).
std::string past_object_prefix(dataset_id, std::string_view prefix);
result<object_key> parse_object(std::string_view key);

// The number of the key's null version, when that has one. An object is there under it.
std::string null_version(dataset_id, std::string_view key);
struct null_version_key {
    dataset_id dataset{};
    std::string key;
    auto operator<=>(null_version_key const&) const = default;
};
result<null_version_key> parse_null_version(std::string_view key);

struct upload_key {
    dataset_id dataset{};
    std::string key;
    upload_id upload{};
    auto operator<=>(upload_key const&) const = default;
};
std::string upload(dataset_id, std::string_view key, upload_id);
key_range uploads(dataset_id, std::string_view prefix = {}, std::string_view after = {});
std::string past_upload_key(dataset_id, std::string_view key);
std::string past_upload_prefix(dataset_id, std::string_view prefix);
result<upload_key> parse_upload(std::string_view key);

struct part_key {
    upload_id upload{};
    std::uint32_t number = 0;   // 1 .. 10000 in S3
    auto operator<=>(part_key const&) const = default;
};
std::string part(upload_id, std::uint32_t number);
key_range parts(upload_id);
result<part_key> parse_part(std::string_view key);

// payload ---------------------------------------------------------------------------------------------
std::string payload_head(payload_id);
key_range payload_heads();
result<payload_id> parse_payload_head(std::string_view key);

struct extent_key {
    payload_id payload{};
    std::uint64_t offset = 0;   // of the extent's first byte within the payload
    auto operator<=>(extent_key const&) const = default;
};
std::string extent(payload_id, std::uint64_t offset);
key_range extents(payload_id);
key_range all_extents();
result<extent_key> parse_extent(std::string_view key);

struct reverse_key {
    segment_id segment{};
    std::uint32_t offset = 0;   // of the frame within the segment
    auto operator<=>(reverse_key const&) const = default;
};
std::string reverse_entry(segment_id, std::uint32_t offset);
key_range reverse_entries(segment_id);
key_range all_reverse_entries();
result<reverse_key> parse_reverse_entry(std::string_view key);

// Payloads that lost their last reference and are taken apart in the background.
std::string unreferenced_payload(payload_id);
key_range unreferenced_payloads();
result<payload_id> parse_unreferenced_payload(std::string_view key);

// log -------------------------------------------------------------------------------------------------
struct log_key {
    dataset_id dataset{};
    partition_index partition{};
    auto operator<=>(log_key const&) const = default;
};
std::string log_state(dataset_id, partition_index);
key_range log_states(dataset_id);
key_range all_log_states();
result<log_key> parse_log_state(std::string_view key);

// How far a partition is cleaned.
std::string log_clean(dataset_id, partition_index);
key_range all_log_cleans();
result<log_key> parse_log_clean(std::string_view key);

struct log_run_key {
    dataset_id dataset{};
    partition_index partition{};
    log_offset base{};
    std::uint16_t piece = 0;   // 0: the run's own record; else a further frame of its bytes
    auto operator<=>(log_run_key const&) const = default;
};
// `piece` > 0: directly behind the run's own key.
std::string log_run(dataset_id, partition_index, log_offset base, std::uint16_t piece = 0);
key_range log_runs(dataset_id, partition_index);
key_range log_runs(dataset_id);
key_range all_log_runs();
result<log_run_key> parse_log_run(std::string_view key);

// row -------------------------------------------------------------------------------------------------
// Encoded keys (0008) order themselves, so nothing is escaped.
struct row_key {
    dataset_id dataset{};   // of the table, or of the index
    std::string key;
    auto operator<=>(row_key const&) const = default;
};
std::string row(dataset_id table, std::string_view key);
// [first, last) of encoded keys; empty `last`: to the end.
key_range rows(dataset_id table, std::string_view first = {}, std::string_view last = {});
result<row_key> parse_row(std::string_view key);
std::string index_entry(dataset_id index, std::string_view key);
key_range index_entries(dataset_id index, std::string_view first = {}, std::string_view last = {});
result<row_key> parse_index_entry(std::string_view key);

struct producer_key {
    dataset_id dataset{};
    partition_index partition{};
    std::int64_t producer = 0;   // >= 0
    auto operator<=>(producer_key const&) const = default;
};
std::string producer_state(dataset_id, partition_index, std::int64_t producer);
key_range producer_states(dataset_id, partition_index);
key_range producer_states(dataset_id);
result<producer_key> parse_producer_state(std::string_view key);

// A transaction that was aborted, by the offset of its marker.
struct aborted_key {
    dataset_id dataset{};
    partition_index partition{};
    log_offset marker{};
    auto operator<=>(aborted_key const&) const = default;
};
std::string aborted_transaction(dataset_id, partition_index, log_offset marker);
key_range aborted_transactions(dataset_id, partition_index);
result<aborted_key> parse_aborted_transaction(std::string_view key);

// Logs of dropped topics that are taken apart in the background.
std::string dropped_log(dataset_id);
key_range dropped_logs();
result<dataset_id> parse_dropped_log(std::string_view key);

// ranges and text ---------------------------------------------------------------------------------------
// Every key of one kind.
key_range all_of(key_kind);
// The family a kind lives in.
family family_of(key_kind) noexcept;
// The smallest string greater than every string that starts with `prefix`; empty when there is none.
std::string past_prefix(std::string_view prefix);
// The smallest string greater than `key`.
std::string past_key(std::string_view key);
// "object dataset 7 key 'a/b' version 3": for reports and failure texts; hex for what does not parse.
std::string describe(std::string_view key);

}  // namespace sluice::kv::key_space
