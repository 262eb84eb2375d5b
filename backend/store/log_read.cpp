#include "backend/store/log_read.hpp"

namespace sluice::store {

namespace keys = kv::key_space;

namespace {

result<log_run> run_at(kv::cursor const& cursor) {
    SLUICE_TRY(auto key, keys::parse_log_run(cursor.key()));
    SLUICE_TRY(auto record, decode_log_run(cursor.value()));
    return log_run{key.base, record};
}

}  // namespace

result<std::vector<log_run>> find_log_runs(index_view const& view, dataset_id dataset,
                                           partition_index partition, log_offset from,
                                           std::uint64_t bytes_most) {
    std::vector<log_run> runs;
    auto cursor = view.scan(kv::family::log, keys::log_runs(dataset, partition));
    auto const wanted = keys::log_run(dataset, partition, from);
    cursor->seek(wanted);
    if (!cursor->valid() || cursor->key() != wanted) {
        SLUICE_CHECK(cursor->status());
        if (cursor->valid()) cursor->previous();
        else cursor->seek_last();
        SLUICE_CHECK(cursor->status());
        if (!cursor->valid()) cursor->seek(wanted);   // before the first run: begin there
    }
    std::uint64_t bytes = 0;
    for (; cursor->valid(); cursor->next()) {
        SLUICE_TRY(auto run, run_at(*cursor));
        if (run.end() <= from) continue;
        if (!runs.empty() && bytes + run.record.length > bytes_most) break;
        bytes += run.record.length;
        runs.push_back(run);
    }
    SLUICE_CHECK(cursor->status());
    return runs;
}

result<log_offset> log_end(index_view const& view, dataset_id dataset, partition_index partition) {
    auto cursor = view.scan(kv::family::log, keys::log_runs(dataset, partition));
    cursor->seek_last();
    SLUICE_CHECK(cursor->status());
    if (!cursor->valid()) return log_offset{};
    SLUICE_TRY(auto run, run_at(*cursor));
    return run.end();
}

result<log_offset> log_start(index_view const& view, dataset_id dataset,
                             partition_index partition) {
    auto cursor = view.scan(kv::family::log, keys::log_runs(dataset, partition));
    SLUICE_CHECK(cursor->status());
    if (!cursor->valid()) return log_offset{};
    SLUICE_TRY(auto run, run_at(*cursor));
    return run.base;
}

result<std::string> read_log_run(engine& store, dataset_id dataset, partition_index partition,
                                 log_run const& run, blocking_token token) {
    auto const pin = store.journal().pin(run.record.at.segment);
    std::string bytes(run.record.length, '\0');
    byte_span const into{reinterpret_cast<std::byte*>(bytes.data()), bytes.size()};
    SLUICE_CHECK(store.journal().read_body(run.record.at, log_frame_owner(dataset, partition),
                                           static_cast<std::uint64_t>(to_underlying(run.base)), 0,
                                           into, token));
    return bytes;
}

}  // namespace sluice::store
