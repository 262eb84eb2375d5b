#include "backend/store/log_rewrite.hpp"

#include <algorithm>
#include <memory>
#include <optional>

#include "backend/store/blocking_wait.hpp"
#include "backend/store/engine.hpp"
#include "backend/store/frame_pool.hpp"
#include "backend/store/log_upkeep.hpp"
#include "backend/store/payload_records.hpp"
#include "gateway/core/assert.hpp"

namespace sluice::store {

namespace keys = kv::key_space;

namespace {

// Up to this a frame rides in the commit; in the bulk lane it would fill up blocks.
constexpr std::size_t riding_bytes_most = 64 * kibibyte;

// The frames of the new run: where they are, or nullopt for the one that rides along.
class new_run {
public:
    new_run(engine& store, log_rewrite const& what) : store_(store), what_(what) {
        record_.length = what.left.bytes.size();
        record_.batches = what.left.batches;
        record_.first_timestamp = what.left.first_timestamp;
        record_.last_timestamp = what.left.last_timestamp;
        record_.numbered = true;
        auto const end = to_underlying(what.runs.back().end());
        record_.offsets = static_cast<std::uint64_t>(end - to_underlying(base()));
        record_.newest_so_far = record_.last_timestamp;
        for (auto const& run : what.runs)
            record_.newest_so_far = std::max(record_.newest_so_far, run.record.newest_so_far);
    }

    bool is_empty() const noexcept { return what_.left.batches == 0; }
    std::uint64_t pieces() const noexcept { return is_empty() ? 0 : record_.pieces(); }
    log_offset base() const noexcept { return what_.runs.front().base; }

    // Whole frames into the bulk lane; nothing refers to them yet.
    result<void> write_frames(change& work, blocking_token token) {
        for (std::uint64_t piece = 0; piece < pieces(); ++piece) {
            auto const bytes = bytes_of(piece);
            places_.emplace_back();
            if (bytes.size() <= riding_bytes_most) continue;
            if (work.streams.empty()) work.streams.push_back(store_.journal().open_stream());
            auto frame = std::make_unique<journal::bulk_frame>();
            frame->set(owner(), log_frame_offset(base(), piece), bytes.size());
            std::ranges::copy(as_bytes(bytes), frame->body().begin());
            auto write = [&](std::function<void(result<journal::location>)> done) {
                auto finish = [done = std::move(done)](result<journal::location> at,
                                                       frame_pool::frame) { done(at); };
                store_.journal().write_bulk(std::move(frame), journal::admission_class::freeing,
                                            std::move(finish));
            };
            SLUICE_TRY(places_.back(),
                       wait_for_callback<result<journal::location>>(std::move(write), token));
        }
        return success();
    }

    void put(change& work) {
        for (std::uint64_t piece = 0; piece < pieces(); ++piece) put_piece(work, piece);
    }

private:
    std::uint64_t owner() const noexcept {
        return log_frame_owner(what_.dataset, what_.partition);
    }
    std::string_view bytes_of(std::uint64_t piece) const {
        return std::string_view(what_.left.bytes)
            .substr(piece * log_piece_bytes, record_.piece_length(piece));
    }

    void put_piece(change& work, std::uint64_t piece) {
        auto& mutations = work.mutations();
        auto const& place = places_[piece];
        auto const at = place.value_or(journal::location{});
        auto const riding = static_cast<std::uint32_t>(work.commit->payloads.size());
        auto const bytes = bytes_of(piece);
        if (!place)
            work.commit->payloads.push_back(
                {owner(), log_frame_offset(base(), piece), std::string(bytes)});
        reverse_record reverse;
        reverse.kind = reverse_record::owner_kind::log;
        reverse.dataset = what_.dataset;
        reverse.partition = what_.partition;
        reverse.base = base();
        reverse.piece = static_cast<std::uint16_t>(piece);
        reverse.length = bytes.size();
        record_.at = at;
        auto const value = piece == 0 ? encode(record_)
                                      : encode(log_piece_record{{}, at, bytes.size()});
        auto const run = mutations.put_stamped(
            kv::family::log,
            keys::log_run(what_.dataset, what_.partition, base(), reverse.piece), value);
        auto const back = mutations.put(kv::family::payload,
                                        keys::reverse_entry(at.segment, at.offset),
                                        encode(reverse));
        if (place) return;
        using kv::slot;
        mutations.add_slot(slot::kind::location, run.value + log_run_location_position, riding);
        mutations.add_slot(slot::kind::location, back.key + 1, riding);
    }

    engine& store_;
    log_rewrite const& what_;
    log_run_record record_;
    std::vector<std::optional<journal::location>> places_;
};

// The runs as they are by now. conflict: others.
result<std::vector<log_run>> find_again(index_view const& view, log_rewrite const& what) {
    std::vector<log_run> found;
    log_run_cursor cursor(view, what.dataset, what.partition, what.runs.front().base);
    for (auto const& wanted : what.runs) {
        SLUICE_TRY(auto run, cursor.take());
        bool const same = run && run->base == wanted.base &&
                          run->record.length == wanted.record.length &&
                          run->record.offsets == wanted.record.offsets;
        if (!same) return failure{error::conflict, "runs went while they were cleaned"};
        found.push_back(std::move(*run));
    }
    return found;
}

// Keys that the new run writes anew stay.
void erase_runs(log_rewrite const& what, std::vector<log_run> const& runs,
                std::uint64_t new_pieces, change& work) {
    for (auto const& run : runs) {
        for (std::uint64_t piece = 0; piece < run.record.pieces(); ++piece) {
            auto const at = run.frame(piece);
            work.mutations().erase(kv::family::payload,
                                   keys::reverse_entry(at.segment, at.offset));
            work.freed.push_back({at.segment, run.record.piece_length(piece)});
            if (run.base == what.runs.front().base && piece < new_pieces) continue;
            work.mutations().erase(kv::family::log,
                                   keys::log_run(what.dataset, what.partition, run.base,
                                                 static_cast<std::uint16_t>(piece)));
        }
    }
}

}  // namespace

result<void> rewrite_runs(engine& store, log_rewrite const& what, blocking_token token) {
    SLUICE_ASSERT(!what.runs.empty());
    change work;
    new_run made(store, what);
    SLUICE_ASSERT(made.pieces() <= std::numeric_limits<std::uint16_t>::max());
    SLUICE_CHECK(made.write_frames(work, token));
    work.locks = make_locks(store);
    SLUICE_CHECK(take_lock_blocking(store, *work.locks,
                                    partition_lock(what.dataset, what.partition),
                                    lock_mode::exclusive, token));
    auto const view = view_blocking(store, token);
    SLUICE_TRY(auto const runs, find_again(view, what));
    erase_runs(what, runs, made.pieces(), work);
    made.put(work);
    work.mutations().put_stamped(kv::family::log,
                                 keys::log_clean(what.dataset, what.partition),
                                 encode(what.progress));
    SLUICE_CHECK(
        commit_change_blocking(store, std::move(work), journal::admission_class::freeing, token));
    return success();
}

}  // namespace sluice::store
