#include "backend/store/log_append.hpp"

#include <algorithm>
#include <limits>

#include "backend/kv/key_space.hpp"
#include "backend/store/model/log_batch.hpp"
#include "backend/store/log_run_record.hpp"
#include "backend/store/payload_records.hpp"
#include "backend/store/producer_window.hpp"
#include "gateway/core/assert.hpp"
#include "gateway/core/cursor.hpp"

namespace sluice::store {

namespace keys = kv::key_space;

namespace {

// Kind byte, dataset and partition come before the base offset in a reverse entry, and in a run's
// key.
constexpr std::size_t base_position = 1 + 8 + 4;

journal::location nowhere() { return {}; }

}  // namespace

result<batches_shape> measure_batches(std::string_view batches) {
    batches_shape shape;
    shape.bytes = batches.size();
    for (auto rest = batches; !rest.empty(); ++shape.batches) {
        SLUICE_TRY(auto header, parse_log_batch_header(rest));
        if (header.total_bytes() > rest.size())
            return failure{error::malformed, "record batch: ends too early"};
        rest.remove_prefix(header.total_bytes());
        shape.offsets += static_cast<std::uint64_t>(header.last_offset_delta) + 1;
        auto const first = unix_millis{std::min(header.base_timestamp, header.max_timestamp)};
        auto const last = unix_millis{header.max_timestamp};
        if (shape.batches == 0) {
            shape.first_timestamp = first;
            shape.last_timestamp = last;
            shape.producer = header.producer_id;
            shape.producer_epoch = header.producer_epoch;
            shape.transactional = header.is_transactional();
            shape.first_sequence = header.base_sequence;
            shape.last_sequence = sequence_after(header.base_sequence, header.last_offset_delta);
        }
        shape.first_timestamp = std::min(shape.first_timestamp, first);
        shape.last_timestamp = std::max(shape.last_timestamp, last);
    }
    if (shape.batches == 0) return failure{error::malformed, "no record batch"};
    return shape;
}

void write_run(journal::commit& commit, prepared_run& run) {
    auto& mutations = commit.mutations;
    run.base_positions.clear();
    reverse_record reverse;
    reverse.kind = reverse_record::owner_kind::log;
    reverse.dataset = run.dataset;
    reverse.partition = run.partition;
    for (std::size_t piece = 0; piece < run.frames; ++piece) {
        auto const number = static_cast<std::uint16_t>(piece);
        auto const index = static_cast<std::uint32_t>(run.payload + piece);
        auto const length = commit.payloads[run.payload + piece].bytes.size();
        auto const key = keys::log_run(run.dataset, run.partition, log_offset{0}, number);
        std::string value;
        if (piece == 0) {
            log_run_record record;
            record.length = run.shape.bytes;
            record.offsets = run.shape.offsets;
            record.batches = run.shape.batches;
            record.first_timestamp = run.shape.first_timestamp;
            record.last_timestamp = run.shape.last_timestamp;
            value = encode(record);
        } else {
            value = encode(log_piece_record{{}, nowhere(), length});
        }
        auto const entry = mutations.put_stamped(kv::family::log, key, value);
        mutations.add_slot(kv::slot::kind::location, entry.value + log_run_location_position,
                           index);
        run.base_positions.push_back(entry.key + base_position);
        if (piece == 0) run.newest_position = entry.value + log_run_newest_position;
        reverse.piece = number;
        reverse.length = length;
        auto const back = mutations.put(kv::family::payload, keys::reverse_entry(segment_id{}, 0),
                                        encode(reverse));
        mutations.add_slot(kv::slot::kind::location, back.key + 1, index);
        run.base_positions.push_back(back.value + base_position);
    }
}

prepared_run prepare_run(journal::commit& commit, dataset_id dataset, partition_index partition,
                         batches_shape const& shape, std::string batches) {
    SLUICE_ASSERT(batches.size() == shape.bytes && !batches.empty());
    prepared_run run{dataset, partition, shape, commit.payloads.size(), 0, 0, {}};
    auto const owner = log_frame_owner(dataset, partition);
    // What is behind the first frame is copied out of the way, the frame itself never.
    std::vector<std::string> behind;
    for (std::size_t at = log_piece_bytes; at < batches.size(); at += log_piece_bytes)
        behind.push_back(batches.substr(at, log_piece_bytes));
    run.frames = 1 + behind.size();
    SLUICE_ASSERT(run.frames <= std::numeric_limits<std::uint16_t>::max());
    if (!behind.empty()) batches.resize(log_piece_bytes);
    commit.payloads.push_back({owner, 0, std::move(batches)});
    for (auto& piece : behind) commit.payloads.push_back({owner, 0, std::move(piece)});
    write_run(commit, run);
    return run;
}

void place_run(journal::commit& commit, prepared_run const& run, log_offset base,
               unix_millis newest_so_far) {
    auto& bytes = commit.mutations.patchable_bytes();
    for (auto const position : run.base_positions)
        store_big(bytes.data() + position, to_underlying(base));
    store_little(bytes.data() + run.newest_position, to_underlying(newest_so_far));
    for (std::size_t piece = 0; piece < run.frames; ++piece)
        commit.payloads[run.payload + piece].owner_offset = log_frame_offset(base, piece);
}

void place_batches(journal::commit& commit, prepared_run const& run, log_offset base) {
    SLUICE_ASSERT(run.frames == 1);
    auto& bytes = commit.payloads[run.payload].bytes;
    number_batches(bytes.data(), bytes.size(), base, std::nullopt);
}

}  // namespace sluice::store
