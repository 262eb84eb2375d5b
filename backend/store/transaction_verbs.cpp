#include "backend/store/transaction_verbs.hpp"

#include <map>

#include "backend/store/change.hpp"
#include "backend/store/engine.hpp"
#include "backend/store/group_verbs.hpp"
#include "backend/store/index_read.hpp"
#include "backend/store/log_append.hpp"
#include "backend/store/log_read.hpp"
#include "backend/store/topic_records.hpp"
#include "backend/store/transaction_marker.hpp"
#include "gateway/core/cursor.hpp"

namespace sluice::store {

namespace keys = kv::key_space;

namespace {

constexpr std::uint8_t record_version = 1;
// Of one answer of saved_transactions.
constexpr std::size_t states_bytes = 4 * mebibyte;

// One marker in a commit, from its making until it is published.
struct marker_in_commit {
    topic_handle topic;
    log_partition* partition = nullptr;  // the topic's
    prepared_run run;
    std::size_t producer_at = 0;         // of the producer's record in the mutations
    kv::mutation_batch::position_of aborted{};
    log_offset base{};
};

// What the commit's two hooks share.
struct ending_commit {
    transaction_ending ending;
    unix_millis now{};
    std::vector<marker_in_commit> markers;
};

void put_marker(journal::commit& commit, ending_commit const& of, marker_in_commit& made,
                std::string const& marker, batches_shape const& shape,
                transaction_partition const& where) {
    auto& mutations = commit.mutations;
    made.run = prepare_run(commit, where.topic, where.partition, shape, marker);
    std::string const room(producer_window::encoded_bytes, '\0');
    auto const key = keys::producer_state(where.topic, where.partition, of.ending.producer);
    made.producer_at = mutations.put_stamped(kv::family::log, key, room).value;
    if (!of.ending.aborts) return;
    aborted_record record;
    record.producer = of.ending.producer;
    made.aborted = mutations.put_stamped(
        kv::family::log, keys::aborted_transaction(where.topic, where.partition, log_offset{0}),
        encode(record));
}

// Under the ordering lock. A partition without an open transaction has a marker all the same, which
// fences its producer's older epochs; as aborted it names itself alone.
void place_markers(engine& store, journal::commit& commit, ending_commit& of) {
    auto const& ending = of.ending;
    if (ending.gate) ending.gate->close();
    for (auto& each : of.markers) {
        log_partition::marker const marker{ending.producer, ending.epoch, ending.coordinator_epoch,
                                           ending.aborts, each.run.shape};
        auto const placed =
            each.partition->end_transaction(marker, of.now, store.logs().producers());
        each.base = placed.place.base;
        place_run(commit, each.run, each.base, placed.place.newest);
        auto* const bytes = commit.mutations.patchable_bytes().data();
        placed.window.encode(bytes + each.producer_at);
        if (!ending.aborts) continue;
        auto const first = placed.first < log_offset{0} ? each.base : placed.first;
        constexpr std::size_t marker_position = 1 + 8 + 4;  // kind, dataset, partition
        store_big(bytes + each.aborted.key + marker_position, to_underlying(each.base));
        auto* const value = bytes + each.aborted.value + aborted_first_position;
        store_little(value, to_underlying(first));
        store_little(value + 8, to_underlying(placed.stable));
    }
}

// Moves the bytes into the cache, for those who read at the end.
void publish_marker(engine& store, journal::commit& commit, marker_in_commit const& of) {
    auto kept =
        std::make_shared<std::string const>(std::move(commit.payloads[of.run.payload].bytes));
    std::string_view const view = *kept;  // shared with the cache's readers
    store.cache().put(log_cache_key(of.run.dataset, of.run.partition, of.base, 0),
                      chunk(std::move(kept), view));
    of.partition->publish(log_offset{to_underlying(of.base) + of.run.offsets()});
}

std::string state_record(std::string_view state) {
    std::string value;
    value.reserve(state.size() + 9);
    byte_writer(value).little(std::uint64_t{0}).little(record_version).raw(state);
    return value;
}

result<std::string> decode_state(std::string_view bytes) {
    byte_reader in(bytes);
    in.little<std::uint64_t>();
    if (in.little<std::uint8_t>() != record_version) in.fail();
    if (!in.ok()) return failure{error::corrupt, "transaction state does not parse"};
    return std::string(in.rest());
}

result<void> check_state(engine& store, std::string const& id, std::string const& state) {
    if (id.size() > store.limits().group_id_bytes)
        return failure{error::too_large, "limits.group_id_bytes"};
    if (state.size() > store.limits().group_state_bytes)
        return failure{error::too_large, "limits.group_state_bytes"};
    return success();
}

void put_state(engine& store, change& work, ending_commit const& of) {
    auto const& ending = of.ending;
    if (ending.id.empty()) return;
    auto& mutations = work.mutations();
    mutations.put_stamped(kv::family::meta, keys::transaction_state(ending.id),
                          state_record(ending.state));
    for (auto const& one : ending.offsets) {
        mutations.erase(kv::family::meta,
                        keys::transaction_offset(ending.id, one.group, one.topic,
                                                 one.offset.partition));
        if (ending.aborts || !store.logs().find(one.topic)) continue;
        mutations.put_stamped(kv::family::meta,
                              keys::group_offset(one.group, one.topic, one.offset.partition),
                              encode_group_offset(one.offset));
    }
}

}  // namespace

task<result<void>> end_transaction(engine& store, transaction_ending ending, audit_records audit) {
    auto const use = store.use();
    SLUICE_CO_CHECK(check_state(store, ending.id, ending.state));
    if (ending.partitions.size() > store.limits().append_parts)
        co_return failure{error::too_large, "limits.append_parts"};
    change work;
    work.locks = make_locks(store);
    // In the order of names, as everybody who takes several: no topic is dropped until its marker is
    // published, so a marker that is in the commit is in the log.
    std::map<std::string, topic_handle> topics;
    for (auto const& one : ending.partitions)
        if (auto const topic = store.logs().find(one.topic)) topics.emplace(topic->name(), topic);
    for (auto const& each : topics) {
        lock_name name(kv::family::meta, keys::topic(each.first));
        SLUICE_CO_CHECK(co_await take_lock(store, work.locks, std::move(name), lock_mode::shared));
    }
    auto const of = std::make_shared<ending_commit>();
    of->ending = std::move(ending);
    of->now = store.clock().now();
    auto const marker =
        make_transaction_marker(of->ending.producer, of->ending.epoch,
                                of->ending.coordinator_epoch, of->ending.aborts, of->now);
    SLUICE_CO_TRY(auto const shape, measure_batches(marker));
    for (auto const& one : of->ending.partitions) {
        marker_in_commit made;
        made.topic = store.logs().find(one.topic);
        if (!made.topic || made.topic->is_dropped()) continue;
        made.partition = made.topic->partition(one.partition);
        if (made.partition == nullptr) continue;
        put_marker(*work.commit, *of, made, marker, shape, one);
        of->markers.push_back(std::move(made));
    }
    put_state(store, work, *of);
    SLUICE_CO_CHECK(add_audit(store, work, std::move(audit)));
    if (work.mutations().empty()) co_return success();
    work.commit->on_ordered = [&store, of](journal::commit& ordered, lsn) {
        place_markers(store, ordered, *of);
    };
    auto* const commit = work.commit.get();  // the journal's until on_done returned
    work.on_published = [&store, of, commit](lsn) {
        for (auto const& each : of->markers) publish_marker(store, *commit, each);
    };
    SLUICE_CO_CHECK(co_await commit_change(store, std::move(work)));
    co_return success();
}

task<result<void>> save_transaction(engine& store, saved_transaction what) {
    auto const use = store.use();
    SLUICE_CO_CHECK(check_state(store, what.id, what.state));
    change work;
    work.mutations().put_stamped(kv::family::meta, keys::transaction_state(what.id),
                                 state_record(what.state));
    SLUICE_CO_CHECK(co_await commit_change(store, std::move(work)));
    co_return success();
}

task<result<void>> remove_transaction(engine& store, std::string id) {
    auto const use = store.use();
    change work;
    work.mutations().erase(kv::family::meta, keys::transaction_state(id));
    auto const offsets = keys::transaction_offsets(id);
    work.mutations().erase_range(kv::family::meta, offsets.lower, offsets.upper);
    SLUICE_CO_CHECK(
        co_await commit_change(store, std::move(work), journal::admission_class::freeing));
    co_return success();
}

task<result<std::vector<saved_transaction>>> saved_transactions(engine& store, std::string after,
                                                                std::size_t most) {
    auto const use = store.use();
    auto body = [&](index_view const& view) -> result<std::vector<saved_transaction>> {
        std::vector<saved_transaction> all;
        std::size_t bytes = 0;
        auto cursor = view.scan(kv::family::meta, keys::transaction_states(after));
        for (; cursor->valid() && all.size() < most && bytes < states_bytes; cursor->next()) {
            saved_transaction one;
            SLUICE_TRY(one.id, keys::parse_transaction_state(cursor->key()));
            SLUICE_TRY(one.state, decode_state(cursor->value()));
            bytes += one.state.size();
            all.push_back(std::move(one));
        }
        SLUICE_CHECK(cursor->status());
        return all;
    };
    co_return co_await read_index(store, body);
}

task<std::vector<result<void>>> save_transaction_offsets(engine& store, std::string id,
                                                         std::vector<transaction_offset> offsets,
                                                         audit_records audit) {
    auto const use = store.use();
    std::vector<result<void>> answers(offsets.size());
    std::vector<std::size_t> written;
    change work;
    for (std::size_t i = 0; i < answers.size(); ++i) {
        auto const& one = offsets[i];
        auto const topic = store.logs().find(one.topic);
        auto const* const partition =
            topic ? topic->partition(one.offset.partition) : nullptr;
        if (partition == nullptr || partition->is_closed()) {
            answers[i] = failure{error::not_found, "no such partition"};
        } else if (one.offset.metadata.size() > store.limits().offset_metadata_bytes) {
            answers[i] = failure{error::too_large, "limits.kafka_offset_metadata"};
        } else {
            work.mutations().put_stamped(
                kv::family::meta,
                keys::transaction_offset(id, one.group, one.topic, one.offset.partition),
                encode_group_offset(one.offset));
            written.push_back(i);
        }
    }
    if (written.empty()) co_return answers;
    auto added = add_audit(store, work, std::move(audit));
    result<lsn> done = lsn{};
    if (added.has_error()) done = std::move(added).error();
    else done = co_await commit_change(store, std::move(work));
    if (done.has_error())
        for (auto const at : written) answers[at] = done.error();
    co_return answers;
}

task<result<std::vector<saved_transaction_offset>>> saved_transaction_offsets(engine& store) {
    auto const use = store.use();
    auto body = [&](index_view const& view) -> result<std::vector<saved_transaction_offset>> {
        std::vector<saved_transaction_offset> all;
        auto cursor = view.scan(kv::family::meta,
                                keys::all_of(keys::key_kind::transaction_offset));
        for (; cursor->valid(); cursor->next()) {
            SLUICE_TRY(auto key, keys::parse_transaction_offset(cursor->key()));
            if (!store.logs().find(key.offset.dataset)) continue;  // dropped
            saved_transaction_offset one;
            one.id = std::move(key.id);
            one.offset.group = std::move(key.offset.group);
            one.offset.topic = key.offset.dataset;
            SLUICE_TRY(one.offset.offset, decode_group_offset(cursor->value()));
            one.offset.offset.partition = key.offset.partition;
            all.push_back(std::move(one));
        }
        SLUICE_CHECK(cursor->status());
        return all;
    };
    co_return co_await read_index(store, body);
}

std::vector<open_transaction_part> open_transactions(engine& store) {
    std::vector<open_transaction_part> all;
    for (auto const& topic : store.logs().all()) {
        for (std::size_t i = 0; i < topic->partitions(); ++i) {
            auto const index = partition_index{static_cast<std::int32_t>(i)};
            auto const* const partition = topic->partition(index);
            if (!partition->saw_transactions()) continue;
            for (auto const& producer : partition->active_producers())
                if (producer.transaction_first >= log_offset{0})
                    all.push_back({producer.producer, producer.epoch, {topic->id(), index},
                                   producer.last_used});
        }
    }
    return all;
}

}  // namespace sluice::store
