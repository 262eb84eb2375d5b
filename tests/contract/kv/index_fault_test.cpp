// Devices that fail, fill up and forget: errors are final, named, and never become other answers.
#include <gtest/gtest.h>

#include <random>
#include <thread>

#include "backend/kv/index.hpp"
#include "tests/support/index_contents.hpp"
#include "tests/support/sim_env.hpp"
#include "tests/support/small_index.hpp"

namespace sluice::kv {
namespace {

using namespace sluice::test_support;
using operation = sim_env_operation;

std::unique_ptr<index> open(sim_env& env) {
    return index::open(small_index_options(env.environment())).value();
}

void put(index& into, std::uint64_t at, std::string const& key,
         std::string const& value = "value") {
    mutation_batch batch;
    batch.put(family::object, key, value);
    into.apply({batch.bytes()}, lsn{at}).value();
}

std::optional<std::string> get(index& from, std::string const& key) {
    return from.get(*from.take_snapshot(), family::object, key, read_tier::may_block).value();
}

// Bytes that do not compress.
std::string noise(std::size_t length) {
    std::mt19937_64 random(1);
    std::string bytes(length, '\0');
    for (auto& byte : bytes) byte = static_cast<char>(random());
    return bytes;
}

std::string some_table(sim_env const& env) {
    for (auto const& path : env.files())
        if (path.ends_with(".sst")) return path;
    return {};
}

class failing_flush : public ::testing::TestWithParam<std::pair<operation, char const*>> {};

TEST_P(failing_flush, is_final_until_the_next_open_which_has_the_last_good_flush) {
    auto [what, path] = GetParam();
    sim_env env;
    auto opened = open(env);
    put(*opened, 1, "a");
    opened->flush().value();
    put(*opened, 2, "b");
    env.fail({.operation = what, .path = path});
    auto failed = opened->flush();
    ASSERT_TRUE(failed.has_error());
    EXPECT_EQ(failed.error().code, error::io_failed) << failed.error().describe();
    EXPECT_NE(failed.error().text.find(path), std::string::npos) << failed.error().describe();
    EXPECT_TRUE(opened->flush().has_error());
    EXPECT_TRUE(opened->apply({}, lsn{3}).has_error());
    EXPECT_TRUE(opened->statistics().write_stopped);
    EXPECT_EQ(get(*opened, "b"), "value") << "reads go on";
    opened.reset();
    auto after = env.power_cut({.seed = 7});
    auto reopened = open(*after);
    EXPECT_EQ(reopened->applied_lsn(), lsn{1});
    EXPECT_EQ(get(*reopened, "a"), "value");
    EXPECT_EQ(get(*reopened, "b"), std::nullopt);
}

INSTANTIATE_TEST_SUITE_P(operations, failing_flush,
                         ::testing::Values(std::pair{operation::append, ".sst"},
                                           std::pair{operation::sync, ".sst"},
                                           std::pair{operation::create, ".sst"},
                                           std::pair{operation::append, "MANIFEST"},
                                           std::pair{operation::sync, "MANIFEST"}));

// RocksDB's own flushes beside ours are what its failure handling does not survive: a failed one would
// end the process instead of the writes.
TEST(index_faults, nothing_is_flushed_but_by_flush_and_a_full_memory_asks_for_it) {
    sim_env env;
    auto opened = open(env);
    auto const full = small_index_options(nullptr).memtable_bytes;
    auto const value = noise(full / 8);
    std::uint64_t at = 0;
    auto put_to = [&](std::uint64_t last) {
        while (at < last) {
            ++at;
            put(*opened, at, std::to_string(at), value);
        }
    };
    put_to(1);
    EXPECT_LT(opened->memory_fill(), 1);
    EXPECT_EQ(opened->statistics().write_pressure, 0);
    put_to(8);
    EXPECT_GE(opened->memory_fill(), 1);
    put_to(16);
    EXPECT_GE(opened->memory_fill(), 2);
    EXPECT_EQ(opened->statistics().write_pressure, 1);
    EXPECT_EQ(some_table(env), "");
    opened->flush().value();
    EXPECT_NE(some_table(env), "");
    EXPECT_LT(opened->memory_fill(), 1);
    EXPECT_EQ(opened->statistics().write_pressure, 0);
}

TEST(index_faults, a_full_device_is_no_space) {
    sim_env env({.seed = 1, .capacity_bytes = 200'000});
    auto opened = open(env);
    put(*opened, 1, "a", noise(400'000));
    auto failed = opened->flush();
    ASSERT_TRUE(failed.has_error());
    EXPECT_EQ(failed.error().code, error::no_space) << failed.error().describe();
}

TEST(index_faults, a_failing_open_says_so_and_changes_nothing) {
    sim_env env;
    auto opened = open(env);
    put(*opened, 1, "a");
    opened->flush().value();
    opened.reset();
    for (auto what : {operation::create, operation::append, operation::sync, operation::rename,
                      operation::sync_folder, operation::read}) {
        env.fail({.operation = what, .all_later = true});
        auto failed = index::open(small_index_options(env.environment()));
        ASSERT_TRUE(failed.has_error()) << static_cast<int>(what);
        EXPECT_EQ(failed.error().code, error::io_failed) << failed.error().describe();
        env.clear_faults();
    }
    opened = open(env);
    EXPECT_EQ(get(*opened, "a"), "value");
}

TEST(index_faults, every_flipped_byte_of_a_table_is_found_and_named) {
    sim_env env;
    auto opened = open(env);
    for (int i = 0; i < 50; ++i)
        put(*opened, static_cast<std::uint64_t>(i) + 1, "key " + std::to_string(i));
    opened->flush().value();
    opened.reset();
    auto size = env.peek(some_table(env)).size();
    ASSERT_GT(size, 0u);
    for (std::uint64_t at = 0; at < size; at += 13) {
        auto damaged = env.copy({.seed = at + 1});
        auto path = some_table(*damaged);
        damaged->flip_byte(path, at);
        auto reopened = index::open(small_index_options(damaged->environment()));
        if (reopened) {
            auto verified = (*reopened)->verify_checksums();
            ASSERT_TRUE(verified.has_error()) << at;
            EXPECT_EQ(verified.error().code, error::corrupt) << verified.error().describe();
            EXPECT_NE(verified.error().text.find(path), std::string::npos)
                << verified.error().describe();
        } else {
            EXPECT_EQ(reopened.error().code, error::corrupt) << reopened.error().describe();
        }
    }
}

TEST(index_faults, a_read_over_damaged_bytes_is_corrupt_never_another_value) {
    sim_env env;
    auto opened = open(env);
    auto value = noise(2000);
    put(*opened, 1, "a", value);
    opened->flush().value();
    opened.reset();
    std::size_t damaged = 0;
    for (auto const& path : env.files()) {
        auto place = env.peek(path).find(value.substr(1000, 100));
        if (place == std::string::npos || !path.ends_with(".sst")) continue;
        env.flip_byte(path, place, 1);
        ++damaged;
    }
    ASSERT_EQ(damaged, 1u);
    opened = open(env);
    auto view = opened->take_snapshot();
    auto read = opened->get(*view, family::object, "a", read_tier::may_block);
    ASSERT_TRUE(read.has_error());
    EXPECT_EQ(read.error().code, error::corrupt) << read.error().describe();
    auto walk = opened->scan(view, family::object, {}, {}, read_tier::may_block);
    EXPECT_FALSE(walk->valid());
    EXPECT_EQ(walk->status().error().code, error::corrupt);
}

// Three files of one level, of one block each; "key 1" to "key 3".
std::unique_ptr<index> three_files_of_a_level(sim_env& env) {
    auto opened = open(env);
    std::uint64_t at = 0;
    for (auto const* key : {"key 1", "key 2", "key 3"}) {
        do {
            put(*opened, ++at, key, noise(7000));
            opened->flush().value();
        } while (at % 4 != 0);   // so many are compacted
        while (opened->statistics().level0_files > 0) std::this_thread::yield();
    }
    opened.reset();
    return open(env);
}

std::size_t count(cursor& walk) {
    std::size_t seen = 0;
    for (; walk.valid(); walk.next()) ++seen;
    return seen;
}

TEST(index_faults, a_scan_into_the_next_file_of_a_level_never_just_ends) {
    sim_env env;
    auto opened = three_files_of_a_level(env);
    auto const view = opened->take_snapshot();
    ASSERT_EQ(count(*opened->scan(view, family::object, {}, "key 2", read_tier::may_block)), 1u);
    auto in_memory = opened->scan(view, family::object, {}, {}, read_tier::cache_only);
    EXPECT_EQ(count(*in_memory), 1u);
    EXPECT_EQ(in_memory->status().error().code, error::would_block);
    env.fail({.operation = operation::read, .path = ".sst", .all_later = true});
    auto failing = opened->scan(view, family::object, {}, {}, read_tier::may_block);
    EXPECT_EQ(count(*failing), 1u);
    EXPECT_EQ(failing->status().error().code, error::io_failed);
    env.clear_faults();
    auto whole = opened->scan(view, family::object, {}, {}, read_tier::may_block);
    EXPECT_EQ(count(*whole), 3u);
    EXPECT_TRUE(whole->status().has_value());
}

// (A short MANIFEST is an older state to RocksDB. The journal notices: it no longer has what is
// missing.)
TEST(index_faults, missing_files_and_short_tables_are_corrupt) {
    sim_env env;
    auto opened = open(env);
    put(*opened, 1, "a");
    opened->flush().value();
    opened.reset();
    for (auto const& path : env.files()) {
        bool table = path.ends_with(".sst");
        if (!table && path.find("MANIFEST") == std::string::npos) continue;
        for (bool whole : {true, false}) {
            if (!whole && !table) continue;
            auto damaged = env.copy({.seed = 3});
            if (whole) damaged->remove_file(path);
            else damaged->truncate(path, env.peek(path).size() / 2);
            auto reopened = index::open(small_index_options(damaged->environment()));
            ASSERT_TRUE(reopened.has_error()) << path << " whole " << whole;
            EXPECT_EQ(reopened.error().code, error::corrupt) << reopened.error().describe();
        }
    }
}

TEST(index_faults, the_folder_itself_survives_a_power_cut_after_the_first_flush) {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        sim_env env({.seed = seed});
        auto opened = open(env);
        put(*opened, 1, "a");
        opened->flush().value();
        auto after = env.power_cut({.seed = seed});
        opened.reset();
        auto reopened = open(*after);
        ASSERT_EQ(reopened->applied_lsn(), lsn{1}) << seed;
    }
}

}  // namespace
}  // namespace sluice::kv
