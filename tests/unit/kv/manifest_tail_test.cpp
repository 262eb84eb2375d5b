#include "backend/kv/manifest_tail.hpp"

#include <gtest/gtest.h>
#include <rocksdb/env.h>

#include "backend/kv/index.hpp"
#include "tests/support/sim_env.hpp"
#include "tests/support/small_index.hpp"

namespace sluice::kv {
namespace {

using test_support::sim_env;
using test_support::small_index_options;

// Flushes few enough that none starts a compaction, whose edit would be the manifest's last.
constexpr std::uint64_t flushes = 3;

// A manifest as RocksDB writes it.
std::string some_manifest(sim_env& env, std::string* path = nullptr) {
    {
        auto opened = index::open(small_index_options(env.environment())).value();
        for (std::uint64_t at = 1; at <= flushes; ++at) {
            mutation_batch batch;
            batch.put(family::object, "key", "value");
            opened->apply({batch.bytes()}, lsn{at}).value();
            opened->flush().value();
        }
    }
    for (auto const& file : env.files()) {
        if (file.find("MANIFEST") == std::string::npos) continue;
        if (path) *path = file;
        return env.peek(file);
    }
    return {};
}

TEST(manifest_tail, a_whole_manifest_is_whole) {
    sim_env env;
    auto manifest = some_manifest(env);
    ASSERT_GT(manifest.size(), 0u);
    EXPECT_EQ(whole_records_bytes(manifest), manifest.size());
    EXPECT_FALSE(cut_torn_manifest(*env.environment(), "/kv").value());
}

TEST(manifest_tail, any_damage_ends_the_whole_records_before_it) {
    sim_env env;
    auto manifest = some_manifest(env);
    for (std::size_t at = 0; at < manifest.size(); ++at) {
        auto damaged = manifest;
        damaged[at] = static_cast<char>(damaged[at] ^ 0x40);
        ASSERT_LE(whole_records_bytes(damaged), at);
        ASSERT_LE(whole_records_bytes(std::string_view(manifest).substr(0, at)), at);
    }
}

TEST(manifest_tail, a_cut_manifest_opens_as_an_earlier_flush) {
    sim_env env;
    std::string path;
    auto manifest = some_manifest(env, &path);
    env.flip_byte(path, manifest.size() - 1);
    auto opened = index::open(small_index_options(env.environment())).value();
    EXPECT_LT(opened->applied_lsn(), lsn{flushes});
    EXPECT_GE(opened->applied_lsn(), lsn{flushes - 1});
}

TEST(manifest_tail, reading_only_never_repairs) {
    sim_env env;
    std::string path;
    auto manifest = some_manifest(env, &path);
    env.flip_byte(path, manifest.size() - 1);
    auto options = small_index_options(env.environment());
    options.read_only = true;
    EXPECT_EQ(index::open(options).error().code, error::corrupt);
    EXPECT_EQ(env.peek(path).size(), manifest.size());
}


TEST(manifest_tail, bytes_that_are_no_records_are_not_taken_for_some) {
    for (char byte : {'\0', '\x01', '\xff'})
        EXPECT_EQ(whole_records_bytes(std::string(100'000, byte)), 0u);
    EXPECT_EQ(whole_records_bytes(""), 0u);
}

}  // namespace
}  // namespace sluice::kv
