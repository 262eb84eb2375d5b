#include "backend/store/log_cleaner.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "backend/store/engine.hpp"
#include "backend/store/failure_reports.hpp"
#include "backend/store/log_aborted.hpp"
#include "backend/store/log_clean_record.hpp"
#include "backend/store/log_rewrite.hpp"

namespace sluice::store {

namespace keys = kv::key_space;

namespace {

// A run of this size is worth being left where it is when it loses nothing; smaller ones join.
constexpr std::uint64_t large_run_bytes = log_piece_bytes / 2;
// Of runs that one commit replaces.
constexpr std::size_t frames_per_rewrite = 1000;

result<log_clean_record> read_progress(index_view const& view, log_cleaner::log_key const& log) {
    SLUICE_TRY(auto const stored,
               view.get(kv::family::log, keys::log_clean(log.dataset, log.partition)));
    if (!stored) return log_clean_record{};
    return decode_log_clean(*stored);
}

// Of what lies before it every transaction is decided.
log_offset stable_end(log_partition const& partition) { return partition.bounds().stable; }

// Whether the batch is of a transaction that was aborted: it counts for nothing.
bool is_aborted(log_batch_header const& header, std::vector<aborted_range> const& aborted) {
    if (!header.is_transactional()) return false;
    log_offset const at{header.base_offset};
    return std::ranges::any_of(aborted, [&](aborted_range const& one) {
        return one.producer == header.producer_id && one.first <= at && at < one.marker;
    });
}

// Readers find the end of what was aborted by its marker, for as long as they are told of it. Of what
// was committed they need none.
result<bool> is_abort_marker(std::string_view batch) {
    constexpr char abort_type[] = {0, 0, 0, 0};   // version and type
    SLUICE_TRY(auto const records, read_log_batch(batch));
    return records.size() == 1 && records.front().key &&
           std::string_view(*records.front().key) == std::string_view(abort_type, 4);
}

// Calls `each` with header and bytes of every batch.
template <class Each>
result<void> walk_batches(std::string_view batches, Each const& each) {
    while (!batches.empty()) {
        SLUICE_TRY(auto const header, parse_log_batch_header(batches));
        if (header.total_bytes() > batches.size())
            return failure{error::corrupt, "a stored run ends within a batch"};
        SLUICE_CHECK(each(header, batches.substr(0, header.total_bytes())));
        batches.remove_prefix(header.total_bytes());
    }
    return success();
}

// What is dirty, and whether it is time.
struct dirt {
    log_offset end{};                    // of what may be cleaned
    std::uint64_t bytes = 0;
    bool overdue = false;                // max.compaction.lag.ms
};

result<dirt> look_at_dirt(index_view const& view, log_cleaner::log_key const& log,
                          log_offset clean, log_offset end, topic_cleaning const& how,
                          unix_millis now) {
    dirt found{end};
    auto const since = [&](std::int64_t lag) {
        auto const at = to_underlying(now);
        return lag > at ? std::numeric_limits<std::int64_t>::min() : at - lag;
    };
    log_run_cursor cursor(view, log.dataset, log.partition, clean);
    for (;;) {
        SLUICE_TRY(auto const run, cursor.take());
        if (!run || run->base >= end) return found;
        bool const young = how.lag_least_ms > 0 &&
                           to_underlying(run->record.last_timestamp) > since(how.lag_least_ms);
        if (young) {
            found.end = run->base;
            return found;
        }
        found.bytes += run->record.length;
        auto const oldest = to_underlying(run->record.first_timestamp);
        found.overdue = found.overdue || (oldest > 0 && oldest < since(how.lag_most_ms));
    }
}

}  // namespace

struct log_cleaner::job {
    topic_handle topic;
    partition_index index{};
    log_key key{};
    topic_cleaning how;
    log_clean_record before;             // as it is stored
    log_offset end{};                    // the pass cleans what lies before
    log_offset mapped{};                 // the keys of [clean, mapped) are known
    log_offset at{};                     // cleaned so far
    log_offset start{};                  // of the log, when the pass began
    bool is_mapping = true;
    log_key_map newest;
    // Of the run with this base, which was read and found no room in the commit before.
    std::optional<std::pair<log_offset, filtered_batches>> carried;

    log_partition& partition() const { return *topic->partition(index); }
};

// Neighbouring runs that become one.
struct log_cleaner::group {
    std::vector<log_run> runs;
    filtered_batches left;
    std::size_t frames = 0;

