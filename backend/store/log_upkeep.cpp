#include "backend/store/log_upkeep.hpp"

#include <algorithm>
#include <limits>

#include "backend/store/engine.hpp"
#include "backend/store/failure_reports.hpp"
#include "backend/store/model/journal_name.hpp"
#include "backend/store/payload_records.hpp"
#include "backend/store/topic_records.hpp"

namespace sluice::store {

namespace keys = kv::key_space;

namespace {

// Of one commit.
constexpr std::size_t producers_per_commit = 5000;
constexpr std::size_t offset_bytes_per_commit = 512 * kibibyte;
// What compaction reads before retention and dropped topics have their turn again.
constexpr std::uint64_t cleaned_bytes_per_round = 256 * mebibyte;

// Erases producers of a partition, as many as one commit takes. True: there are more.
result<bool> erase_producers(index_view const& view, dataset_id dataset, partition_index partition,
                             change& work) {
    auto const found = view.scan(kv::family::log, keys::producer_states(dataset, partition));
    for (std::size_t count = 0; found->valid(); found->next()) {
        if (count++ == producers_per_commit) return true;
        work.mutations().erase(kv::family::log, found->key());
    }
    SLUICE_CHECK(found->status());
    return false;
}

// Erases what is remembered of transactions whose markers lie before `before`, as many as one commit
// takes. The number of them; `more`: there are more.
struct aborted_erasure {
    std::size_t count = 0;
    bool more = false;
};
result<aborted_erasure> erase_aborted(index_view const& view, dataset_id dataset,
                                      partition_index partition, log_offset before, change& work) {
    aborted_erasure erased;
    auto const found =
        view.scan(kv::family::log, keys::aborted_transactions(dataset, partition));
    for (; found->valid(); found->next()) {
        SLUICE_TRY(auto const key, keys::parse_aborted_transaction(found->key()));
        if (key.marker >= before) break;
        if (erased.count == producers_per_commit) {
            erased.more = true;
            break;
        }
        work.mutations().erase(kv::family::log, found->key());
        ++erased.count;
    }
    SLUICE_CHECK(found->status());
    return erased;
}

}  // namespace

lock_name partition_lock(dataset_id dataset, partition_index partition) {
    return {kv::family::log, keys::log_state(dataset, partition)};
}

result<front_erasure> erase_front(index_view const& view, dataset_id dataset,
                                  partition_index partition, log_offset before, std::size_t most,
                                  change& work) {
    front_erasure erased;
    log_run_cursor cursor(view, dataset, partition, log_offset{0});
    for (;;) {
        SLUICE_TRY(auto const run, cursor.take());
        if (!run || run->end() > before) return erased;
        if (erased.runs == most) {
            erased.more = true;
            return erased;
        }
        for (std::uint64_t piece = 0; piece < run->record.pieces(); ++piece) {
            auto const at = run->frame(piece);
            work.mutations().erase(kv::family::log,
                                   keys::log_run(dataset, partition, run->base,
                                                 static_cast<std::uint16_t>(piece)));
            work.mutations().erase(kv::family::payload,
                                   keys::reverse_entry(at.segment, at.offset));
            work.freed.push_back({at.segment, run->record.piece_length(piece)});
        }
        ++erased.runs;
    }
}

log_upkeep::log_upkeep(engine& store)
    : store_(store), cleaner_(store, [this] { return is_stopping(); }) {}

log_upkeep::~log_upkeep() {
    stop();
}

void log_upkeep::start() {
    thread_ = worker_thread("log-upkeep", [this](std::stop_token stop) { loop(stop); });
}

void log_upkeep::stop() {
    {
        std::scoped_lock guard(mutex_);
        stopping_ = true;
    }
    if (!thread_.running()) return;
    thread_.request_stop();
    thread_.join();
}

void log_upkeep::wake() noexcept {
    {
        std::scoped_lock guard(mutex_);
        woken_ = true;
    }
    changed_.notify_one();
}

bool log_upkeep::is_stopping() {
    std::scoped_lock guard(mutex_);
    return stopping_;
}

void log_upkeep::loop(std::stop_token stop) {
    auto const token = blocking_token::for_this_thread();
    while (!stop.stop_requested()) {
        {
            std::unique_lock guard(mutex_);
            changed_.wait_for(guard, stop, store_.limits().retention_interval,
                              [this] { return woken_; });
            woken_ = false;
        }
        // What fails is told, and tried again after the interval.
        if (stop.stop_requested() || store_.is_read_only()) continue;
        auto const round = run_once(token);
        if (round.has_error()) store_.reports().tell("log upkeep", round.error());
        if (round && round->cleaned.unfinished) wake();
    }
}

result<log_upkeep::outcome> log_upkeep::run_once(blocking_token token) {
    std::scoped_lock running(run_mutex_);
    outcome done;
    SLUICE_CHECK(erase_dropped(done, token));
    for (auto const& topic : store_.logs().all()) {
        // A journal keeps what was not written out: without retention only what is before its start
        // goes.
        if (topic->is_system() && !is_journal(topic->name())) continue;
        for (std::size_t i = 0; i < topic->partitions(); ++i) {
            if (is_stopping()) return done;
            auto const index = partition_index{static_cast<std::int32_t>(i)};
            SLUICE_CHECK(keep_partition(topic, index, done, token));
            SLUICE_CHECK(forget_producers(topic, index, done, token));
        }
    }
    done.cleaned = cleaner_.run(cleaned_bytes_per_round, token);
    for (auto const& log : done.cleaned.changed) sizes_.erase(log);
    return done;
}

// -- dropped topics

result<void> log_upkeep::erase_dropped(outcome& done, blocking_token token) {
    auto range = keys::dropped_logs();
    for (;;) {
        auto const view = view_blocking(store_, token);
        auto cursor = view.scan(kv::family::log, range);
        if (!cursor->valid()) return cursor->status();
        SLUICE_TRY(auto const dataset, keys::parse_dropped_log(cursor->key()));
        SLUICE_TRY(auto const record, decode_dropped_log(cursor->value()));
        range.lower = keys::past_key(cursor->key());
        cursor.reset();
        SLUICE_TRY(bool const gone, erase_dropped_log(dataset, record.partitions, done, token));
        if (!gone) return success();   // stopping
        ++done.topics;
    }
}

// What groups committed for a topic that is gone; nobody sees it any more.
result<void> log_upkeep::erase_offsets_of(dataset_id dataset, blocking_token token) {
    auto const view = view_blocking(store_, token);
    auto cursor =
        view.scan(kv::family::meta, keys::all_of(keys::key_kind::group_offset));
    change work;
    auto const commit = [&]() -> result<void> {
        if (work.mutations().empty()) return success();
        SLUICE_CHECK(commit_change_blocking(store_, std::exchange(work, {}),
                                            journal::admission_class::freeing, token));
        return success();
    };
    for (; cursor->valid(); cursor->next()) {
        SLUICE_TRY(auto const key, keys::parse_group_offset(cursor->key()));
        if (key.dataset != dataset) continue;
        work.mutations().erase(kv::family::meta, cursor->key());
        if (work.mutations().bytes().size() < offset_bytes_per_commit) continue;
        SLUICE_CHECK(commit());
    }
    SLUICE_CHECK(cursor->status());
    return commit();
}

result<bool> log_upkeep::erase_dropped_log(dataset_id dataset, std::uint32_t partitions,
                                           outcome& done, blocking_token token) {
    SLUICE_CHECK(erase_offsets_of(dataset, token));
    for (std::uint32_t i = 0; i < partitions; ++i) {
        auto const index = partition_index{static_cast<std::int32_t>(i)};
        for (bool more = true; more;) {
            if (is_stopping()) return false;
            change work;
            work.locks = make_locks(store_);
            SLUICE_CHECK(take_lock_blocking(store_, *work.locks, partition_lock(dataset, index),
                                            lock_mode::exclusive, token));
            auto const all = log_offset{std::numeric_limits<std::int64_t>::max()};
            auto const view = view_blocking(store_, token);
            SLUICE_TRY(auto const erased,
                       erase_front(view, dataset, index, all, runs_per_erasure, work));
            done.runs += erased.runs;
            more = erased.more;
            if (!more) {
                SLUICE_TRY(more, erase_producers(view, dataset, index, work));
            }
            if (!more) {
                SLUICE_TRY(auto const aborted, erase_aborted(view, dataset, index, all, work));
                more = aborted.more;
            }
            if (!more) {
                work.mutations().erase(kv::family::log, keys::log_state(dataset, index));
                work.mutations().erase(kv::family::log, keys::log_clean(dataset, index));
                if (i + 1 == partitions)
                    work.mutations().erase(kv::family::log, keys::dropped_log(dataset));
            }
            SLUICE_CHECK(commit_change_blocking(store_, std::move(work),
                                                journal::admission_class::freeing, token));
        }
        sizes_.erase({dataset, index});
        cleaner_.forget({dataset, index});
    }
    return true;
}

// -- retention

// The start that retention by bytes asks for: runs go from the front while enough is left.
result<log_offset> log_upkeep::start_by_bytes(index_view const& view, topic_log& topic,
                                              partition_index index, std::uint64_t most) {
    auto& count = sizes_[{topic.id(), index}];
    auto const bounds = topic.partition(index)->bounds();
    // Somebody else moved the start: what went is not known any more.
    if (count.start != bounds.start) count = {bounds.start, bounds.start, 0};
    log_run_cursor news(view, topic.id(), index, count.end);
    for (;;) {
        SLUICE_TRY(auto const run, news.take());
        if (!run) break;
        count.bytes += run->record.length;
        count.end = run->end();
    }
    log_run_cursor front(view, topic.id(), index, count.start);
    while (count.bytes > most) {
        SLUICE_TRY(auto const run, front.take());
        // Never below what was asked to be kept.
        if (!run || count.bytes - run->record.length < most) break;
        count.bytes -= run->record.length;
        count.start = run->end();
    }
    return count.start;
}

result<log_offset> log_upkeep::wanted_start(index_view const& view, topic_log& topic,
                                            partition_index index) {
    auto const described = topic.describe();
    auto const retention = described->retention;
    auto start = topic.partition(index)->bounds().start;
    if (!cleaning_of(described->info.settings).deletes) return start;
    if (retention.bytes >= 0) {
        SLUICE_TRY(start, start_by_bytes(view, topic, index,
                                         static_cast<std::uint64_t>(retention.bytes)));
    }
    if (retention.milliseconds < 0) return start;
    auto const oldest = to_underlying(store_.clock().now()) - retention.milliseconds;
    log_run_cursor front(view, topic.id(), index, start);
    for (;;) {
        SLUICE_TRY(auto const run, front.take());
        if (!run) return start;
        auto const newest = to_underlying(run->record.last_timestamp);
        // A run without timestamps goes with the next one that has them.
        if (newest >= oldest) return start;
        if (newest >= 0) start = run->end();
    }
}

result<void> log_upkeep::keep_partition(topic_handle const& topic, partition_index index,
                                        outcome& done, blocking_token token) {
    for (bool more = true; more && !is_stopping();) {
        change work;
        work.locks = make_locks(store_);
        SLUICE_CHECK(take_lock_blocking(store_, *work.locks, partition_lock(topic->id(), index),
                                        lock_mode::exclusive, token));
        auto* const partition = topic->partition(index);
        if (partition->is_closed()) return success();
        auto const view = view_blocking(store_, token);
        SLUICE_TRY(auto const start, wanted_start(view, *topic, index));
        SLUICE_TRY(auto const erased,
                   erase_front(view, topic->id(), index, start, runs_per_erasure, work));
        // After the records they speak of: a reader who began before the start moved sees both, or
        // neither.
        aborted_erasure aborted;
        if (!erased.more && partition->last_aborted() >= log_offset{0}) {
            SLUICE_TRY(aborted, erase_aborted(view, topic->id(), index, start, work));
        }
        more = erased.more || aborted.more;
        bool const moves = start > partition->bounds().start;
        if (!moves && erased.runs == 0 && aborted.count == 0) return success();
        if (moves) {
            work.mutations().put_stamped(
                kv::family::log, keys::log_state(topic->id(), index),
                encode(log_state_record{{}, start, partition->leader_epoch()}));
            work.on_published = [topic, partition, start](lsn) { partition->publish_start(start); };
        }
        SLUICE_CHECK(commit_change_blocking(store_, std::move(work),
                                            journal::admission_class::freeing, token));
        done.runs += erased.runs;
    }
    return success();
}

// -- producers

result<void> log_upkeep::forget_producers(topic_handle const& topic, partition_index index,
                                          outcome& done, blocking_token token) {
    auto* const partition = topic->partition(index);
    auto const idle = store_.limits().producer_idle.count();
    auto const before = unix_millis{to_underlying(store_.clock().now()) - idle};
    for (;;) {
        auto const producers = partition->idle_producers(before, producers_per_commit);
        if (producers.empty() || is_stopping()) return success();
        change work;
        for (auto const producer : producers)
            work.mutations().erase(kv::family::log,
                                   keys::producer_state(topic->id(), index, producer));
        // In journal order: who came back meanwhile stays, in memory and in the index.
        auto forget = [this, topic, partition, producers, before, index](journal::commit& commit,
                                                                         lsn) {
            commit.mutations = {};
            for (auto const producer : producers) {
                if (!partition->forget(producer, before, store_.logs().producers())) continue;
                commit.mutations.erase(kv::family::log,
                                       keys::producer_state(topic->id(), index, producer));
            }
        };
        work.commit->on_ordered = std::move(forget);
        SLUICE_CHECK(commit_change_blocking(store_, std::move(work),
                                            journal::admission_class::freeing, token));
        done.producers += producers.size();
    }
}

}  // namespace sluice::store
