#include "backend/store/log_append.hpp"

#include <algorithm>

#include "backend/kv/key_space.hpp"
#include "backend/store/log_batch.hpp"
#include "backend/store/log_run_record.hpp"
#include "backend/store/payload_records.hpp"
#include "gateway/core/cursor.hpp"

namespace sluice::store {

namespace keys = kv::key_space;

namespace {

// Kind byte, dataset and partition come before the base offset in a reverse entry; it ends a run's
// key.
constexpr std::size_t reverse_offset_position = 1 + 8 + 4;

}  // namespace

result<prepared_run> prepare_run(journal::commit& commit, dataset_id dataset,
                                 partition_index partition, std::string batches) {
    log_run_record run;
    run.length = batches.size();
    run.batches = 0;
    for (std::string_view rest = batches; !rest.empty(); ++run.batches) {
        SLUICE_TRY(auto header, parse_log_batch_header(rest));
        if (header.total_bytes() > rest.size())
            return failure{error::malformed, "record batch: ends too early"};
        rest.remove_prefix(header.total_bytes());
        run.offsets += static_cast<std::uint64_t>(header.last_offset_delta) + 1;
        auto const first = unix_millis{header.base_timestamp};
        auto const last = unix_millis{header.max_timestamp};
        run.first_timestamp = run.batches == 0 ? first : std::min(run.first_timestamp, first);
        run.last_timestamp = run.batches == 0 ? last : std::max(run.last_timestamp, last);
    }
    if (run.batches == 0) return failure{error::malformed, "no record batch"};

    prepared_run prepared;
    prepared.payload = commit.payloads.size();
    prepared.offsets = static_cast<std::int32_t>(run.offsets);
    auto const index = static_cast<std::uint32_t>(prepared.payload);
    auto const key = keys::log_run(dataset, partition, log_offset{0});
    auto const entry = commit.mutations.put_stamped(kv::family::log, key, encode(run));
    commit.mutations.add_slot(kv::slot::kind::location, entry.value + log_run_location_position,
                              index);
    prepared.run_key_offset = entry.key + key.size() - sizeof(std::int64_t);

    reverse_record reverse;
    reverse.kind = reverse_record::owner_kind::log;
    reverse.dataset = dataset;
    reverse.partition = partition;
    reverse.length = run.length;
    auto const back = commit.mutations.put(kv::family::payload,
                                           keys::reverse_entry(segment_id{}, 0), encode(reverse));
    commit.mutations.add_slot(kv::slot::kind::location, back.key + 1, index);
    prepared.reverse_offset = back.value + reverse_offset_position;

    commit.payloads.push_back({log_frame_owner(dataset, partition), 0, std::move(batches)});
    return prepared;
}

void place_run(journal::commit& commit, prepared_run const& run, log_offset base) {
    auto& bytes = commit.mutations.patchable_bytes();
    store_big(bytes.data() + run.run_key_offset, to_underlying(base));
    store_big(bytes.data() + run.reverse_offset, to_underlying(base));
    auto& payload = commit.payloads[run.payload];
    payload.owner_offset = static_cast<std::uint64_t>(to_underlying(base));
    std::size_t position = 0;
    auto next = base;
    while (position < payload.bytes.size()) {
        auto* const batch = payload.bytes.data() + position;
        set_base_offset(batch, next);
        auto const header =
            parse_log_batch_header(std::string_view(payload.bytes).substr(position));
        position += header->total_bytes();
        next = log_offset{to_underlying(next) + header->last_offset_delta + 1};
    }
}

}  // namespace sluice::store
