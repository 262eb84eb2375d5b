// The rules of check about topics, their partitions, runs, producers and committed offsets.
#include <algorithm>

#include <fmt/format.h>

#include "backend/store/audit_log.hpp"
#include "backend/store/check_run.hpp"
#include "backend/store/log_clean_record.hpp"
#include "backend/store/log_run_record.hpp"
#include "backend/store/model/log_batch.hpp"
#include "backend/store/producer_window.hpp"
#include "backend/store/topic_records.hpp"

namespace sluice::store {

namespace keys = kv::key_space;

// Walks the runs of all logs in key order.
struct check_run::log_walk {
    keys::log_run_key run;               // the last one seen, and what it is
    log_run_record record;
    std::uint64_t end = 0;               // of the run
    std::uint64_t pieces = 1;            // of it that were seen
    std::string bytes;                   // of it, when they are read
    bool readable = false;
    std::string key;
};

void check_run::check_topics() {
    scan(kv::family::meta, keys::topics(), [&](std::string_view key, std::string_view value) {
        ++report_.topics;
        auto const record = decode_topic(value);
        if (!record) return violate_at(check_rule::record, key, record.error().describe());
        check_commit_lsn(key, record->changed);
        highest_dataset_ = std::max(highest_dataset_, to_underlying(record->info.id));
        if (!logs_.emplace(record->info.id, record->info.partitions).second ||
            datasets_.contains(record->info.id))
            violate_at(check_rule::record, key, "shares its dataset with another name");
    });
    scan(kv::family::log, keys::dropped_logs(), [&](std::string_view key, std::string_view value) {
        auto const id = keys::parse_dropped_log(key);
        auto const record = decode_dropped_log(value);
        if (!id || !record) return violate_at(check_rule::record, key, "does not parse");
        check_commit_lsn(key, record->changed);
        if (!logs_.emplace(*id, record->partitions).second)
            violate_at(check_rule::record, key, "its topic still exists");
    });
    logs_.emplace(audit_dataset, 1);
}

void check_run::check_log_exists(std::string_view key, dataset_id dataset,
                                 partition_index partition) {
    auto const found = logs_.find(dataset);
    auto const index = static_cast<std::uint32_t>(to_underlying(partition));
    if (found == logs_.end() || index >= found->second)
        violate_at(check_rule::log, key, "its partition does not exist");
}

void check_run::check_logs() {
    check_topics();
    read_log_cleans();
    log_walk walk;
    scan(kv::family::log, keys::all_log_runs(), [&](std::string_view key, std::string_view value) {
        auto const parsed = keys::parse_log_run(key);
        if (!parsed) return violate_at(check_rule::record, key, parsed.error().describe());
        if (parsed->piece > 0) return check_log_piece(key, value, *parsed, walk);
        end_log_run(walk);
        ++report_.log_runs;
        check_log_run(key, value, *parsed, walk);
    });
    end_log_run(walk);
    check_log_states();
    check_log_cleans();
    check_producers();
    check_aborted();
    check_group_offsets();
}

void check_run::check_log_run(std::string_view key, std::string_view value,
                              keys::log_run_key const& parsed, log_walk& walk) {
    auto const record = decode_log_run(value);
    if (!record) return violate_at(check_rule::record, key, record.error().describe());
    check_commit_lsn(key, record->changed);
    check_log_exists(key, parsed.dataset, parsed.partition);
    auto const base = static_cast<std::uint64_t>(to_underlying(parsed.base));
    bool const same_log =
        walk.run.dataset == parsed.dataset && walk.run.partition == parsed.partition;
    if (same_log && base < walk.end)
        violate_at(check_rule::log, key,
                   fmt::format("starts inside the run before it, which ends at {}", walk.end));
    // Runs go from the front only, from where the cleaner was, and from the audit log, which is
    // append-only, never.
    auto const expected = same_log ? walk.end : std::uint64_t{0};
    auto const reach = log_reaches_.find({parsed.dataset, parsed.partition});
    bool const cleaned = reach != log_reaches_.end() && to_underlying(parsed.base) <= reach->second;
    if (base > expected && !cleaned && (same_log || parsed.dataset == audit_dataset))
        violate_at(check_rule::log, key, fmt::format("records from {} on are missing", expected));
    bool const grows = !same_log || record->newest_so_far >= walk.record.newest_so_far ||
                       walk.record.newest_so_far == unix_millis{INT64_MAX};
    if (!grows || record->newest_so_far < record->last_timestamp)
        violate_at(check_rule::log, key, "its newest timestamp so far falls");
    walk = {parsed, *record, base + record->offsets, 1, {}, options_.read_bytes,
            std::string(key)};
    log_ends_[{parsed.dataset, parsed.partition}] = static_cast<std::int64_t>(walk.end);
    bool const dense = !record->numbered;
    if (dense && record->offsets > static_cast<std::uint64_t>(INT32_MAX) * record->batches)
        violate_at(check_rule::record, key, fmt::format("says {} offsets", record->offsets));
    check_log_frame(key, record->at, record->piece_length(0), parsed, walk);
}

void check_run::check_log_piece(std::string_view key, std::string_view value,
                                keys::log_run_key const& parsed, log_walk& walk) {
    auto const record = decode_log_piece(value);
    if (!record) return violate_at(check_rule::record, key, record.error().describe());
    check_commit_lsn(key, record->changed);
    auto owner = parsed;
    owner.piece = 0;
    if (owner != walk.run || parsed.piece != walk.pieces ||
        parsed.piece >= walk.record.pieces() ||
        record->length != walk.record.piece_length(parsed.piece))
        return violate_at(check_rule::log, key, "is no piece of the run before it");
    ++walk.pieces;
    check_log_frame(key, record->at, record->length, parsed, walk);
}

// The place of one frame, its reverse entry, and its bytes, which join those of the run.
void check_run::check_log_frame(std::string_view key, journal::location at, std::uint64_t length,
                                keys::log_run_key const& parsed, log_walk& walk) {
    reverse_record expected;
    expected.kind = reverse_record::owner_kind::log;
    expected.dataset = parsed.dataset;
    expected.partition = parsed.partition;
    expected.base = parsed.base;
    expected.piece = parsed.piece;
    expected.length = length;
    check_reverse_of(key, at, expected);
    walk.readable = walk.readable && end_of(at, length, length).has_value();
    if (!end_of(at, length, length))
        return violate_at(check_rule::place, key, "lies outside of the segments in use");
    if (!walk.readable) return;
    walk.readable = read_frame(key, at, log_frame_owner(parsed.dataset, parsed.partition),
                               log_frame_offset(parsed.base, parsed.piece), length);
    if (walk.readable) walk.bytes.append(as_chars(body_.span(0, length)));
}

void check_run::end_log_run(log_walk& walk) {
    if (walk.key.empty()) return;
    if (walk.pieces != walk.record.pieces())
        violate_at(check_rule::log, walk.key,
                   fmt::format("has {} of {} pieces", walk.pieces, walk.record.pieces()));
    else if (walk.readable)
        check_batches(walk);
    walk.key.clear();
    walk.bytes.clear();
}

void check_run::check_batches(log_walk const& walk) {
    if (walk.record.numbered) return check_numbered(walk);
    std::string_view batches = walk.bytes;
    auto const base = to_underlying(walk.run.base);
    // Only the audit log's batches say where they are: those of clients stay as they came.
    bool const numbered = walk.run.dataset == audit_dataset;
    auto next_offset = base;
    std::uint64_t count = 0;
    for (; !batches.empty(); ++count) {
        auto header = parse_log_batch_header(batches);
        if (header && header->total_bytes() <= batches.size())
            header = check_log_batch(batches.substr(0, header->total_bytes()));
        if (!header) return violate_at(check_rule::log, walk.key, header.error().describe());
        if (header->total_bytes() > batches.size())
            return violate_at(check_rule::log, walk.key, "a batch ends too early");
        if (numbered && header->base_offset != next_offset)
            return violate_at(check_rule::log, walk.key,
                              fmt::format("a batch says offset {} instead of {}",
                                          header->base_offset, next_offset));
        next_offset += std::int64_t{header->last_offset_delta} + 1;
        batches.remove_prefix(header->total_bytes());
    }
    if (static_cast<std::uint64_t>(next_offset - base) != walk.record.offsets)
        violate_at(check_rule::log, walk.key,
                   fmt::format("says {} offsets and holds {}", walk.record.offsets,
                               next_offset - base));
    if (count != walk.record.batches)
        violate_at(check_rule::log, walk.key,
                   fmt::format("says {} batches and holds {}", walk.record.batches, count));
}

// A cleaned run: its batches say where they are, in order, within what the run covers.
void check_run::check_numbered(log_walk const& walk) {
    std::string_view batches = walk.bytes;
    auto next_offset = to_underlying(walk.run.base);
    auto const end = static_cast<std::int64_t>(walk.end);
    std::uint64_t count = 0;
    for (; !batches.empty(); ++count) {
        auto header = parse_log_batch_header(batches);
        if (header && header->total_bytes() <= batches.size())
            header = check_log_batch(batches.substr(0, header->total_bytes()));
        if (!header) return violate_at(check_rule::log, walk.key, header.error().describe());
        if (header->total_bytes() > batches.size())
            return violate_at(check_rule::log, walk.key, "a batch ends too early");
        auto const last = header->base_offset + header->last_offset_delta;
        if (header->base_offset < next_offset || last >= end)
            return violate_at(check_rule::log, walk.key,
                              fmt::format("a batch of {} to {} stands between {} and {}",
                                          header->base_offset, last, next_offset, end));
        next_offset = last + 1;
        batches.remove_prefix(header->total_bytes());
    }
    if (count != walk.record.batches)
        violate_at(check_rule::log, walk.key,
                   fmt::format("says {} batches and holds {}", walk.record.batches, count));
}

void check_run::read_log_cleans() {
    scan(kv::family::log, keys::all_log_cleans(),
         [&](std::string_view key, std::string_view value) {
        auto const parsed = keys::parse_log_clean(key);
        auto const record = decode_log_clean(value);
        if (!parsed || !record) return violate_at(check_rule::record, key, "does not parse");
        check_commit_lsn(key, record->changed);
        check_log_exists(key, parsed->dataset, parsed->partition);
        log_reaches_[*parsed] = to_underlying(record->reach);
    });
}

// The last run is never cleaned.
void check_run::check_log_cleans() {
    for (auto const& [log, reach] : log_reaches_) {
        auto const end = log_ends_.find(log);
        if (end == log_ends_.end() || reach > end->second)
            violate_at(check_rule::log, keys::log_clean(log.dataset, log.partition),
                       fmt::format("is cleaned up to {}, behind its end", reach));
    }
}

void check_run::check_log_states() {
    scan(kv::family::log, keys::all_log_states(),
         [&](std::string_view key, std::string_view value) {
        auto const parsed = keys::parse_log_state(key);
        auto const record = decode_log_state(value);
        if (!parsed || !record) return violate_at(check_rule::record, key, "does not parse");
        check_commit_lsn(key, record->changed);
        check_log_exists(key, parsed->dataset, parsed->partition);
        // Without runs the state is the end.
        auto const& end = log_ends_.emplace(*parsed, to_underlying(record->start)).first->second;
        if (to_underlying(record->start) > end)
            violate_at(check_rule::log, key,
                       fmt::format("starts at {}, behind its end {}", to_underlying(record->start),
                                   end));
    });
}

void check_run::check_producers() {
    scan(kv::family::log, keys::all_of(keys::key_kind::producer_state),
         [&](std::string_view key, std::string_view value) {
        auto const parsed = keys::parse_producer_state(key);
        if (!parsed) return violate_at(check_rule::record, key, parsed.error().describe());
        auto const window = producer_window::decode(value);
        if (!window) return violate_at(check_rule::record, key, window.error().describe());
        check_log_exists(key, parsed->dataset, parsed->partition);
        auto const end = log_ends_.find({parsed->dataset, parsed->partition});
        for (std::size_t i = 0; i < window->count(); ++i) {
            auto const base = window->at(i).base;
            bool const ordered = i == 0 || window->at(i - 1).base < base;
            if (!ordered || end == log_ends_.end() || to_underlying(base) >= end->second)
                return violate_at(check_rule::log, key,
                                  fmt::format("remembers a batch at {}, which is not in the log",
                                              to_underlying(base)));
        }
        auto const first = to_underlying(window->transaction_first());
        if (first >= 0 && (end == log_ends_.end() || first >= end->second))
            violate_at(check_rule::log, key, "its transaction begins behind the end of the log");
    });
}

void check_run::check_aborted() {
    scan(kv::family::log, keys::all_of(keys::key_kind::aborted_transaction),
         [&](std::string_view key, std::string_view value) {
        auto const parsed = keys::parse_aborted_transaction(key);
        auto const record = decode_aborted(value);
        if (!parsed || !record) return violate_at(check_rule::record, key, "does not parse");
        check_commit_lsn(key, record->changed);
        check_log_exists(key, parsed->dataset, parsed->partition);
        auto const end = log_ends_.find({parsed->dataset, parsed->partition});
        bool const inside = end != log_ends_.end() && to_underlying(parsed->marker) < end->second;
        if (!inside || record->first > parsed->marker)
            violate_at(check_rule::log, key, "its marker is not in the log behind its records");
    });
}

// Offsets of dropped topics may be left: nobody sees them.
void check_run::check_group_offsets() {
    scan(kv::family::meta, keys::all_of(keys::key_kind::group_offset),
         [&](std::string_view key, std::string_view) {
        if (auto const parsed = keys::parse_group_offset(key); !parsed)
            violate_at(check_rule::record, key, parsed.error().describe());
    });
}

}  // namespace sluice::store
