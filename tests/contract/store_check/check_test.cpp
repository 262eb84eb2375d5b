// check() finds nothing in a store that is right, whatever happened to it, and each kind of damage
// in one that is not.
#include "backend/store/check.hpp"

#include <gtest/gtest.h>

#include "backend/kv/key_space.hpp"
#include "backend/store/audit_log.hpp"
#include "backend/store/log_run_record.hpp"
#include "backend/store/object_records.hpp"
#include "backend/store/payload_records.hpp"
#include "backend/store/reaper.hpp"
#include "backend/store/reclaimer.hpp"
#include "gateway/core/cursor.hpp"
#include "tests/contract/store_check/full_world.hpp"

namespace sluice::test {
namespace {

using namespace store;
namespace keys = kv::key_space;
using kv::family;

auto const token = blocking_token::for_this_thread();

class store_check : public testing::Test {
protected:
    store_world world;

    check_report checked(check_options const& options = {}) {
        auto const index = world.disk().open().value();
        return check(world.device(), *index, options, token).value();
    }
    void expect_clean() {
        auto const report = checked();
        EXPECT_TRUE(report.is_clean()) << to_text(report);
    }
};

TEST_F(store_check, a_new_store_is_clean) {
    world.close();
    expect_clean();
}

TEST_F(store_check, a_store_with_everything_in_it_is_clean_and_counted) {
    fill(world);
    world.close();
    auto const report = checked();
    EXPECT_TRUE(report.is_clean()) << to_text(report);
    EXPECT_EQ(report.buckets, 2u);
    EXPECT_EQ(report.objects, 13u);
    EXPECT_EQ(report.uploads, 1u);
    EXPECT_EQ(report.parts, 1u);
    EXPECT_GE(report.unreferenced_payloads, 1u);
    EXPECT_EQ(report.topics, 1u);
    EXPECT_GE(report.log_runs, 2u + 2 * records_per_log);
    EXPECT_EQ(report.rows, std::uint64_t{filled_table::rows});
    EXPECT_EQ(report.index_entries, std::uint64_t{filled_table::rows});
    EXPECT_EQ(report.reverse_entries + 5, report.extents + report.log_runs)
        << "5 parts lie in other payloads";
    EXPECT_GT(report.bytes_read, 7'000'000u);
    EXPECT_EQ(report.applied, report.durable);
    EXPECT_NE(to_text(report).find("clean"), std::string::npos);
}

TEST_F(store_check, stays_clean_through_reaping_reclaim_and_restarts) {
    fill(world);
    world.store().reaping().run_once(token).value();
    world.reopen();
    for (auto const& segment : world.store().journal().segments().list())
        if (segment.state == journal::segment_state::sealed)
            world.store().reclaim().empty_segment(segment.id, token).value();
    world.close();
    auto const report = checked();
    EXPECT_TRUE(report.is_clean()) << to_text(report);
    EXPECT_EQ(report.unreferenced_payloads, 0u);
}

// Payloads that are shared, grow, take over the pieces of others, and lose their last object.
TEST_F(store_check, stays_clean_while_objects_grow_and_move) {
    world.make_bucket("b");
    auto const append = [&](std::string key, std::uint64_t offset, std::string const& bytes) {
        append_object_request request;
        request.bucket = "b";
        request.key = std::move(key);
        request.offset = offset;
        request.payload = world.streamed(bytes);
        request.finish = [](object_stat const*) -> result<appended_object> {
            return appended_object{"e", {}};
        };
        world.run(append_object(world.store(), std::move(request))).value();
    };
    auto const copy = [&](std::string from, std::string to) {
        copy_object_request request;
        request.source_bucket = request.bucket = "b";
        request.source_key = std::move(from);
        request.key = std::move(to);
        world.run(copy_object(world.store(), std::move(request))).value();
    };
    append("k", 0, "small");
    append("k", 5, pattern(400'000));
    copy("k", "copy");
    append("k", 400'005, "more");
    append("copy", 400'005, pattern(2'500'000));
    auto const uploaded = upload_in_parts(world, "parts", 3).size;
    copy("parts", "parts-copy");
    append("parts", uploaded, "tail");
    rename_object_request move;
    move.bucket = "b";
    move.source_key = "k";
    move.key = "copy";
    world.run(rename_object(world.store(), std::move(move))).value();
    world.close();
    expect_clean();
    world.open();
    delete_object_request gone;
    gone.bucket = "b";
    gone.key = "copy";
    world.run(delete_object(world.store(), std::move(gone))).value();
    world.store().reaping().run_once(token).value();
    world.close();
    auto const report = checked();
    EXPECT_TRUE(report.is_clean()) << to_text(report);
    EXPECT_EQ(report.unreferenced_payloads, 0u);
}

TEST_F(store_check, less_memory_means_more_passes_and_the_same_answer) {
    fill(world);
    world.close();
    auto const report = checked({.memory_bytes = 1});
    EXPECT_TRUE(report.is_clean()) << to_text(report);
}

TEST_F(store_check, a_served_folder_conflicts) {
    auto const index = world.disk().open().value();
    EXPECT_EQ(check(world.device(), *index, {}, token).error().code, error::conflict);
}

// -- damage
// -----------------------------------------------------------------------------------------

using contents = std::map<std::string, std::string>;

contents all_of(kv::index& index, keys::key_kind kind) {
    contents found;
    auto range = keys::all_of(kind);
    auto cursor = index.scan(index.take_snapshot(), keys::family_of(kind), range.lower, range.upper,
                             kv::read_tier::may_block);
    for (; cursor->valid(); cursor->next()) found.emplace(cursor->key(), cursor->value());
    return found;
}

// The first record of a kind that `wanted` says yes to.
template <class Decode, class Wanted>
auto first_with(kv::index& index, keys::key_kind kind, Decode decode, Wanted wanted) {
    for (auto const& [key, value] : all_of(index, kind)) {
        auto record = decode(value).value();
        if (wanted(record)) return std::pair(key, record);
    }
    throw std::runtime_error("no such record in the test's store");
}

// The key of a run that has one of its own partition before and behind it.
std::string run_between_two(kv::index& index) {
    std::vector<std::pair<keys::log_run_key, std::string>> runs;
    for (auto const& [key, value] : all_of(index, keys::key_kind::log_run)) {
        auto const parsed = keys::parse_log_run(key).value();
        if (parsed.piece == 0 && parsed.dataset != audit_dataset) runs.emplace_back(parsed, key);
    }
    auto const same = [](auto const& left, auto const& right) {
        return left.dataset == right.dataset && left.partition == right.partition;
    };
    for (std::size_t i = 1; i + 1 < runs.size(); ++i)
        if (same(runs[i - 1].first, runs[i].first) && same(runs[i].first, runs[i + 1].first))
            return runs[i].second;
    throw std::runtime_error("no such run in the test's store");
}

struct damage {
    char const* name;
    check_rule rule;
    std::function<void(kv::index&, kv::mutation_batch&)> how;
};

auto const any = [](auto const&) { return true; };
auto const has_payload = [](auto const& one) { return one.payload != payload_id{}; };
auto const has_frames =
    [](extent_record const& extent) { return extent.kind == payload_kind::frames; };

void put_stamped(kv::mutation_batch& batch, family where, std::string const& key, std::string value,
                 lsn changed) {
    store_little(value.data(), to_underlying(changed));
    batch.put(where, key, value);
}

std::vector<damage> const all_damages{
    {"bucket_does_not_parse", check_rule::record,
     [](kv::index&, kv::mutation_batch& batch) { batch.put(family::meta, keys::bucket("b"),
         "nonsense"); }},
    {"bucket_is_gone_and_its_objects_are_not", check_rule::record,
     [](kv::index&, kv::mutation_batch& batch) { batch.erase(family::meta, keys::bucket("b")); }},
    {"two_buckets_share_a_dataset", check_rule::record,
     [](kv::index& index, kv::mutation_batch& batch) {
         batch.put(family::meta, keys::bucket("c"),
                   all_of(index, keys::key_kind::bucket).begin()->second);
     }},
    {"object_does_not_parse", check_rule::record,
     [](kv::index& index, kv::mutation_batch& batch) {
         auto const [key, value] = *all_of(index, keys::key_kind::object).begin();
         batch.put(family::object, key, value.substr(0, value.size() - 1));
     }},
    {"object_names_a_payload_that_is_gone", check_rule::reference,
     [](kv::index& index, kv::mutation_batch& batch) {
         auto [key, record] = first_with(index, keys::key_kind::object, decode_object, has_payload);
         record.payload = payload_id{60'000};
         put_stamped(batch, family::object, key, encode(record), record.changed);
     }},
    {"object_has_another_length_than_its_payload", check_rule::payload,
     [](kv::index& index, kv::mutation_batch& batch) {
         auto [key, record] = first_with(index, keys::key_kind::object, decode_object, has_payload);
         ++record.size;
         put_stamped(batch, family::object, key, encode(record), record.changed);
     }},
    {"object_is_from_the_future", check_rule::lsn,
     [](kv::index& index, kv::mutation_batch& batch) {
         auto [key, record] = first_with(index, keys::key_kind::object, decode_object, any);
         put_stamped(batch, family::object, key, encode(record), lsn{1'000'000});
     }},
    {"object_is_gone_and_its_payload_is_not", check_rule::reference,
     [](kv::index& index, kv::mutation_batch& batch) {
         auto const [key, record] =
             first_with(index, keys::key_kind::object, decode_object, has_payload);
         batch.erase(family::object, key);
     }},
    {"part_without_upload", check_rule::record,
     [](kv::index& index, kv::mutation_batch& batch) {
         batch.erase(family::object, all_of(index, keys::key_kind::upload).begin()->first);
     }},
    {"head_counts_one_too_many", check_rule::reference,
     [](kv::index& index, kv::mutation_batch& batch) {
         auto [key, head] = first_with(index, keys::key_kind::payload_head, decode_payload_head,
                                       any);
         ++head.references;
         batch.put(family::payload, key, encode(head));
     }},
    {"head_does_not_parse", check_rule::record,
     [](kv::index& index, kv::mutation_batch& batch) {
         batch.put(family::payload, all_of(index, keys::key_kind::payload_head).begin()->first,
                   "x");
     }},
    {"head_is_gone", check_rule::payload,
     [](kv::index& index, kv::mutation_batch& batch) {
         batch.erase(family::payload, all_of(index, keys::key_kind::payload_head).begin()->first);
     }},
    {"orphan_head", check_rule::reference,
     [](kv::index&, kv::mutation_batch& batch) {
         batch.put(family::payload, keys::payload_head(payload_id{50'000}),
                   encode(payload_head{.references = 0}));
     }},
    {"unreferenced_mark_on_a_referenced_payload", check_rule::reference,
     [](kv::index& index, kv::mutation_batch& batch) {
         auto const [key, head] = first_with(index, keys::key_kind::payload_head,
                                             decode_payload_head,
                                             [](auto const& one) { return one.references > 0; });
         batch.put(family::payload,
                   keys::unreferenced_payload(keys::parse_payload_head(key).value()), "");
     }},
    {"extent_is_gone", check_rule::payload,
     [](kv::index& index, kv::mutation_batch& batch) {
         auto const [key, extent] = first_with(index, keys::key_kind::extent, decode_extent,
                                               has_frames);
         batch.erase(family::payload, key);
     }},
    {"extent_is_too_short", check_rule::payload,
     [](kv::index& index, kv::mutation_batch& batch) {
         auto [key, extent] = first_with(index, keys::key_kind::extent, decode_extent, has_frames);
         --extent.frames.length;
         batch.put(family::payload, key, encode(extent.frames));
     }},
    {"extent_lies_in_no_segment", check_rule::place,
     [](kv::index& index, kv::mutation_batch& batch) {
         auto [key, extent] = first_with(index, keys::key_kind::extent, decode_extent, has_frames);
         extent.frames.first.segment = segment_id{999};
         batch.put(family::payload, key, encode(extent.frames));
     }},
    {"extent_points_at_another_frame", check_rule::bytes,
     [](kv::index& index, kv::mutation_batch& batch) {
         auto [key, extent] = first_with(index, keys::key_kind::extent, decode_extent, has_frames);
         extent.frames.first.offset += 4096;
         batch.put(family::payload, key, encode(extent.frames));
     }},
    {"reverse_entry_is_gone", check_rule::reverse,
     [](kv::index& index, kv::mutation_batch& batch) {
         batch.erase(family::payload, all_of(index, keys::key_kind::reverse_entry).begin()->first);
     }},
    {"reverse_entry_without_owner", check_rule::reverse,
     [](kv::index&, kv::mutation_batch& batch) {
         reverse_record record;
         record.payload = payload_id{50'000};
         record.length = 100;
         batch.put(family::payload, keys::reverse_entry(segment_id{1}, 16'384), encode(record));
     }},
    {"reverse_entry_names_another_owner", check_rule::reverse,
     [](kv::index& index, kv::mutation_batch& batch) {
         auto [key, record] = first_with(index, keys::key_kind::reverse_entry, decode_reverse, any);
         ++record.payload_offset;
         ++record.length;
         batch.put(family::payload, key, encode(record));
     }},
    {"two_owners_of_one_place", check_rule::place,
     [](kv::index& index, kv::mutation_batch& batch) {
         // A second payload that claims the middle of a large extent, with everything else about it
         // right.
         auto [key, extent] = first_with(index, keys::key_kind::extent, decode_extent,
                                         [](auto const& one) {
             return one.kind == payload_kind::frames && one.frames.frames() > 1;
         });
         auto const id = payload_id{50'000};
         auto const inside = extent.frames.frame_at(extent.frames.frame_bytes);
         frames_extent const stolen{inside, 1000, 1000};
         batch.put(family::payload, keys::payload_head(id), encode(payload_head{.length = 1000}));
         batch.put(family::payload, keys::extent(id, 0), encode(stolen));
         reverse_record record;
         record.payload = id;
         record.length = 1000;
         batch.put(family::payload, keys::reverse_entry(inside.segment, inside.offset),
                   encode(record));
     }},
    {"audit_run_is_gone", check_rule::log,
     [](kv::index& index, kv::mutation_batch& batch) {
         batch.erase(family::log, all_of(index, keys::key_kind::log_run).begin()->first);
     }},
    {"log_run_covers_more_than_it_holds", check_rule::log,
     [](kv::index& index, kv::mutation_batch& batch) {
         auto [key, record] = first_with(index, keys::key_kind::log_run, decode_log_run, any);
         ++record.offsets;
         put_stamped(batch, family::log, key, encode(record), record.changed);
     }},
    {"log_run_does_not_parse", check_rule::record,
     [](kv::index& index, kv::mutation_batch& batch) {
         batch.put(family::log, all_of(index, keys::key_kind::log_run).begin()->first, "x");
     }},
    {"run_in_the_middle_of_a_topic_is_gone", check_rule::log,
     [](kv::index& index, kv::mutation_batch& batch) {
         batch.erase(family::log, run_between_two(index));
     }},
    {"row_does_not_parse", check_rule::record,
     [](kv::index& index, kv::mutation_batch& batch) {
         batch.put(family::row, all_of(index, keys::key_kind::row).begin()->first, "short");
     }},
    {"row_is_from_the_future", check_rule::lsn,
     [](kv::index& index, kv::mutation_batch& batch) {
         auto const [key, value] = *all_of(index, keys::key_kind::row).begin();
         put_stamped(batch, family::row, key, value, lsn{1'000'000});
     }},
    {"row_is_gone_and_its_index_entry_is_not", check_rule::reference,
     [](kv::index& index, kv::mutation_batch& batch) {
         batch.erase(family::row, all_of(index, keys::key_kind::row).begin()->first);
     }},
    {"index_entry_does_not_parse", check_rule::record,
     [](kv::index& index, kv::mutation_batch& batch) {
         batch.put(family::row, all_of(index, keys::key_kind::index_entry).begin()->first, "x");
     }},
    {"id_counter_behind_an_id_in_use", check_rule::counter,
     [](kv::index&, kv::mutation_batch& batch) {
         batch.put(family::meta, keys::id_counter("payload"), std::string("\2\0\0\0\0\0\0\0", 8));
     }},
};

bool finds(check_report const& report, check_rule rule) {
    return std::ranges::any_of(report.violations,
                               [rule](auto const& one) { return one.rule == rule; });
}

class store_check_damage : public store_check, public testing::WithParamInterface<damage> {};

TEST_P(store_check_damage, is_found) {
    fill(world);
    world.close();
    {
        auto const index = world.disk().open().value();
        kv::mutation_batch batch;
        GetParam().how(*index, batch);
        index->apply({batch.bytes()}, index->applied_lsn()).value();
        index->flush().value();
    }
    auto const report = checked();
    EXPECT_TRUE(finds(report, GetParam().rule)) << to_text(report);
    for (auto const& one : report.violations) EXPECT_FALSE(one.where.empty() || one.what.empty());
}

INSTANTIATE_TEST_SUITE_P(all, store_check_damage, testing::ValuesIn(all_damages),
                         [](auto const& info) { return std::string(info.param.name); });

TEST_F(store_check, a_flipped_byte_of_payload_is_found_and_named) {
    fill(world);
    world.close();
    journal::location at;
    {
        auto const index = world.disk().open().value();
        at = first_with(*index, keys::key_kind::extent, decode_extent, [](auto const& one) {
                 return one.kind == payload_kind::frames && one.frames.frames() > 1;
             }).second.frames.frame_at(1'500'000);
    }
    auto const path = journal::segment_table::path_of(at.segment);
    world.device().flip_byte(path, at.offset + 4096 + 100'000, 1);
    auto const report = checked();
    ASSERT_EQ(report.violations_found, 1u) << to_text(report);
    EXPECT_EQ(report.violations[0].rule, check_rule::bytes);
    EXPECT_NE(report.violations[0].what.find(path), std::string::npos) << report.violations[0].what;
}

TEST_F(store_check, damaged_headers_and_superblocks_are_found) {
    fill(world);
    world.close();
    world.device().flip_byte("segments/00000001.seg", 20);
    expect_clean();   // the second copy is good
    world.device().flip_byte("segments/00000001.seg", 4096 + 20);
    EXPECT_TRUE(finds(checked(), check_rule::folder));
    world.device().flip_byte("superblock", 20);
    world.device().flip_byte("superblock", 4096 + 20);
    EXPECT_TRUE(finds(checked(), check_rule::folder));
}

TEST_F(store_check, an_index_ahead_of_the_journal_is_found) {
    fill(world);
    world.close();
    {
        auto const index = world.disk().open().value();
        index->apply({}, lsn{to_underlying(index->applied_lsn()) + 5}).value();
        index->flush().value();
    }
    EXPECT_TRUE(finds(checked(), check_rule::lsn));
}

TEST_F(store_check, a_lost_segment_is_found) {
    fill(world);
    world.close();
    world.device().remove("segments/00000002.seg", token).value();
    auto const report = checked();
    EXPECT_TRUE(finds(report, check_rule::place) || finds(report, check_rule::chain))
        << to_text(report);
}

TEST_F(store_check, violations_beyond_the_limit_are_counted) {
    fill(world);
    world.close();
    {
        auto const index = world.disk().open().value();
        kv::mutation_batch batch;
        batch.erase(family::meta, keys::bucket("b"));
        index->apply({batch.bytes()}, index->applied_lsn()).value();
        index->flush().value();
    }
    auto const report = checked({.violations_kept = 2});
    EXPECT_EQ(report.violations.size(), 2u);
    EXPECT_GT(report.violations_found, 5u);
    EXPECT_NE(to_text(report).find("more"), std::string::npos);
}

}  // namespace
}  // namespace sluice::test
