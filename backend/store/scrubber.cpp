#include "backend/store/scrubber.hpp"

#include <algorithm>
#include <chrono>
#include <unordered_set>

#include "backend/store/engine.hpp"
#include "backend/store/failure_reports.hpp"
#include "backend/store/index_read.hpp"
#include "backend/store/payload_records.hpp"

namespace sluice::store {

namespace keys = kv::key_space;

namespace {

constexpr std::chrono::hours pause_between_rounds{24};

}  // namespace

scrubber::scrubber(engine& store) : store_(store), rate_(store.limits().scrub_bytes_per_second) {}

scrubber::~scrubber() {
    stop();
}

void scrubber::start() {
    thread_ = worker_thread("scrub", [this](std::stop_token stop) { loop(stop); });
}

void scrubber::stop() {
    {
        std::scoped_lock guard(mutex_);
        stopping_ = true;
    }
    rate_.stop();
    if (!thread_.running()) return;
    thread_.request_stop();
    thread_.join();
}

void scrubber::loop(std::stop_token stop) {
    auto const token = blocking_token::for_this_thread();
    while (!stop.stop_requested()) {
        {
            std::unique_lock guard(mutex_);
            changed_.wait_for(guard, stop, pause_between_rounds, [] { return false; });
        }
        if (stop.stop_requested()) return;
        auto const round = run_once(token);
        if (round.has_value()) continue;
        if (round.error().code == error::corrupt) report(round.error().text);
        else store_.reports().tell("scrub", round.error());
    }
}

result<std::uint64_t> scrubber::run_once(blocking_token token) {
    std::scoped_lock running(run_mutex_);
    std::uint64_t damaged = 0;
    for (auto const& segment : store_.journal().segments().list()) {
        if (segment.state != journal::segment_state::sealed) continue;
        SLUICE_TRY(auto const found, scrub_segment(segment, token));
        damaged += found;
        std::scoped_lock guard(mutex_);
        if (stopping_) break;
    }
    return damaged;
}

namespace {

struct needed_frame {
    journal::location at;
    std::string key;       // of the reverse entry, for the report
};

// The frames of the extent that a reverse entry names.
result<void> add_needed(index_view const& view, kv::cursor const& cursor,
                        std::vector<needed_frame>& needed) {
    SLUICE_TRY(auto const from, keys::parse_reverse_entry(cursor.key()));
    SLUICE_TRY(auto const owner, decode_reverse(cursor.value()));
    journal::location const first{from.segment, from.offset};
    auto const name = keys::describe(cursor.key());
    if (owner.kind == reverse_record::owner_kind::log) {
        needed.push_back({first, name});
        return success();
    }
    SLUICE_TRY(auto const stored,
               view.get(kv::family::payload, keys::extent(owner.payload, owner.payload_offset)));
    if (!stored) return failure{error::corrupt, name + " names no extent"};
    SLUICE_TRY(auto const extent, decode_extent(*stored));
    for (std::uint64_t within = 0; within < extent.frames.length;
         within += extent.frames.frame_bytes)
        needed.push_back({extent.frames.frame_at(within), name});
    return success();
}

}  // namespace

result<std::uint64_t> scrubber::scrub_segment(journal::segment_info const& segment,
                                              blocking_token token) {
    std::unordered_set<std::uint32_t> good;
    auto visit = [&](journal::scrubbed_frame const& frame) {
        store_.metrics().scrub_bytes.fetch_add(frame.body_length, std::memory_order_relaxed);
        if (frame.good) good.insert(frame.at.offset);
        rate_.take(frame.body_length, store_.clock());
    };
    // What is needed now was needed before or moved here; moves only go to segments that are not
    // sealed.
    auto const pin = store_.journal().pin(segment.id);
    auto walked = store_.journal().segments().scrub(segment.id, visit, token);
    if (!walked && walked.error().code == error::invalid_argument)
        return std::uint64_t{0};  // recycled meanwhile
    if (!walked) return walked.error();
    std::vector<needed_frame> needed;
    auto const view = view_blocking(store_, token);
    auto cursor = view.scan(kv::family::payload, keys::reverse_entries(segment.id));
    for (; cursor->valid(); cursor->next()) {
        SLUICE_CHECK(add_needed(view, *cursor, needed));
    }
    SLUICE_CHECK(cursor->status());
    std::uint64_t damaged = 0;
    for (auto const& frame : needed) {
        if (good.contains(frame.at.offset)) continue;
        ++damaged;
        report(journal::segment_table::path_of(segment.id) + " at " +
               std::to_string(frame.at.offset) + ", needed by " + frame.key);
    }
    store_.metrics().scrub_segments.fetch_add(1, std::memory_order_relaxed);
    store_.metrics().scrub_corrupt.fetch_add(damaged, std::memory_order_relaxed);
    return damaged;
}

// Again in every round that finds it, but remembered once.
void scrubber::report(std::string place) {
    store_.reports().tell("scrub", {error::corrupt, place});
    std::scoped_lock guard(mutex_);
    if (std::ranges::find(damaged_, place) != damaged_.end()) return;
    if (damaged_.size() == store_.limits().scrub_reports) damaged_.erase(damaged_.begin());
    damaged_.push_back(std::move(place));
}

std::vector<std::string> scrubber::damaged() const {
    std::scoped_lock guard(mutex_);
    return damaged_;
}

}  // namespace sluice::store
