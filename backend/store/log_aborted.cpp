#include "backend/store/log_aborted.hpp"

#include <algorithm>

#include "backend/kv/key_space.hpp"
#include "backend/store/topic_records.hpp"

namespace sluice::store {

namespace keys = kv::key_space;

// Later markers have transactions that begin behind what was stable at an earlier one, which ends the
// search.
result<std::vector<aborted_range>> find_aborted(index_view const& view, dataset_id dataset,
                                                partition_index partition, log_offset from,
                                                log_offset end) {
    std::vector<aborted_range> found;
    auto range = keys::aborted_transactions(dataset, partition);
    range.lower = keys::aborted_transaction(dataset, partition, from);
    auto cursor = view.scan(kv::family::log, std::move(range));
    for (; cursor->valid(); cursor->next()) {
        SLUICE_TRY(auto const key, keys::parse_aborted_transaction(cursor->key()));
        SLUICE_TRY(auto const record, decode_aborted(cursor->value()));
        if (record.first < end) found.push_back({record.producer, record.first, key.marker});
        if (record.stable >= end) break;
    }
    SLUICE_CHECK(cursor->status());
    std::ranges::sort(found, {}, &aborted_range::first);
    return found;
}

}  // namespace sluice::store
