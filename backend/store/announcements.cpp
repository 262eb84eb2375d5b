#include "backend/store/announcements.hpp"

#include "backend/store/engine.hpp"
#include "backend/store/id_counters.hpp"
#include "backend/store/model/journal_name.hpp"
#include "backend/store/model/log_batch.hpp"
#include "gateway/core/checksum.hpp"

namespace sluice::store {
namespace {

// Events of one key keep their order: they go to one partition.
partition_index partition_for(std::string_view key, std::size_t partitions) {
    return partition_index{
        static_cast<std::int32_t>(crc32c(as_bytes(key)) % static_cast<std::uint32_t>(partitions))};
}

result<topic_handle> journal_of(engine& store, bucket_info const& bucket) {
    auto journal = store.logs().find(journal_name(bucket.name, bucket.id));
    if (!journal) return failure{error::overloaded, "the journal of '" + bucket.name + "' is gone"};
    auto const bounds = journal->partition(partition_index{0})->bounds();
    auto const waiting = to_underlying(bounds.end) - to_underlying(bounds.start);
    if (waiting >= store.limits().journal_records)
        return failure{error::overloaded, "the journal of '" + bucket.name + "' is full"};
    return journal;
}

}  // namespace

result<void> announcements::add(engine& store, std::string const& bucket_name,
                                bucket_record const& bucket, object_happening what,
                                object_stat const& object) {
    if (!announcer_ || bucket.settings.empty()) return success();
    auto const info = describe(bucket_name, bucket_record(bucket));
    std::function<result<std::uint64_t>()> const sequence = [&store]() -> result<std::uint64_t> {
        SLUICE_TRY(auto const number, store.ids().next_version());
        return to_underlying(number);
    };
    auto const now = store.clock().now();
    SLUICE_TRY(auto const records, announcer_({info, what, object, sequence, now}));
    for (auto const& record : records) {
        if (record.is_journal) {
            SLUICE_TRY(auto journal, journal_of(store, info));
            log_batch_builder batch;
            batch.add(now, record.key, record.value);
            SLUICE_CHECK(appends_.add_to_journal(store, std::move(journal), batch.finish()));
            continue;
        }
        auto topic = store.logs().find(record.topic);
        if (!topic || topic->is_system()) {
            store.metrics().events_without_topic.fetch_add(1, std::memory_order_relaxed);
            continue;
        }
        auto const partition = partition_for(record.key, topic->partitions());
        log_batch_builder batch;
        batch.add(now, record.key, record.value);
        SLUICE_TRY(auto const added, appends_.add(store, std::move(topic), partition,
                                                  batch.finish()));
        static_cast<void>(added);
    }
    return success();
}

task<result<void>> announcements::attach(engine& store, change& work) {
    if (appends_.empty()) co_return success();
    auto attached = co_await appends_.attach(store, work);
    if (attached.has_error() && attached.error().code == error::not_found)
        co_return failure{error::overloaded, attached.error().text};
    co_return attached;
}

}  // namespace sluice::store
