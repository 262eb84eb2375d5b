#include "backend/store/attached_appends.hpp"

#include <algorithm>
#include <set>

#include "backend/store/engine.hpp"
#include "backend/store/log_append.hpp"
#include "backend/store/log_read.hpp"
#include "backend/store/model/journal_name.hpp"
#include "backend/store/model/log_filter.hpp"
#include "backend/store/model/topic_batches.hpp"
#include "backend/store/model/topic_cleaning.hpp"
#include "gateway/core/assert.hpp"

namespace sluice::store {

namespace keys = kv::key_space;

namespace {

// Key and value of a run and of its reverse entry, with what a mutation adds to them.
constexpr std::size_t frame_mutation_bytes = 256;

// A compacted topic keeps the newest record of a key: one without would go with the next pass.
result<void> check_keys(topic_log const& topic, std::string_view batches, std::size_t most) {
    if (!cleaning_of(topic.describe()->info.settings).compacts) return success();
    bool all = true;
    auto const each = [&](log_record_view const& record) { return all = record.key.has_value(); };
    while (!batches.empty() && all) {
        SLUICE_TRY(auto const header, parse_log_batch_header(batches));
        if (header.total_bytes() > batches.size())
            return failure{error::malformed, "record batch: ends too early"};
        SLUICE_CHECK(walk_log_batch(batches.substr(0, header.total_bytes()), most, each));
        batches.remove_prefix(header.total_bytes());
    }
    if (all) return success();
    return failure{error::invalid_argument,
                   "the topic '" + topic.name() + "' is compacted: its records need a key"};
}

// A run in a commit, from its making until it is published.
struct attached_run {
    topic_handle topic;
    log_partition* partition = nullptr;   // the topic's
    prepared_run run;
    log_offset base{};
};

// Moves the bytes into the cache, for those who read at the end.
void publish(engine& store, journal::commit& commit, attached_run const& placed) {
    auto const& run = placed.run;
    for (std::size_t piece = 0; piece < run.frames; ++piece) {
        // Shared with the cache's readers.
        auto kept = std::make_shared<std::string const>(
            std::move(commit.payloads[run.payload + piece].bytes));
        std::string_view const view = *kept;
        store.cache().put(log_cache_key(run.dataset, run.partition, placed.base, piece),
                          chunk(std::move(kept), view));
    }
    placed.partition->publish(log_offset{to_underlying(placed.base) + run.offsets()});
}

}  // namespace

result<attached_appends::mark> attached_appends::add(engine const& store, topic_handle topic,
                                                     partition_index partition,
                                                     std::string_view batches) {
    if (topic->is_system()) return failure{error::permission_denied, "a log of the system"};
    auto const form = batch_form_of(topic->describe()->info.settings);
    if (form.as_it_comes()) return add_part(store, std::move(topic), partition, batches);
    SLUICE_TRY(auto const formed, in_form(form, std::string(batches), store.clock().now(),
                                          store.limits().decompressed_batch_bytes));
    return add_part(store, std::move(topic), partition, formed);
}

result<attached_appends::mark> attached_appends::add_to_journal(engine const& store,
                                                                topic_handle topic,
                                                                std::string_view batches) {
    SLUICE_ASSERT(is_journal(topic->name()));
    return add_part(store, std::move(topic), partition_index{0}, batches);
}

result<attached_appends::mark> attached_appends::add_part(engine const& store, topic_handle topic,
                                                          partition_index partition,
                                                          std::string_view batches) {
    if (topic->partition(partition) == nullptr)
        return failure{error::not_found, "no such partition"};
    if (bytes_ + batches.size() > store.append_bytes())
        return failure{error::too_large, "limits.store_append"};
    SLUICE_TRY(auto const shape, measure_batches(batches));
    SLUICE_CHECK(check_keys(*topic, batches, store.limits().decompressed_batch_bytes));
    if (shape.producer >= 0 || shape.transactional)
        return failure{error::invalid_argument, "a producer's batch in a transaction"};
    auto const same = [&](part const& each) {
        return each.topic == topic && each.partition == partition;
    };
    auto const found = std::ranges::find_if(parts_, same);
    mark before{static_cast<std::size_t>(found - parts_.begin()), 0};
    if (found == parts_.end()) {
        if (parts_.size() >= store.limits().append_parts)
            return failure{error::too_large, "limits.append_parts"};
        parts_.push_back({std::move(topic), partition, std::string(batches)});
    } else {
        before.bytes = found->batches.size();
        found->batches.append(batches);
    }
    bytes_ += batches.size();
    return before;
}

void attached_appends::take_back(mark before) {
    auto& batches = parts_[before.partition].batches;
    bytes_ -= batches.size() - before.bytes;
    batches.resize(before.bytes);
}

bool attached_appends::has(dataset_id topic) const noexcept {
    return std::ranges::any_of(parts_, [&](part const& each) {
        return each.topic->id() == topic && !each.batches.empty();
    });
}

std::size_t attached_appends::mutation_bytes() const noexcept {
    return (parts_.size() + bytes_ / log_piece_bytes) * frame_mutation_bytes;
}

task<result<void>> attached_appends::attach(engine& store, change& work) {
    SLUICE_ASSERT(!work.commit->on_ordered && !work.on_published);
    // In the order of names, as everybody who takes several.
    std::set<std::string> names;
    for (auto const& each : parts_)
        if (!each.batches.empty()) names.insert(each.topic->name());
    for (auto const& name : names) {
        lock_name topic(kv::family::meta, keys::topic(name));
        SLUICE_CO_CHECK(co_await take_lock(store, work.locks, std::move(topic),
                                           lock_mode::shared));
    }
    // Shared by the commit's two hooks.
    auto const placed = std::make_shared<std::vector<attached_run>>();
    for (auto& each : parts_) {
        if (each.batches.empty()) continue;
        if (each.topic->is_dropped())
            co_return failure{error::not_found, "the topic '" + each.topic->name() + "' was dropped"};
        SLUICE_CO_TRY(auto const shape, measure_batches(each.batches));
        attached_run made;
        made.partition = each.topic->partition(each.partition);
        made.run = prepare_run(*work.commit, each.topic->id(), each.partition, shape,
                               std::move(each.batches));
        made.topic = std::move(each.topic);
        placed->push_back(std::move(made));
    }
    parts_.clear();
    bytes_ = 0;
    work.commit->on_ordered = [placed](journal::commit& ordered, lsn) {
        for (auto& each : *placed) {
            auto const place = each.partition->assign(each.run.shape);
            each.base = place.base;
            place_run(ordered, each.run, place.base, place.newest);
        }
    };
    auto* const commit = work.commit.get();   // the journal's until on_done returned
    work.on_published = [&store, placed, commit](lsn) {
        for (auto const& each : *placed) publish(store, *commit, each);
    };
    co_return success();
}

}  // namespace sluice::store
