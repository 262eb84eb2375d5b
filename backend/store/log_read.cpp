#include "backend/store/log_read.hpp"

#include "backend/store/model/log_batch.hpp"
#include "backend/store/topic_records.hpp"
#include "gateway/core/cursor.hpp"

namespace sluice::store {

namespace keys = kv::key_space;

log_run_cursor::log_run_cursor(index_view const& view, dataset_id dataset,
                               partition_index partition, log_offset from)
    : cursor_(view.scan(kv::family::log, keys::log_runs(dataset, partition))), from_(from) {
    // Offset 0 is where the scan stands already.
    if (from <= log_offset{0}) return;
    // Its key, or the last piece of the run before.
    cursor_->seek_for_previous(keys::log_run(dataset, partition, from));
    if (!cursor_->status()) return;
    if (!cursor_->valid()) {   // before the first run: begin there
        cursor_->seek(keys::log_run(dataset, partition, log_offset{0}));
        return;
    }
    auto const found = keys::parse_log_run(cursor_->key());
    if (found && found->piece > 0)
        cursor_->seek(keys::log_run(dataset, partition, found->base));
}

result<std::optional<log_run>> log_run_cursor::take() {
    while (cursor_->valid()) {
        SLUICE_TRY(auto const key, keys::parse_log_run(cursor_->key()));
        if (key.piece != 0)
            return failure{error::corrupt, keys::describe(cursor_->key()) + " has no run"};
        SLUICE_TRY(auto const record, decode_log_run(cursor_->value()));
        log_run run{key.base, record, {}};
        cursor_->next();
        for (std::uint64_t piece = 1; piece < record.pieces(); ++piece, cursor_->next()) {
            SLUICE_CHECK(cursor_->status());
            if (!cursor_->valid())
                return failure{error::corrupt, "a log run lacks its last piece"};
            SLUICE_TRY(auto const at, keys::parse_log_run(cursor_->key()));
            if (at.base != key.base || at.piece != piece)
                return failure{error::corrupt, keys::describe(cursor_->key()) +
                                                   " is not the piece that follows"};
            SLUICE_TRY(auto const more, decode_log_piece(cursor_->value()));
            run.more.push_back(more.at);
        }
        if (run.end() > from_) return std::optional<log_run>(std::move(run));
    }
    SLUICE_CHECK(cursor_->status());
    return std::optional<log_run>{};
}

result<std::vector<log_run>> find_log_runs(index_view const& view, dataset_id dataset,
                                           partition_index partition, log_offset from,
                                           std::uint64_t bytes_most) {
    std::vector<log_run> runs;
    log_run_cursor cursor(view, dataset, partition, from);
    for (std::uint64_t bytes = 0; runs.empty() || bytes < bytes_most;) {
        SLUICE_TRY(auto run, cursor.take());
        if (!run) break;
        bytes += run->record.length;
        if (!runs.empty() && bytes > bytes_most) break;
        runs.push_back(std::move(*run));
    }
    return runs;
}

result<std::optional<log_run>> last_log_run(index_view const& view, dataset_id dataset,
                                            partition_index partition) {
    auto cursor = view.scan(kv::family::log, keys::log_runs(dataset, partition));
    cursor->seek_last();
    SLUICE_CHECK(cursor->status());
    if (!cursor->valid()) return std::optional<log_run>{};
    SLUICE_TRY(auto const key, keys::parse_log_run(cursor->key()));
    return log_run_cursor(view, dataset, partition, key.base).take();
}

result<log_offset> log_end(index_view const& view, dataset_id dataset, partition_index partition) {
    SLUICE_TRY(auto const last, last_log_run(view, dataset, partition));
    return last ? last->end() : log_offset{};
}

result<log_offset> log_start(index_view const& view, dataset_id dataset,
                             partition_index partition) {
    SLUICE_TRY(auto const first,
               log_run_cursor(view, dataset, partition, log_offset{0}).take());
    return first ? first->base : log_offset{};
}

result<log_offset> stored_log_start(index_view const& view, dataset_id dataset,
                                    partition_index partition) {
    SLUICE_TRY(auto const stored,
               view.get(kv::family::log, keys::log_state(dataset, partition)));
    if (!stored) return log_offset{};
    SLUICE_TRY(auto const record, decode_log_state(*stored));
    return record.start;
}

void number_run(log_run const& run, char* batches, std::size_t size,
                std::optional<std::int32_t> epoch) noexcept {
    if (!run.record.numbered) return number_batches(batches, size, run.base, epoch);
    if (!epoch) return;
    for (std::size_t at = 0; at + log_batch_header_bytes <= size;) {
        set_leader_epoch(batches + at, *epoch);
        at += log_batch_prefix_bytes + static_cast<std::uint32_t>(load_big<std::int32_t>(
                                           batches + at + sizeof(std::int64_t)));
    }
}

result<void> read_log_run(engine& store, dataset_id dataset, partition_index partition,
                          log_run const& run, std::string& into, blocking_token token) {
    auto const owner = log_frame_owner(dataset, partition);
    auto const before = into.size();
    into.resize(before + run.record.length);
    auto* const bytes = reinterpret_cast<std::byte*>(into.data()) + before;
    for (std::uint64_t piece = 0; piece < run.record.pieces(); ++piece) {
        auto const at = run.frame(piece);
        auto const pin = store.journal().pin(at.segment);
        byte_span const body{bytes + piece * log_piece_bytes,
                             static_cast<std::size_t>(run.record.piece_length(piece))};
        SLUICE_CHECK(store.journal().read_body(at, owner, log_frame_offset(run.base, piece), 0,
                                               body, token));
    }
    return success();
}

}  // namespace sluice::store