    bool takes(log_run const& run, filtered_batches const& more) const {
        if (runs.empty()) return true;
        if (frames + run.record.pieces() > frames_per_rewrite) return false;
        if (left.bytes.size() + more.bytes.size() > log_piece_bytes) return false;
        bool const stays_put = !more.changed && run.record.length >= large_run_bytes;
        return !stays_put;
    }
    bool closed() const {
        return runs.size() == 1 && !left.changed && runs.front().record.length >= large_run_bytes;
    }
};

log_cleaner::log_cleaner(engine& store, std::function<bool()> is_stopping)
    : store_(store), is_stopping_(std::move(is_stopping)) {}

log_cleaner::~log_cleaner() = default;

void log_cleaner::forget(log_key const& log) {
    counts_.erase(log);
    if (job_ && job_->key == log) job_.reset();
}

log_cleaner::outcome log_cleaner::run(std::uint64_t bytes_most, blocking_token token) {
    outcome done;
    budget_ = bytes_most;
    if (job_ && !go_on(done, token)) return done;
    using place = std::pair<std::string, partition_index>;
    std::vector<std::pair<place, topic_handle>> all;
    for (auto const& topic : store_.logs().all()) {
        if (topic->is_system() || !cleaning_of(topic->describe()->info.settings).compacts) continue;
        for (std::size_t i = 0; i < topic->partitions(); ++i)
            all.push_back({{topic->name(), partition_index{static_cast<std::int32_t>(i)}}, topic});
    }
    auto const behind_last =
        std::ranges::find_if(all, [&](auto const& one) { return one.first > last_; });
    std::rotate(all.begin(), behind_last, all.end());
    for (auto const& [name, topic] : all) {
        if (is_stopping_()) return done;
        auto found = look_at(topic, name.second, token);
        if (found.has_error()) store_.reports().tell("log cleaner", found.error());
        if (found.has_error() || !*found) continue;
        job_ = std::move(*found);
        last_ = name;
        if (!go_on(done, token)) return done;
    }
    return done;
}

// -- whether a partition is to be cleaned

result<std::uint64_t> log_cleaner::clean_bytes(index_view const& view, log_key const& log,
                                               log_offset start, log_offset clean) {
    auto& count = counts_[log];
    if (count.start == start && count.clean == clean) return count.bytes;
    count = {start, clean, 0};
    log_run_cursor cursor(view, log.dataset, log.partition, start);
    for (;;) {
        SLUICE_TRY(auto const run, cursor.take());
        if (!run || run->end() > clean) return count.bytes;
        count.bytes += run->record.length;
    }
}

// Null: not now.
result<std::unique_ptr<log_cleaner::job>> log_cleaner::look_at(topic_handle const& topic,
                                                               partition_index index,
                                                               blocking_token token) {
    using none = std::unique_ptr<job>;
    auto const& partition = *topic->partition(index);
    log_key const log{topic->id(), index};
    auto const view = view_blocking(store_, token);
    SLUICE_TRY(auto const last, last_log_run(view, log.dataset, index));
    if (!last || partition.is_closed()) return none{};
    SLUICE_TRY(auto const before, read_progress(view, log));
    auto const start = partition.bounds().start;
    auto const clean = std::max(before.clean, start);
    auto const end = std::min(last->base, stable_end(partition));
    if (clean >= end) return none{};
    auto const how = cleaning_of(topic->describe()->info.settings);
    SLUICE_TRY(auto const dirty,
               look_at_dirt(view, log, clean, end, how, store_.clock().now()));
    if (dirty.bytes == 0) return none{};
    SLUICE_TRY(auto const rest, clean_bytes(view, log, start, clean));
    auto const ratio =
        static_cast<double>(dirty.bytes) / static_cast<double>(dirty.bytes + rest);
    if (!dirty.overdue && !(ratio > how.dirty_ratio)) return none{};
    return none(new job{topic, index, log, how, before, dirty.end, clean, start, start, true,
                        log_key_map(store_.limits().log_cleaner_bytes), std::nullopt});
}

// -- a pass

// Works on the pass under way. False: what may be read at once was read, or the store stops.
bool log_cleaner::go_on(outcome& done, blocking_token token) {
    auto const ended = work(*job_, done, token);
    if (ended.has_error()) store_.reports().tell("log cleaner", ended.error());
    if (ended && !*ended) {
        done.unfinished = true;
        return false;
    }
    job_.reset();
    return true;
}

// False: to be gone on with.
result<bool> log_cleaner::work(job& pass, outcome& done, blocking_token token) {
    for (;;) {
        if (is_stopping_() || budget_ == 0) return false;
        // The topic may have grown, changed its policy or gone.
        auto const topic = store_.logs().find(pass.key.dataset);
        if (!topic || pass.partition().is_closed()) return true;
        pass.how = cleaning_of(topic->describe()->info.settings);
        if (!pass.how.compacts) return true;
        if (pass.is_mapping) {
            SLUICE_CHECK(map_next(pass, token));
            continue;
        }
        if (pass.end <= std::max(pass.before.clean, pass.start)) return true;   // nothing new
        SLUICE_TRY(bool const more, clean_next(pass, done, token));
        if (more) continue;
        SLUICE_CHECK(end_pass(pass, done, token));
        return true;
    }
}

// The keys of one more run; when there is no room for all of them the pass ends where it got.
result<void> log_cleaner::map_next(job& pass, blocking_token token) {
    auto const view = view_blocking(store_, token);
    SLUICE_TRY(auto const run,
               log_run_cursor(view, pass.key.dataset, pass.index, pass.mapped).take());
    if (!run || run->base >= pass.end) {
        pass.is_mapping = false;
        return success();
    }
    std::string bytes;
    SLUICE_CHECK(read_log_run(store_, pass.key.dataset, pass.index, *run, bytes, token));
    number_run(*run, bytes.data(), bytes.size(), std::nullopt);
    budget_ -= std::min<std::uint64_t>(budget_, bytes.size());
    SLUICE_TRY(auto const aborted,
               find_aborted(view, pass.key.dataset, pass.index, run->base, run->end()));
    auto const one = [&](log_record_view const& record) {
        if (record.offset < pass.mapped || !record.key) return true;
        if (pass.newest.put(*record.key, record.offset)) return true;
        pass.end = record.offset;
        return false;
    };
    SLUICE_CHECK(walk_batches(bytes, [&](log_batch_header const& header, std::string_view batch)
                                  -> result<void> {
        auto const last = header.base_offset + header.last_offset_delta;
        bool const skipped = last < to_underlying(pass.mapped) ||
                             header.base_offset >= to_underlying(pass.end);
        if (skipped || header.is_control() || is_aborted(header, aborted)) return success();
        return walk_log_batch(batch, store_.limits().decompressed_batch_bytes, one);
    }));
    pass.mapped = run->end();
    return success();
}

result<filtered_batches> log_cleaner::filter_run(job& pass, index_view const& view,
                                                 log_run const& run, blocking_token token) {
    std::string bytes;
    SLUICE_CHECK(read_log_run(store_, pass.key.dataset, pass.index, run, bytes, token));
    number_run(run, bytes.data(), bytes.size(), std::nullopt);
    budget_ -= std::min<std::uint64_t>(budget_, bytes.size());
    log_filter filter;
    filter.superseded = [&](log_record_view const& record) {
        return !record.key || pass.newest.find(*record.key) > record.offset;
    };
    filter.now = store_.clock().now();
    filter.tombstones_stay_ms = pass.how.tombstones_stay_ms;
    filter.end = pass.end;
    filter.decompressed_most = store_.limits().decompressed_batch_bytes;
    SLUICE_TRY(auto const aborted,
               find_aborted(view, pass.key.dataset, pass.index, run.base, run.end()));
    filtered_batches left;
    SLUICE_CHECK(walk_batches(bytes, [&](log_batch_header const& header, std::string_view batch)
                                  -> result<void> {
        if (header.base_offset >= to_underlying(pass.end))
            return filter_log_batch(batch, filter, left);
        bool goes = is_aborted(header, aborted);
        if (header.is_control()) {
            SLUICE_TRY(bool const aborts, is_abort_marker(batch));
            goes = !aborts;
        }
        if (!goes) return filter_log_batch(batch, filter, left);
        left.changed = true;
        left.records_gone += static_cast<std::uint64_t>(header.record_count);
        return success();
    }));
    return left;
}

// Takes runs until they are enough for a commit. False: that were all.
result<bool> log_cleaner::clean_next(job& pass, outcome& done, blocking_token token) {
    group together;
    {
        auto const view = view_blocking(store_, token);
        log_run_cursor cursor(view, pass.key.dataset, pass.index, pass.at);
        while (!together.closed() && !is_stopping_()) {
            SLUICE_TRY(auto run, cursor.take());
            if (!run || run->base >= pass.end) break;
            bool const is_read = pass.carried && pass.carried->first == run->base;
            if (!is_read) {
                SLUICE_TRY(auto left, filter_run(pass, view, *run, token));
                pass.carried.emplace(run->base, std::move(left));
            }
            auto const& left = pass.carried->second;
            if (!together.takes(*run, left)) break;
            together.left.add(left);
            together.frames += run->record.pieces();
            together.runs.push_back(std::move(*run));
            pass.carried.reset();
            if (budget_ == 0) break;
        }
    }
    if (together.runs.empty()) return is_stopping_();
    pass.at = together.runs.back().end();
    bool const as_it_is = together.runs.size() == 1 && !together.left.changed;
    if (!as_it_is) {
        SLUICE_CHECK(write(pass, std::move(together), done, token));
    }
    return true;
}

result<void> log_cleaner::write(job& pass, group together, outcome& done, blocking_token token) {
    log_rewrite what;
    what.dataset = pass.key.dataset;
    what.partition = pass.index;
    what.progress.clean = pass.before.clean;
    what.progress.reach = std::max(pass.before.reach, pass.end);
    what.runs = std::move(together.runs);
    what.left = std::move(together.left);
    SLUICE_CHECK(rewrite_runs(store_, what, token));
    done.runs += what.runs.size();
    done.records += what.left.records_gone;
    done.changed.insert(pass.key);
    counts_.erase(pass.key);
    return success();
}

result<void> log_cleaner::end_pass(job& pass, outcome& done, blocking_token token) {
    log_clean_record progress;
    progress.clean = std::max(pass.before.clean, pass.end);
    progress.reach = std::max(pass.before.reach, pass.end);
    change work;
    work.mutations().put_stamped(kv::family::log, keys::log_clean(pass.key.dataset, pass.index),
                                 encode(progress));
    SLUICE_CHECK(commit_change_blocking(store_, std::move(work),
                                        journal::admission_class::freeing, token));
    ++done.passes;
    return success();
}

}  // namespace sluice::store
