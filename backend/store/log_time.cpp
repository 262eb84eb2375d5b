// find_log_time, find_newest_record. The run is found by bisection on newest_so_far, which never
// falls; then the first run from there on whose own newest timestamp is large enough, then the
// first record in its batches.
#include <algorithm>

#include "backend/store/engine.hpp"
#include "backend/store/model/log_batch.hpp"
#include "backend/store/log_read.hpp"
#include "backend/store/log_verbs.hpp"

namespace sluice::store {
namespace {

struct search {
    topic_log const& topic;
    partition_index partition;
    log_bounds bounds;
};

// The first run that may hold a record of `at` or later: newest_so_far of all before is smaller.
result<log_offset> bisect(index_view const& view, search const& in, unix_millis at) {
    auto low = in.bounds.start;
    auto high = in.bounds.end;
    while (low < high) {
        auto const middle = log_offset{
            to_underlying(low) + (to_underlying(high) - to_underlying(low)) / 2};
        SLUICE_TRY(auto const run,
                   log_run_cursor(view, in.topic.id(), in.partition, middle).take());
        if (!run || run->record.newest_so_far >= at) high = std::min(middle, run ? run->base
                                                                                : middle);
        else low = run->end();
    }
    return std::max(low, in.bounds.start);
}

using match = std::optional<log_time_match>;

// The first record at or behind the log's start that is of `at` or later.
result<match> look_in_run(engine& store, search const& in, log_run const& run, unix_millis at,
                          blocking_token token) {
    std::string bytes;
    SLUICE_CHECK(read_log_run(store, in.topic.id(), in.partition, run, bytes, token));
    number_run(run, bytes.data(), bytes.size(), std::nullopt);
    for (std::string_view rest = bytes; !rest.empty();) {
        SLUICE_TRY(auto const header, parse_log_batch_header(rest));
        if (header.total_bytes() > rest.size())
            return failure{error::corrupt, "a stored run ends within a batch"};
        auto const batch = rest.substr(0, header.total_bytes());
        rest.remove_prefix(header.total_bytes());
        if (unix_millis{header.max_timestamp} < at) continue;
        SLUICE_TRY(auto const records,
                   read_log_batch(batch, store.limits().decompressed_batch_bytes));
        for (auto const& record : records)
            if (record.timestamp >= at && record.offset >= in.bounds.start)
                return match({record.offset, record.timestamp});
    }
    return match{};
}

result<match> first_from(engine& store, index_view const& view, search const& in, log_offset from,
                         unix_millis at, blocking_token token) {
    log_run_cursor cursor(view, in.topic.id(), in.partition, from);
    for (;;) {
        SLUICE_TRY(auto const run, cursor.take());
        if (!run || run->base >= in.bounds.end) return match{};
        if (run->record.last_timestamp < at) continue;
        SLUICE_TRY(auto const found, look_in_run(store, in, *run, at, token));
        if (found) return found;
    }
}

result<match> find_time(engine& store, search const& in, unix_millis at, blocking_token token) {
    auto const view = view_blocking(store, token);
    SLUICE_TRY(auto const from, bisect(view, in, at));
    return first_from(store, view, in, from, at, token);
}

result<match> find_newest(engine& store, search const& in, blocking_token token) {
    auto const view = view_blocking(store, token);
    SLUICE_TRY(auto const last, last_log_run(view, in.topic.id(), in.partition));
    if (!last || in.bounds.start >= in.bounds.end) return match{};
    // Unless that record was erased, or stands behind the end as this reader sees it.
    SLUICE_TRY(auto const from, bisect(view, in, last->record.newest_so_far));
    SLUICE_TRY(auto const found,
               first_from(store, view, in, from, last->record.newest_so_far, token));
    if (found) return found;
    std::optional<unix_millis> newest;
    log_run_cursor cursor(view, in.topic.id(), in.partition, in.bounds.start);
    for (;;) {
        SLUICE_TRY(auto const run, cursor.take());
        if (!run || run->base >= in.bounds.end) break;
        if (!newest || run->record.last_timestamp > *newest) newest = run->record.last_timestamp;
    }
    if (!newest) return match{};
    return first_from(store, view, in, in.bounds.start, *newest, token);
}

template <class Find>
task<result<match>> search_log(engine& store, topic_handle topic, partition_index partition,
                               Find find) {
    auto const use = store.use();
    auto const* const wanted = topic->partition(partition);
    if (wanted == nullptr || wanted->is_closed())
        co_return failure{error::not_found, "no such partition"};
    search const in{*topic, partition, wanted->bounds()};
    auto work = [&](blocking_token token) { return find(in, token); };
    co_return co_await store.blocking().run(std::move(work));
}

}  // namespace

task<result<match>> find_log_time(engine& store, topic_handle topic, partition_index partition,
                                  unix_millis at) {
    auto find = [&store, at](search const& in, blocking_token token) {
        return find_time(store, in, at, token);
    };
    return search_log(store, std::move(topic), partition, std::move(find));
}

task<result<match>> find_newest_record(engine& store, topic_handle topic,
                                       partition_index partition) {
    auto find = [&store](search const& in, blocking_token token) {
        return find_newest(store, in, token);
    };
    return search_log(store, std::move(topic), partition, std::move(find));
}

}  // namespace sluice::store
