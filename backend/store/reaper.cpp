#include "backend/store/reaper.hpp"

#include <chrono>

#include "backend/store/engine.hpp"
#include "backend/store/failure_reports.hpp"
#include "backend/store/index_read.hpp"
#include "backend/store/payload_pins.hpp"
#include "backend/store/payload_records.hpp"

namespace sluice::store {

namespace keys = kv::key_space;

namespace {

// Of one commit; each costs at most about 60 bytes of mutations.
constexpr std::size_t extents_per_commit = 4096;
// Payloads with readers are looked at again then, without being woken.
constexpr std::chrono::seconds retry_interval{5};

}  // namespace

reaper::reaper(engine& store) : store_(store) {}

reaper::~reaper() {
    stop();
}

void reaper::start() {
    thread_ = worker_thread("reaper", [this](std::stop_token stop) { loop(stop); });
}

void reaper::stop() {
    {
        std::scoped_lock guard(mutex_);
        stopping_ = true;
    }
    if (!thread_.running()) return;
    thread_.request_stop();
    thread_.join();
}

void reaper::wake() noexcept {
    {
        std::scoped_lock guard(mutex_);
        woken_ = true;
    }
    changed_.notify_one();
}

void reaper::loop(std::stop_token stop) {
    auto const token = blocking_token::for_this_thread();
    while (!stop.stop_requested()) {
        {
            std::unique_lock guard(mutex_);
            changed_.wait_for(guard, stop, retry_interval, [this] { return woken_; });
            woken_ = false;
        }
        // What fails is told, and tried again after the interval.
        if (stop.stop_requested() || store_.is_read_only()) continue;
        auto const round = run_once(token);
        if (round.has_error()) store_.reports().tell("reaper", round.error());
    }
}

result<std::uint64_t> reaper::run_once(blocking_token token) {
    std::scoped_lock running(run_mutex_);
    std::uint64_t done = 0;
    auto range = keys::unreferenced_payloads();
    for (;;) {
        // One at a time: taking one apart can leave others behind it without references.
        auto const view = view_blocking(store_, token);
        auto cursor = view.scan(kv::family::payload, range);
        if (!cursor->valid()) {
            SLUICE_CHECK(cursor->status());
            return done;
        }
        SLUICE_TRY(auto payload, keys::parse_unreferenced_payload(cursor->key()));
        range.lower = keys::past_key(cursor->key());
        cursor.reset();
        {
            std::scoped_lock guard(mutex_);
            if (stopping_) return done;
        }
        if (!store_.pins().begin_removal(payload)) continue;
        auto gone = take_apart(payload, token);
        store_.pins().end_removal(payload);
        if (!gone) return gone.error();
        if (*gone) {
            ++done;
            store_.metrics().reaped_payloads.fetch_add(1, std::memory_order_relaxed);
            range.lower = keys::unreferenced_payloads().lower;
        }
    }
}

// False: someone else did.
result<bool> reaper::take_apart(payload_id payload, blocking_token token) {
    for (;;) {
        change work;
        work.locks = make_locks(store_);
        SLUICE_CHECK(take_lock_blocking(store_, *work.locks, payload_lock(payload),
                                        lock_mode::exclusive, token));
        auto piece = read_piece(view_blocking(store_, token), payload);
        if (!piece && piece.error().code == error::not_found) return false;
        if (!piece) return piece.error();
        // Locks of the parts behind the lock of the whole: parts never wait for a whole.
        SLUICE_CHECK(piece->drops.lock_blocking(store_, *work.locks, token));
        SLUICE_TRY(auto dropped, piece->drops.read(view_blocking(store_, token)));
        piece->changes.move_into(work);
        dropped.move_into(work);
        work.leaves_unreferenced = false;   // run_once comes by there itself
        SLUICE_CHECK(commit_change_blocking(store_, std::move(work),
                                            journal::admission_class::freeing, token));
        if (piece->last) return true;
    }
}

result<reaper::piece> reaper::read_piece(index_view const& view, payload_id payload) const {
    SLUICE_TRY(auto stored, view.get(kv::family::payload, keys::payload_head(payload)));
    if (!stored) return failure{error::not_found, "payload is gone"};
    SLUICE_TRY(auto head, decode_payload_head(*stored));
    if (head.references != 0)
        return failure{error::corrupt,
                       keys::describe(keys::payload_head(payload)) + " is referenced"};
    piece now;
    auto cursor = view.scan(kv::family::payload, keys::extents(payload));
    std::size_t count = 0;
    for (; cursor->valid() && count < extents_per_commit; cursor->next(), ++count) {
        SLUICE_TRY(auto extent, decode_extent(cursor->value()));
        now.changes.mutations.erase(kv::family::payload, cursor->key());
        if (extent.kind == payload_kind::composed) {
            now.drops.drop(extent.part.payload);
            continue;
        }
        auto const& first = extent.frames.first;
        now.changes.mutations.erase(kv::family::payload,
                                    keys::reverse_entry(first.segment, first.offset));
        now.changes.freed.push_back({first.segment, extent.frames.length});
    }
    SLUICE_CHECK(cursor->status());
    if (!cursor->valid()) {
        now.last = true;
        now.changes.mutations.erase(kv::family::payload, keys::payload_head(payload));
        now.changes.mutations.erase(kv::family::payload, keys::unreferenced_payload(payload));
    }
    return now;
}

}  // namespace sluice::store
