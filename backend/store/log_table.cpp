#include "backend/store/log_table.hpp"

#include <cstring>

#include "backend/store/audit_log.hpp"
#include "backend/store/log_read.hpp"
#include "backend/store/topic_records.hpp"
#include "gateway/core/assert.hpp"

namespace sluice::store {

namespace keys = kv::key_space;

topic_log::topic_log(description what, std::vector<std::shared_ptr<log_partition>> partitions)
    : id_(what.info.id),
      name_(what.info.name),
      partitions_(std::move(partitions)),
      description_(std::make_shared<description const>(std::move(what))) {
    SLUICE_ASSERT(!partitions_.empty());
}

std::shared_ptr<topic_log::description const> topic_log::describe() const {
    std::scoped_lock guard(mutex_);
    return description_;
}

void topic_log::redescribe(description what) {
    auto next = std::make_shared<description const>(std::move(what));
    std::scoped_lock guard(mutex_);
    description_.swap(next);
}

log_partition* topic_log::partition(partition_index index) const noexcept {
    auto const at = to_underlying(index);
    if (at < 0 || static_cast<std::size_t>(at) >= partitions_.size()) return nullptr;
    return partitions_[static_cast<std::size_t>(at)].get();
}

void topic_log::close() {
    for (auto const& one : partitions_) one->close();
}

void topic_log::give_up_waiters(error why) {
    for (auto const& one : partitions_) one->give_up_all(why);
}

std::size_t log_table::uuid_hash::operator()(topic_uuid const& id) const noexcept {
    std::size_t hash = 0;   // random bytes
    std::memcpy(&hash, id.data(), sizeof hash);
    return hash;
}

result<partition_state> read_partition_state(index_view const& view, dataset_id dataset,
                                             partition_index partition,
                                             std::int32_t* leader_epoch) {
    partition_state state;
    SLUICE_TRY(auto const stored,
               view.get(kv::family::log, keys::log_state(dataset, partition)));
    if (stored) {
        SLUICE_TRY(auto const record, decode_log_state(*stored));
        state.start = record.start;
        if (leader_epoch != nullptr) *leader_epoch = record.leader_epoch;
    }
    state.end = state.start;
    SLUICE_TRY(auto const last, last_log_run(view, dataset, partition));
    if (last) {
        state.end = std::max(state.end, last->end());
        // Of a run from before newest_so_far was kept: at least its own.
        bool const known = last->record.newest_so_far !=
                           unix_millis{std::numeric_limits<std::int64_t>::max()};
        state.newest = known ? last->record.newest_so_far : last->record.last_timestamp;
    }
    auto cursor = view.scan(kv::family::log, keys::producer_states(dataset, partition));
    for (; cursor->valid(); cursor->next()) {
        SLUICE_TRY(auto const key, keys::parse_producer_state(cursor->key()));
        SLUICE_TRY(auto const window, producer_window::decode(cursor->value()));
        state.producers.emplace(key.producer, window);
    }
    SLUICE_CHECK(cursor->status());
    auto aborted =
        view.scan(kv::family::log, keys::aborted_transactions(dataset, partition));
    aborted->seek_last();
    SLUICE_CHECK(aborted->status());
    if (aborted->valid()) {
        SLUICE_TRY(auto const key, keys::parse_aborted_transaction(aborted->key()));
        state.last_aborted = key.marker;
    }
    return state;
}

namespace {

topic_handle audit_topic(log_partition& audit) {
    topic_log::description what;
    what.info.id = audit_dataset;
    what.info.name = audit_topic_name;
    what.info.partitions = 1;
    std::memcpy(what.info.uuid.data(), audit_topic_name.data(), audit_topic_name.size());
    what.info.settings.emplace("cleanup.policy", "delete");
    // Owned by the engine's audit_state.
    std::shared_ptr<log_partition> const partition(&audit, [](log_partition*) {});
    return std::make_shared<topic_log>(std::move(what), std::vector{partition});
}

}  // namespace

result<void> log_table::load(index_view const& view, log_partition& audit) {
    add(audit_topic(audit));
    auto cursor = view.scan(kv::family::meta, keys::topics());
    for (; cursor->valid(); cursor->next()) {
        topic_log::description what;
        SLUICE_TRY(auto record, decode_topic(cursor->value()));
        what.info = std::move(record.info);
        what.retention = record.retention;
        SLUICE_TRY(what.info.name, keys::parse_topic(cursor->key()));
        std::vector<std::shared_ptr<log_partition>> partitions;
        for (std::uint32_t i = 0; i < what.info.partitions; ++i) {
            auto const index = partition_index{static_cast<std::int32_t>(i)};
            std::int32_t epoch = 0;
            SLUICE_TRY(auto state, read_partition_state(view, what.info.id, index, &epoch));
            producers_.fetch_add(state.producers.size(), std::memory_order_relaxed);
            partitions.push_back(std::make_shared<log_partition>(std::move(state), epoch));
        }
        partitions_ += what.info.partitions;
        add(std::make_shared<topic_log>(std::move(what), std::move(partitions)));
    }
    return cursor->status();
}

topic_handle log_table::find(std::string_view name) const {
    std::shared_lock guard(mutex_);
    auto const found = by_name_.find(name);
    return found == by_name_.end() ? nullptr : found->second;
}

topic_handle log_table::find(topic_uuid const& uuid) const {
    std::shared_lock guard(mutex_);
    auto const found = by_uuid_.find(uuid);
    return found == by_uuid_.end() ? nullptr : found->second;
}

topic_handle log_table::find(dataset_id id) const {
    std::shared_lock guard(mutex_);
    auto const found = by_id_.find(to_underlying(id));
    return found == by_id_.end() ? nullptr : found->second;
}

std::vector<topic_handle> log_table::list(std::string_view after, std::size_t most) const {
    std::vector<topic_handle> found;
    std::shared_lock guard(mutex_);
    auto at = after.empty() ? by_name_.begin() : by_name_.upper_bound(after);
    for (; at != by_name_.end() && found.size() < most; ++at) found.push_back(at->second);
    return found;
}

std::vector<topic_handle> log_table::all() const {
    std::shared_lock guard(mutex_);
    std::vector<topic_handle> found;
    found.reserve(by_name_.size());
    for (auto const& [name, topic] : by_name_) found.push_back(topic);
    return found;
}

void log_table::add(topic_handle topic) {
    auto const uuid = topic->describe()->info.uuid;
    std::scoped_lock guard(mutex_);
    by_uuid_.insert_or_assign(uuid, topic);
    by_id_.insert_or_assign(to_underlying(topic->id()), topic);
    by_name_.insert_or_assign(topic->name(), std::move(topic));
}

void log_table::remove(topic_handle const& topic) {
    auto const uuid = topic->describe()->info.uuid;
    std::size_t producers = 0;
    for (std::size_t i = 0; i < topic->partitions(); ++i)
        producers += topic->partition(partition_index{static_cast<std::int32_t>(i)})->producers();
    producers_.fetch_sub(producers, std::memory_order_relaxed);
    std::scoped_lock guard(mutex_);
    by_uuid_.erase(uuid);
    by_id_.erase(to_underlying(topic->id()));
    by_name_.erase(topic->name());
    partitions_ -= topic->partitions();
}

bool log_table::reserve_partitions(std::uint32_t count, std::size_t most) {
    std::scoped_lock guard(mutex_);
    if (count > most || partitions_ > most - count) return false;
    partitions_ += count;
    return true;
}

void log_table::release_partitions(std::uint32_t count) {
    std::scoped_lock guard(mutex_);
    partitions_ -= count;
}

void log_table::give_up_waiters(error why) {
    for (auto const& topic : all()) topic->give_up_waiters(why);
}

}  // namespace sluice::store
