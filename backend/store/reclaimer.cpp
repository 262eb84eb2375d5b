#include "backend/store/reclaimer.hpp"

#include <algorithm>
#include <chrono>

#include "backend/store/blocking_wait.hpp"
#include "backend/store/engine.hpp"
#include "backend/store/failure_reports.hpp"
#include "backend/store/frame_pool.hpp"
#include "backend/store/log_run_record.hpp"
#include "backend/store/log_upkeep.hpp"
#include "backend/store/payload_references.hpp"
#include "backend/store/payload_state.hpp"
#include "gateway/core/cursor.hpp"

namespace sluice::store {

namespace keys = kv::key_space;

namespace {

constexpr std::chrono::seconds interval{5};
// Segments looked at in one run.
constexpr std::size_t candidates_per_run = 16;
// One commit's moves: how many, and how many bytes of small frames ride along.
constexpr std::size_t moves_per_commit = 64;
constexpr std::size_t inline_bytes_per_commit = 512 * kibibyte;
// Frames up to this ride in the commit; in the bulk lane they would fill up blocks.
constexpr std::uint64_t inline_frame_bytes = 64 * kibibyte;

}  // namespace

reclaimer::reclaimer(engine& store)
    : store_(store), rate_(store.limits().reclaim_bytes_per_second) {}

reclaimer::~reclaimer() {
    stop();
}

void reclaimer::start() {
    thread_ = worker_thread("reclaim", [this](std::stop_token stop) { loop(stop); });
}

void reclaimer::stop() {
    {
        std::scoped_lock guard(mutex_);
        stopping_ = true;
    }
    rate_.stop();
    if (!thread_.running()) return;
    thread_.request_stop();
    thread_.join();
}

void reclaimer::loop(std::stop_token stop) {
    auto const token = blocking_token::for_this_thread();
    while (!stop.stop_requested()) {
        {
            std::unique_lock guard(mutex_);
            changed_.wait_for(guard, stop, interval, [] { return false; });
        }
        // What fails is told, and tried again after the interval.
        if (stop.stop_requested() || store_.is_read_only()) continue;
        auto const round = run_once(token);
        if (round.has_error()) store_.reports().tell("reclaim", round.error());
    }
}

bool reclaimer::worth_it(journal::segment_info const& segment) const {
    if (segment.empty || segment.state != journal::segment_state::sealed) return false;
    auto const statistics = store_.journal().segments().statistics();
    auto const used = std::max<std::uint64_t>(segment.used_bytes, 1);
    auto const dead = 1.0 - static_cast<double>(segment.live_bytes) / static_cast<double>(used);
    if (dead >= store_.limits().reclaim_dead_fraction) return true;
    // Space is short: anything that gains an eighth of a segment.
    return statistics.can_be_made_ready < store_.limits().reclaim_short_segments && dead >= 0.125;
}

result<std::uint64_t> reclaimer::run_once(blocking_token token) {
    std::scoped_lock running(run_mutex_);
    auto& segments = store_.journal().segments();
    for (auto const& segment : segments.candidates(candidates_per_run)) {
        if (!segment.live_bytes_known) {
            SLUICE_CHECK(count_live_bytes(segment.id, token));
        }
    }
    std::uint64_t emptied = 0;
    for (auto const& segment : segments.candidates(candidates_per_run)) {
        {
            std::scoped_lock guard(mutex_);
            if (stopping_) break;
        }
        if (!segment.live_bytes_known || !worth_it(segment)) continue;
        SLUICE_CHECK(empty_segment(segment.id, token));
        ++emptied;
        store_.metrics().reclaim_segments.fetch_add(1, std::memory_order_relaxed);
    }
    return emptied;
}

result<void> reclaimer::count_live_bytes(segment_id segment, blocking_token token) {
    auto const view = view_blocking(store_, token);
    auto cursor = view.scan(kv::family::payload, keys::reverse_entries(segment));
    std::uint64_t bytes = 0;
    for (; cursor->valid(); cursor->next()) {
        SLUICE_TRY(auto const owner, decode_reverse(cursor->value()));
        bytes += owner.length;
    }
    SLUICE_CHECK(cursor->status());
    store_.journal().segments().set_live_bytes(segment, bytes);
    return success();
}

result<void> reclaimer::empty_segment(segment_id segment, blocking_token token) {
    std::string lower = keys::reverse_entries(segment).lower;
    for (;;) {
        SLUICE_TRY(auto moves, next_moves(view_blocking(store_, token), segment, lower));
        if (moves.empty()) return success();
        SLUICE_CHECK(carry_out(moves, token));
        std::scoped_lock guard(mutex_);
        if (stopping_) return failure{error::cancelled, "reclaim stops"};
    }
}

// The key of the record that names the place.
std::string reclaimer::record_key(move const& one) const {
    if (one.owner.kind == reverse_record::owner_kind::log)
        return keys::log_run(one.owner.dataset, one.owner.partition, one.owner.base,
                             one.owner.piece);
    return keys::extent(one.owner.payload, one.owner.payload_offset);
}

// Reads reverse entries from `lower` on and what they name; sets `lower` behind the last one read.
result<std::vector<reclaimer::move>> reclaimer::next_moves(index_view const& view,
                                                           segment_id segment,
                                                           std::string& lower) const {
    std::vector<move> moves;
    auto range = keys::reverse_entries(segment);
    range.lower = lower;
    if (range.lower >= range.upper) return moves;
    auto cursor = view.scan(kv::family::payload, std::move(range));
    std::uint64_t small = 0;
    for (; cursor->valid() && moves.size() < moves_per_commit; cursor->next()) {
        move one;
        SLUICE_TRY(one.from, keys::parse_reverse_entry(cursor->key()));
        SLUICE_TRY(one.owner, decode_reverse(cursor->value()));
        bool const is_log = one.owner.kind == reverse_record::owner_kind::log;
        auto const where = is_log ? kv::family::log : kv::family::payload;
        SLUICE_TRY(auto stored, view.get(where, record_key(one)));
        if (!stored)
            return failure{error::corrupt, keys::describe(cursor->key()) + " names nothing"};
        if (!is_log) {
            SLUICE_TRY(one.extent, decode_extent(*stored));
        }
        one.stored = std::move(*stored);
        if (one.owner.length <= inline_frame_bytes) {
            if (small + one.owner.length > inline_bytes_per_commit && !moves.empty()) break;
            small += one.owner.length;
        } else if (!moves.empty()) {
            break;   // a large one is a commit of its own: its frames are not held back by others
        }
        lower = keys::past_key(cursor->key());
        bool const large = one.owner.length > inline_frame_bytes;
        moves.push_back(std::move(one));
        if (large) break;
    }
    SLUICE_CHECK(cursor->status());
    return moves;
}

result<void> reclaimer::carry_out(std::vector<move>& moves, blocking_token token) {
    change work;
    std::uint64_t bytes = 0;
    auto const pin = store_.journal().pin(moves.front().from.segment);
    for (auto& one : moves) {
        bytes += one.owner.length;
        if (!rate_.take(one.owner.length, store_.clock()))
            return failure{error::cancelled, "reclaim stops"};
        SLUICE_CHECK(copy_frames(one, work, token));
    }
    SLUICE_TRY(bool const all, commit_moves(moves, std::move(work), token));
    if (all) store_.metrics().reclaim_bytes_moved.fetch_add(bytes, std::memory_order_relaxed);
    return success();
}

namespace {

struct frame_owner {
    std::uint64_t id = 0;
    std::uint64_t offset = 0;
};

frame_owner owner_of(reverse_record const& record) {
    if (record.kind == reverse_record::owner_kind::log)
        return {log_frame_owner(record.dataset, record.partition),
                log_frame_offset(record.base, record.piece)};
    return {to_underlying(record.payload), record.payload_offset};
}

}  // namespace

// Reads the bytes and writes them where they go, or puts them into the commit. Nothing refers to
// the copies yet.
result<void> reclaimer::copy_frames(move& one, change& work, blocking_token token) {
    auto const owner = owner_of(one.owner);
    bool const is_log = one.owner.kind == reverse_record::owner_kind::log;
    auto const frame_bytes = is_log ? one.owner.length : one.extent.frames.frame_bytes;
    auto const read = [&](std::uint64_t within, byte_span into) {
        auto const at = is_log ? journal::location{one.from.segment, one.from.offset}
                               : one.extent.frames.frame_at(within);
        return store_.journal().read_body(at, owner.id, owner.offset + within, 0, into, token);
    };
    if (one.owner.length <= inline_frame_bytes) {
        one.riding.resize(one.owner.length);
        return read(0, {reinterpret_cast<std::byte*>(one.riding.data()), one.riding.size()});
    }
    if (work.streams.empty()) work.streams.push_back(store_.journal().open_stream());
    for (std::uint64_t within = 0; within < one.owner.length; within += frame_bytes) {
        auto const length = std::min(frame_bytes, one.owner.length - within);
        auto frame = std::make_unique<journal::bulk_frame>();
        frame->set(owner.id, owner.offset + within, length);
        SLUICE_CHECK(read(within, frame->body().first(length)));
        auto write = [&](std::function<void(result<journal::location>)> done) {
            auto finish = [done = std::move(done)](result<journal::location> at,
                                                   frame_pool::frame) { done(at); };
            store_.journal().write_bulk(std::move(frame), journal::admission_class::freeing,
                                        std::move(finish));
        };
        SLUICE_TRY(auto const at,
                   wait_for_callback<result<journal::location>>(std::move(write), token));
        one.to.push_back(at);
    }
    return success();
}

// Compare and set, all of the moves or none: the records still name what was copied. False: one
// does not.
result<bool> reclaimer::commit_moves(std::vector<move>& moves, change work, blocking_token token) {
    work.locks = make_locks(store_);
    std::ranges::sort(moves, {}, [this](move const& one) { return record_key(one); });
    for (auto const& one : moves) {
        bool const is_log = one.owner.kind == reverse_record::owner_kind::log;
        // Of a log the whole partition: whoever erases from it must see where its frames are.
        auto const name = is_log ? partition_lock(one.owner.dataset, one.owner.partition)
                                 : payload_lock(one.owner.payload);
        SLUICE_CHECK(take_lock_blocking(store_, *work.locks, name, lock_mode::exclusive, token));
    }
    auto const view = view_blocking(store_, token);
    bool all = true;
    for (auto& one : moves) {
        bool const is_log = one.owner.kind == reverse_record::owner_kind::log;
        SLUICE_TRY(auto const now,
                   view.get(is_log ? kv::family::log : kv::family::payload, record_key(one)));
        if (!now || *now != one.stored) {
            all = false;
            store_.metrics().reclaim_moves_lost.fetch_add(1, std::memory_order_relaxed);
            continue;
        }
        std::size_t index = work.commit->payloads.size();
        if (one.to.empty()) {
            auto const owner = owner_of(one.owner);
            // By move, not by owner: a payload and a log, or two partitions, may share the frame's
            // owner numbers.
            work.commit->payloads.push_back({owner.id, owner.offset, std::move(one.riding)});
        }
        if (!is_log && !one.to.empty()) {
            SLUICE_CHECK(place_frames(view, one, work));
        }
        write_move(one, work, index);
    }
    if (work.mutations().empty()) return false;
    SLUICE_CHECK(
        commit_change_blocking(store_, std::move(work), journal::admission_class::freeing, token));
    return all;
}

// `payload`: index of the frame that rides along, for slots.
void reclaimer::write_move(move& one, change& work, std::size_t payload) const {
    auto& mutations = work.mutations();
    auto const index = static_cast<std::uint32_t>(payload);
    mutations.erase(kv::family::payload, keys::reverse_entry(one.from.segment, one.from.offset));
    work.freed.push_back({one.from.segment, one.owner.length});
    auto const reverse = [&](reverse_record const& owner, std::optional<journal::location> at) {
        auto const place = at.value_or(journal::location{});
        auto const put = mutations.put(
            kv::family::payload, keys::reverse_entry(place.segment, place.offset), encode(owner));
        if (!at) mutations.add_slot(kv::slot::kind::location, put.key + 1, index);
    };
    if (one.owner.kind == reverse_record::owner_kind::log) {
        auto value = one.stored;   // keeps the commit LSN of the records in it
        if (!one.to.empty())
            store_big(value.data() + log_run_location_position, journal::encode(one.to.front()));
        auto const put = mutations.put(kv::family::log, record_key(one), value);
        if (one.to.empty())
            mutations.add_slot(kv::slot::kind::location, put.value + log_run_location_position,
                               index);
        reverse(one.owner, one.to.empty() ? std::nullopt : std::optional(one.to.front()));
        return;
    }
    if (one.to.empty()) {
        auto frames = one.extent.frames;
        frames.first = {};
        auto const put = mutations.put(kv::family::payload, record_key(one), encode(frames));
        mutations.add_slot(kv::slot::kind::location, put.value + extent_location_position, index);
        reverse(one.owner, std::nullopt);
        return;
    }
    for (auto const& placed : one.placed) {
        auto owner = one.owner;
        owner.payload_offset += placed.offset;
        owner.length = placed.frames.length;
        mutations.put(kv::family::payload, keys::extent(owner.payload, owner.payload_offset),
                      encode(placed.frames));
        reverse(owner, placed.frames.first);
    }
}

// The copies may lie in several places: as many extents, which the head counts.
result<void> reclaimer::place_frames(index_view const& view, move& one, change& work) const {
    extent_builder builder(one.extent.frames.frame_bytes);
    std::uint64_t within = 0;
    for (auto const& at : one.to) {
        auto const length = std::min(one.extent.frames.frame_bytes, one.owner.length - within);
        builder.add(within, length, at);
        within += length;
    }
    one.placed = builder.take();
    if (one.placed.size() == 1) return success();
    auto const key = keys::payload_head(one.owner.payload);
    SLUICE_TRY(auto const stored, view.get(kv::family::payload, key));
    if (!stored) return failure{error::corrupt, keys::describe(key) + " is missing"};
    SLUICE_TRY(auto head, decode_payload_head(*stored));
    head.extents += one.placed.size() - 1;
    work.mutations().put(kv::family::payload, key, encode(head));
    return success();
}

}  // namespace sluice::store
