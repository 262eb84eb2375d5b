// read_log
#include <algorithm>

#include "backend/store/engine.hpp"
#include "backend/store/log_aborted.hpp"
#include "backend/store/model/log_batch.hpp"
#include "backend/store/log_read.hpp"
#include "backend/store/log_verbs.hpp"
#include "backend/store/topic_records.hpp"

namespace sluice::store {

namespace keys = kv::key_space;

namespace {

// Bytes of runs looked up for one read: nobody sends more in one answer.
constexpr std::uint64_t read_bytes_most = 64 * mebibyte;

// Appends a run's stored bytes from memory; false: not all of them are there.
bool append_cached(engine& store, topic_log const& topic, partition_index partition,
                   log_run const& run, std::string& into) {
    auto const before = into.size();
    for (std::uint64_t piece = 0; piece < run.record.pieces(); ++piece) {
        auto const found =
            store.cache().find(log_cache_key(topic.id(), partition, run.base, piece));
        if (found.empty()) {
            into.resize(before);
            return false;
        }
        into.append(found.bytes());
    }
    return true;
}

// Cuts what was appended to the answer behind `begin`, one run's batches, to those that belong to
// it. False: the answer is full.
result<bool> cut(std::string& answer, std::size_t begin, read_log_request const& request) {
    auto first = begin;
    auto last = begin;
    bool full = false;
    while (last < answer.size()) {
        auto const rest = std::string_view(answer).substr(last);
        SLUICE_TRY(auto const header, parse_log_batch_header(rest));
        if (header.total_bytes() > rest.size())
            return failure{error::corrupt, "a stored run ends within a batch"};
        auto const after = last + header.total_bytes();
        if (header.base_offset + header.last_offset_delta < to_underlying(request.from)) {
            first = last = after;
            continue;
        }
        bool const is_first = begin == 0 && first == last;
        if (after - first + begin > request.bytes_most && !(is_first && request.at_least_one)) {
            full = true;
            break;
        }
        last = after;
    }
    answer.resize(last);
    answer.erase(begin, first - begin);
    return !full && answer.size() < request.bytes_most;
}

// With a token from memory and flash, else from memory or would_block.
result<log_slice> read_in(engine& store, index_view const& view, read_log_request const& request,
                          std::int32_t epoch, log_offset end,
                          std::optional<blocking_token> token) {
    log_slice slice;
    auto& answer = slice.batches;
    auto behind = request.from;
    auto const topic = request.topic->id();
    log_run_cursor cursor(view, topic, request.partition, request.from);
    for (bool first = true, more = true; more; first = false) {
        SLUICE_TRY(auto const run, cursor.take());
        // Below the end something was there when the bounds were taken. Where the cleaner left
        // nothing the next record there is follows.
        if (first && (!run || run->base > request.from)) {
            SLUICE_TRY(auto const start, stored_log_start(view, topic, request.partition));
            if (!run || start > request.from)
                return failure{error::out_of_range, "the offset was erased meanwhile"};
        }
        if (!run || run->base >= end) break;
        auto const begin = answer.size();
        // Far too much to be asked for and not to be cut off again.
        bool const useless = begin + run->record.length > request.bytes_most && begin > 0 &&
                             run->record.batches == 1;
        if (useless) break;
        bool const cached = !run->record.numbered &&
                            append_cached(store, *request.topic, request.partition, *run, answer);
        auto& metrics = store.metrics();
        auto& counter = cached ? metrics.cache_hits : metrics.cache_misses;
        counter.fetch_add(1, std::memory_order_relaxed);
        if (!cached) {
            if (!token) return failure{error::would_block, "not in memory"};
            SLUICE_CHECK(read_log_run(store, topic, request.partition, *run, answer, *token));
        }
        number_run(*run, answer.data() + begin, answer.size() - begin, epoch);
        SLUICE_TRY(more, cut(answer, begin, request));
        behind = run->end();
    }
    bool const aborts = request.isolation == log_isolation::committed && !answer.empty() &&
                        request.topic->partition(request.partition)->last_aborted() >= request.from;
    if (aborts) {
        SLUICE_TRY(auto const ranges,
                   find_aborted(view, topic, request.partition, request.from, behind));
        for (auto const& one : ranges) slice.aborted.push_back({one.producer, one.first});
    }
    return slice;
}

}  // namespace

task<result<log_slice>> read_log(engine& store, read_log_request request) {
    auto const use = store.use();
    auto const* const partition = request.topic->partition(request.partition);
    if (partition == nullptr || partition->is_closed())
        co_return failure{error::not_found, "no such partition"};
    log_slice slice;
    // Before the snapshot: what is below the end is in it.
    slice.bounds = partition->bounds();
    if (request.from < slice.bounds.start || request.from > slice.bounds.end)
        co_return failure{error::out_of_range,
                          "the log is " + std::to_string(to_underlying(slice.bounds.start)) +
                              " to " + std::to_string(to_underlying(slice.bounds.end))};
    bool const committed = request.isolation == log_isolation::committed;
    auto const end = committed ? slice.bounds.stable : slice.bounds.end;
    if (request.from >= end) co_return slice;
    request.bytes_most = std::min(request.bytes_most, read_bytes_most);
    auto const epoch = partition->leader_epoch();
    auto found =
        read_in(store, view_in_memory(store), request, epoch, end, std::nullopt);
    if (found.has_error() && found.error().code == error::would_block) {
        auto again = [&](blocking_token token) {
            return read_in(store, view_blocking(store, token), request, epoch, end, token);
        };
        found = co_await store.blocking().run(std::move(again));
    }
    if (found.has_error()) {
        if (partition->is_closed()) co_return failure{error::not_found, "the topic was dropped"};
        co_return std::move(found).error();
    }
    slice.batches = std::move(found->batches);
    slice.aborted = std::move(found->aborted);
    co_return slice;
}

}  // namespace sluice::store
