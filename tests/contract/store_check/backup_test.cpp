// A backup made while writers run is the state at one LSN; restored it opens, passes check and
// serves that state.
#include "backend/store/backup.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <fstream>

#include "backend/store/backup_files.hpp"
#include "backend/store/check.hpp"
#include "gateway/core/worker_thread.hpp"
#include "tests/contract/store_check/full_world.hpp"

namespace sluice::test {
namespace {

using namespace store;

auto const token = blocking_token::for_this_thread();

class store_backup : public testing::Test {
protected:
    store_world world{{.kind = world_kind::folder}};
    test_support::temporary_folder place;
    std::string const copy = place / "copy";
    std::string const restored = place / "restored";

    std::unique_ptr<engine> open_restored(blocking_pool& pool) {
        engine_options options;
        options.folder = restored;
        options.memory_bytes = 64 * mebibyte;
        options.background_work = false;
        return engine::open(std::move(options), pool, token).value();
    }
    void expect_logs(engine& store) {
        for (int partition = 0; partition < 2; ++partition) {
            read_log_request request{store.logs().find("events"), partition_index{partition},
                                     log_offset{0}, 100 * mebibyte, true};
            auto const slice = run_task(world.context(), read_log(store, std::move(request))).value();
            auto const records = read_log_batches(slice.batches).value();
            ASSERT_EQ(records.size(), std::size_t{records_per_log});
            for (int i = 0; i < records_per_log; ++i)
                EXPECT_EQ(records[static_cast<std::size_t>(i)].value->front(), 'a' + 2 * i + partition);
        }
        auto const offsets = run_task(world.context(), committed_offsets(store, "readers")).value();
        ASSERT_EQ(offsets.size(), 1u);
        EXPECT_EQ(offsets[0].offset, log_offset{3});
        auto const groups = run_task(world.context(), saved_groups(store, "", 10)).value();
        ASSERT_EQ(groups.size(), 1u);
        EXPECT_EQ(groups[0].state, "state of the coordinator");
    }
    void expect_table(engine& store, filled_table const& from) {
        table_transaction in(store, isolation::read_committed);
        in.begin_statement();
        auto const cursor = in.scan(from.table, {}, false).value();
        auto const rows = cursor->next(1000, token).value();
        ASSERT_EQ(rows.size(), std::size_t{filled_table::rows});
        for (int i = 0; i < filled_table::rows; ++i) {
            EXPECT_EQ(rows[static_cast<std::size_t>(i)].key, filled_table::key(i));
            EXPECT_EQ(rows[static_cast<std::size_t>(i)].row, filled_table::row(i));
        }
        auto const hits = run_task(world.context(),
                                   in.find_in_index(from.table, from.index, {}, 1000)).value();
        EXPECT_EQ(hits.size(), std::size_t{filled_table::rows});
    }
    void expect_clean(std::string const& folder) {
        auto const report = check_folder(folder, {}, token).value();
        EXPECT_TRUE(report.is_clean()) << to_text(report);
    }
};

task<result<std::string>> read_object(engine& store, std::string key) {
    open_object_request request{"b", std::move(key)};
    SLUICE_CO_TRY(auto object, co_await open_object(store, std::move(request)));
    SLUICE_CO_TRY(auto reader, co_await object.read());
    co_return co_await read_all(std::move(reader));
}

TEST_F(store_backup, everything_comes_back) {
    auto const table = fill(world);
    auto const made = backup(world.store(), copy, token).value();
    EXPECT_GT(made.segments, 0u);
    world.put("later", "not in the backup");
    auto const back = restore(copy, restored, token).value();
    EXPECT_EQ(back.at, made.at);
    EXPECT_EQ(back.bytes, made.bytes);
    expect_clean(restored);
    {
        blocking_pool pool({.name = "test-blocking"});
        auto store = open_restored(pool);
        for (auto const* key : {"k0", "k1", "k2048", "k65536", "k3500000", "copy", "composed",
            "replaced"})
            EXPECT_EQ(run_task(world.context(), read_object(*store, key)).value(), world.get(key))
                << key;
        EXPECT_EQ(run_task(world.context(), read_object(*store, "later")).error().code,
                  error::not_found);
        EXPECT_EQ(run_task(world.context(), read_object(*store, "gone")).error().code,
                  error::not_found);
        expect_logs(*store);
        expect_table(*store, table);
        auto request = put_request("new", small_payload(pattern(200'000, 9)));
        run_task(world.context(), put_object(*store, std::move(request))).value();
    }
    expect_clean(restored);
    blocking_pool pool({.name = "test-blocking"});
    auto store = open_restored(pool);
    EXPECT_EQ(run_task(world.context(), read_object(*store, "new")).value(), pattern(200'000, 9));
    world.close();
    expect_clean(world.folder());
}

TEST_F(store_backup, under_writers_it_is_the_state_at_one_lsn) {
    world.make_bucket("b");
    constexpr int lanes = 3;
    std::array<std::atomic<int>, lanes> acknowledged{};
    std::atomic<bool> stop = false;
    std::vector<worker_thread> writers;
    for (int lane = 0; lane < lanes; ++lane) {
        writers.emplace_back("writer", [&, lane](std::stop_token) {
            boost::asio::io_context context{1};
            for (int i = 0; !stop && i < 5000; ++i) {
                auto const size = lane == 0 ? 100u : lane == 1 ? 20'000u : 200'000u;
                auto key = std::to_string(lane) + "/" + std::to_string(i);
                auto request = put_request(std::move(key),
                    small_payload(pattern(size, static_cast<std::uint64_t>(i))));
                run_task(context, put_object(world.store(), std::move(request))).value();
                acknowledged[static_cast<std::size_t>(lane)] = i + 1;
            }
        });
    }
    while (acknowledged[0] < 20 || acknowledged[2] < 20) std::this_thread::yield();
    std::array<int, lanes> before{};
    for (std::size_t lane = 0; lane < lanes; ++lane) before[lane] = acknowledged[lane];
    auto const made = backup(world.store(), copy, token);
    stop = true;
    for (auto& writer : writers) writer.join();
    ASSERT_TRUE(made) << made.error().describe();
    restore(copy, restored, token).value();
    expect_clean(restored);

    blocking_pool pool({.name = "test-blocking"});
    auto store = open_restored(pool);
    auto holds = [&](int lane, int i) {
        auto const read = run_task(world.context(),
            read_object(*store, std::to_string(lane) + "/" + std::to_string(i)));
        if (!read) return false;
        auto const size = lane == 0 ? 100u : lane == 1 ? 20'000u : 200'000u;
        EXPECT_EQ(*read, pattern(size, static_cast<std::uint64_t>(i)));
        return true;
    };
    for (int lane = 0; lane < lanes; ++lane) {
        int count = 0;
        while (holds(lane, count)) ++count;
        EXPECT_GE(count, before[static_cast<std::size_t>(lane)])
            << "acknowledged before the backup began";
        EXPECT_LE(count, acknowledged[static_cast<std::size_t>(lane)]);
        for (int i = count; i < acknowledged[static_cast<std::size_t>(lane)]; ++i)
            ASSERT_FALSE(holds(lane, i)) << "a gap";
    }
}

TEST_F(store_backup, neither_side_writes_over_anything) {
    world.make_bucket("b");
    std::filesystem::create_directory(copy);
    EXPECT_EQ(backup(world.store(), copy, token).error().code, error::already_exists);
    std::filesystem::remove(copy);
    backup(world.store(), copy, token).value();
    std::filesystem::create_directory(restored);
    std::ofstream(restored + "/something") << "mine";
    EXPECT_EQ(restore(copy, restored, token).error().code, error::not_empty);
    EXPECT_EQ(restore(place / "nothing", place / "other", token).error().code, error::not_found);
}

TEST_F(store_backup, damage_to_any_file_of_a_backup_is_found) {
    fill(world);
    backup(world.store(), copy, token).value();
    std::vector<std::string> files{"MANIFEST"};
    for (auto const* folder : {"kv", "segments"})
        for (auto const& name : files_in(copy + "/" + folder).value())
            files.push_back(std::string(folder) + "/" + name);
    int tries = 0;
    for (auto const& file : files) {
        auto const path = copy + "/" + file;
        auto const size = std::filesystem::file_size(path);
        if (size == 0) continue;
        auto flip = [&] {
            std::fstream bytes(path, std::ios::in | std::ios::out | std::ios::binary);
            bytes.seekg(static_cast<std::streamoff>(size / 2));
            auto const byte = static_cast<char>(bytes.get() ^ 1);
            bytes.seekp(static_cast<std::streamoff>(size / 2));
            bytes.put(byte);
        };
        auto const target = place / ("try-" + std::to_string(++tries));
        flip();
        EXPECT_EQ(restore(copy, target, token).error().code, error::corrupt) << file;
        EXPECT_FALSE(std::filesystem::exists(target + "/superblock"));
        flip();
        std::filesystem::remove_all(target);
    }
    EXPECT_GT(tries, 4);
    restore(copy, restored, token).value();
    expect_clean(restored);
}

TEST(backup_manifest_text, reads_back_and_refuses_what_is_none) {
    backup_manifest manifest;
    manifest.store_id = std::string("0123456789\0abcde", 16);
    manifest.segment_bytes = 1 << 20;
    manifest.at = lsn{77};
    manifest.files = {{"kv/CURRENT", {0xdeadbeef, 16}}, {"segments/00000001.seg", {1, 8192}}};
    auto const text = encode(manifest);
    auto const back = decode_manifest(text).value();
    EXPECT_EQ(back.store_id, manifest.store_id);
    EXPECT_EQ(back.at, lsn{77});
    ASSERT_EQ(back.files.size(), 2u);
    EXPECT_EQ(back.files[0].sum, manifest.files[0].sum);
    for (std::size_t i = 0; i < text.size(); ++i) {
        EXPECT_EQ(decode_manifest(text.substr(0, i)).error().code, error::corrupt) << i;
        auto damaged = text;
        damaged[i] = static_cast<char>(damaged[i] ^ 2);
        EXPECT_TRUE(decode_manifest(damaged).has_error()) << i;
    }
    EXPECT_EQ(decode_manifest("sluice-backup 2\nmore\n").error().code, error::unsupported);
    for (auto const* path : {"kv/../../etc", "/etc/passwd", "kv/", "kv/a/b", "other/a",
        "segments/.."}) {
        manifest.files[0].path = path;
        EXPECT_EQ(decode_manifest(encode(manifest)).error().code, error::corrupt) << path;
    }
}

}  // namespace
}  // namespace sluice::test
