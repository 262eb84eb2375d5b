// What tests of logs need: batches as clients make them, and short forms of the log verbs.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "backend/store/log_upkeep.hpp"
#include "backend/store/log_verbs.hpp"
#include "backend/store/model/log_batch.hpp"
#include "backend/store/topic_verbs.hpp"
#include "tests/contract/store/store_world.hpp"

namespace sluice::test {

struct batch_maker {
    std::int64_t producer = -1;
    std::int16_t epoch = -1;
    std::int32_t sequence = -1;
    std::int64_t timestamp = 1'767'225'600'000;
    std::size_t value_bytes = 20;

    // `count` records; timestamps rise by one.
    std::string make(int count, char fill = 'v') const {
        store::log_batch_builder builder;
        for (int i = 0; i < count; ++i)
            builder.add(unix_millis{timestamp + i}, "key", std::string(value_bytes, fill));
        auto batch = builder.finish();
        store::set_producer(batch.data(), batch.size(), producer, epoch, sequence);
        return batch;
    }
};

class log_world : public store_world {
public:
    using store_world::store_world;

    store::topic_info make_topic(std::string name, std::uint32_t partitions = 1,
                                 store::topic_retention retention = {}) {
        store::create_topic_request request;
        request.name = std::move(name);
        request.partitions = partitions;
        request.retention = retention;
        request.settings = {{"cleanup.policy", "delete"}};
        return run(store::create_topic(store(), std::move(request))).value();
    }
    store::topic_handle topic(std::string_view name) { return store().logs().find(name); }

    result<store::log_appended> append(std::string_view name, std::string batches,
                                       int partition = 0, store::audit_records audit = {}) {
        store::append_request request;
        request.parts.push_back({topic(name), partition_index{partition}, std::move(batches), 0});
        request.audit = std::move(audit);
        return run(store::append_log(store(), std::move(request))).front();
    }
    result<store::log_slice> read(std::string_view name, std::int64_t from,
                                  std::uint64_t most = 100 * mebibyte, bool at_least_one = true,
                                  int partition = 0) {
        store::read_log_request request{topic(name), partition_index{partition}, log_offset{from},
                                        most, at_least_one};
        return run(store::read_log(store(), std::move(request)));
    }
    // The records' values as one letter each, from `from` on; offsets are dense.
    std::string letters(std::string_view name, std::int64_t from = 0, int partition = 0) {
        std::string all;
        for (auto next = from;;) {
            auto const slice = read(name, next, 100'000, true, partition).value();
            if (slice.batches.empty()) return all;
            for (auto const& record : store::read_log_batches(slice.batches).value()) {
                if (to_underlying(record.offset) < next) continue;
                if (to_underlying(record.offset) != next) return all + " then a gap";
                all.push_back(record.value->front());
                ++next;
            }
        }
    }
    result<store::log_slice> read_committed(std::string_view name, std::int64_t from,
                                            std::uint64_t most = mebibyte) {
        store::read_log_request request{topic(name), partition_index{0}, log_offset{from}, most,
                                        true, store::log_isolation::committed};
        return run(store::read_log(store(), std::move(request)));
    }
    // What a consumer of committed records gets from `from` on, by Kafka's own rule.
    std::vector<store::log_record> committed_records(std::string_view name, std::int64_t from = 0,
                                                     std::uint64_t most = mebibyte) {
        std::vector<store::log_record> out;
        for (auto next = from;;) {
            auto slice = read_committed(name, next, most).value();
            if (slice.batches.empty()) return out;
            std::set<std::int64_t> aborting;
            for (std::string_view rest = slice.batches; !rest.empty();) {
                auto const header = store::parse_log_batch_header(rest).value();
                auto const bytes = rest.substr(0, header.total_bytes());
                rest.remove_prefix(header.total_bytes());
                next = header.base_offset + header.last_offset_delta + 1;
                std::erase_if(slice.aborted, [&](store::aborted_transaction const& one) {
                    bool const begins = to_underlying(one.first) < next;
                    if (begins) aborting.insert(one.producer);
                    return begins;
                });
                if (header.is_control()) {
                    aborting.erase(header.producer_id);
                    continue;
                }
                if (header.is_transactional() && aborting.contains(header.producer_id)) continue;
                for (auto& record : store::read_log_batch(bytes).value())
                    out.push_back(std::move(record));
            }
        }
    }
    store::log_bounds bounds(std::string_view name, int partition = 0) {
        return topic(name)->partition(partition_index{partition})->bounds();
    }
    result<log_offset> erase_before(std::string_view name, std::int64_t before) {
        store::erase_log_request request{topic(name), partition_index{0}, log_offset{before}, {}};
        return run(store::erase_log_before(store(), std::move(request)));
    }
    store::log_upkeep::outcome upkeep() {
        return store().upkeep().run_once(blocking_token::for_this_thread()).value();
    }
    // How many keys of `kind` there are.
    std::size_t keys_of(kv::key_space::key_kind kind) {
        auto const view = store::view_blocking(store(), blocking_token::for_this_thread());
        auto cursor = view.scan(kv::key_space::family_of(kind), kv::key_space::all_of(kind));
        std::size_t count = 0;
        for (; cursor->valid(); cursor->next()) ++count;
        return count;
    }
};

}  // namespace sluice::test
