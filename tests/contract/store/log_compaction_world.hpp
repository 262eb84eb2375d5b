// What tests of compaction need: topics that are compacted, records as texts, and what a pass left of them.
#pragma once

#include <gtest/gtest.h>

#include <map>

#include "backend/store/check.hpp"
#include "backend/store/log_clean_record.hpp"
#include "backend/store/log_cleaner.hpp"
#include "tests/contract/store/log_world.hpp"

namespace sluice::test {

using namespace store;
using kv::key_space::key_kind;

class log_compaction : public testing::TestWithParam<world_kind> {
protected:
    using settings = std::map<std::string, std::string>;

    void make(std::string name, settings more = {}, topic_retention retention = {}) {
        create_topic_request request;
        request.name = std::move(name);
        request.settings = std::move(more);
        request.settings.emplace("cleanup.policy", "compact");
        request.settings.emplace("min.cleanable.dirty.ratio", "0");
        request.retention = retention;
        world.run(create_topic(world.store(), std::move(request))).value();
    }
    void change(std::string name, settings to, topic_retention retention = {}) {
        change_topic_request request;
        request.name = std::move(name);
        request.change = [&](topic_info const&) -> result<changed_topic> {
            return changed_topic{to, retention};
        };
        world.run(change_topic(world.store(), std::move(request))).value();
    }
    // One batch: "key=value", "key" is a tombstone, "=value" has no key.
    std::string batch(std::vector<std::string> const& records) {
        log_batch_builder builder;
        for (auto const& one : records) {
            auto const at = one.find('=');
            auto const key = one.substr(0, at);
            std::optional<std::string_view> value;
            if (at != one.npos) value = std::string_view(one).substr(at + 1);
            builder.add(world.clock().now(),
                        key.empty() ? std::nullopt : std::optional<std::string_view>(key), value);
        }
        return builder.finish();
    }
    void say(std::string const& name, std::vector<std::string> const& records) {
        world.append(name, batch(records)).value();
    }
    // "offset key=value" of all records, "(offset)" of markers, from `from` on, in slices of `bytes`.
    std::string text(std::string const& name, std::int64_t from = 0, std::uint64_t bytes = 300) {
        std::string all;
        auto const end = to_underlying(world.bounds(name).end);
        for (auto next = from; next < end;) {
            auto const slice = world.read(name, next, bytes).value();
            if (slice.batches.empty()) return all + " nothing at " + std::to_string(next);
            std::string_view rest = slice.batches;
            while (!rest.empty()) {
                auto const header = parse_log_batch_header(rest).value();
                auto const last = header.base_offset + header.last_offset_delta;
                if (last < next) return all + " a batch before " + std::to_string(next);
                for (auto const& record :
                     read_log_batch(rest.substr(0, header.total_bytes())).value()) {
                    if (to_underlying(record.offset) < next || header.is_control()) continue;
                    all += (all.empty() ? "" : " ") + std::to_string(to_underlying(record.offset)) +
                           record.key.value_or("") + (record.value ? "=" + *record.value : "");
                }
                if (header.is_control()) all += " (" + std::to_string(last) + ")";
                next = last + 1;
                rest.remove_prefix(header.total_bytes());
            }
        }
        return all;
    }
    log_clean_record progress(std::string const& name) {
        auto const view = view_blocking(world.store(), token);
        auto const key = kv::key_space::log_clean(world.topic(name)->id(), partition_index{0});
        auto const stored = view.get(kv::family::log, key).value();
        return stored ? decode_log_clean(*stored).value() : log_clean_record{};
    }
    std::size_t runs() { return world.keys_of(key_kind::log_run); }
    void expect_clean() {
        world.close();
        auto const report = GetParam() == world_kind::simulated
                                ? check(world.device(), *world.disk().open().value(), {}, token)
                                : check_folder(world.folder(), {}, token);
        EXPECT_TRUE(report.value().is_clean()) << to_text(*report);
        world.open();
    }

    blocking_token const token = blocking_token::for_this_thread();
    log_world world{{.kind = GetParam()}};
};

}  // namespace sluice::test
