// What a failing device and damaged files do to the store: an error that says what and where, or the
// right bytes; never wrong ones, and nothing acknowledged is lost.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <mutex>

#include "tests/contract/store/store_world.hpp"

namespace sluice::test {
namespace {

namespace files = std::filesystem;

result<store::object_stat> try_put(store_world& world, std::string key, std::string bytes) {
    auto request = put_request(std::move(key), store::small_payload(std::move(bytes)));
    return world.run(store::put_object(world.store(), std::move(request)));
}

TEST(store_faults, a_failed_write_makes_the_store_read_only_until_a_restart) {
    std::mutex mutex;
    std::vector<std::string> told;
    world_options options;
    options.on_failure = [&](std::string_view where, failure const& what) {
        std::scoped_lock guard(mutex);
        told.push_back(std::string(where) + ", " + what.describe());
    };
    store_world world(std::move(options));
    world.make_bucket("b");
    world.put("kept", pattern(50'000));
    EXPECT_EQ(world.store().why_read_only(), "");
    world.device().fail_write(1, error::io_failed);
    auto const lost = try_put(world, "lost", pattern(60'000, 2));
    ASSERT_TRUE(lost.has_error());
    EXPECT_EQ(lost.error().code, error::outcome_unknown) << lost.error().describe();
    EXPECT_TRUE(world.store().is_read_only());
    auto const why = world.store().why_read_only();
    EXPECT_TRUE(why.starts_with("io_failed: ")) << why;
    {
        std::scoped_lock guard(mutex);
        EXPECT_EQ(told, std::vector<std::string>{"journal, " + why}) << "once, with the reason";
    }

    EXPECT_EQ(try_put(world, "later", "x").error().code, error::read_only);
    EXPECT_EQ(world.get("kept"), pattern(50'000));

    world.reopen();
    EXPECT_FALSE(world.store().is_read_only());
    EXPECT_EQ(world.get("kept"), pattern(50'000));
    auto const uncertain = world.try_get("lost");
    if (uncertain) EXPECT_EQ(*uncertain, pattern(60'000, 2));
    else EXPECT_EQ(uncertain.error().code, error::not_found);
    EXPECT_EQ(world.try_get("later").error().code, error::not_found);
    world.put("later", "y");
    EXPECT_EQ(world.get("later"), "y");
}

TEST(store_faults, a_failed_read_is_said_and_passes) {
    world_options options;
    options.limits.cache_on_write_bytes = 0;
    store_world world(options);
    world.make_bucket("b");
    world.put("k", pattern(400'000));
    world.device().fail_read(1);
    auto const refused = world.try_get("k");
    ASSERT_TRUE(refused.has_error());
    EXPECT_EQ(refused.error().code, error::io_failed);
    EXPECT_EQ(world.get("k"), pattern(400'000));
}

// Objects of every form of storage, closed so that the index has files.
std::map<std::string, std::string> fill(store_world& world) {
    std::map<std::string, std::string> content;
    world.make_bucket("b");
    for (std::uint64_t n = 0; n < 60; ++n)
        content["key-" + std::to_string(n)] = pattern(n % 3 == 0 ? 100 + n : 3'000 * n, n);
    for (auto const& [key, bytes] : content) world.put(key, bytes);
    world.reopen();
    world.put("key-0", content["key-0"]);
    world.close();
    return content;
}

std::vector<files::path> index_files(std::string const& folder) {
    std::vector<files::path> found;
    for (auto const& entry : files::recursive_directory_iterator(folder)) {
        auto const name = entry.path().filename().string();
        bool const data = name.ends_with(".sst") || name.starts_with("MANIFEST") || name == "CURRENT";
        if (entry.is_regular_file() && data) found.push_back(entry.path());
    }
    return found;
}

void flip(files::path const& path, std::uint64_t offset) {
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekg(static_cast<std::streamoff>(offset));
    char const byte = static_cast<char>(file.get() ^ 0x5a);
    file.seekp(static_cast<std::streamoff>(offset));
    file.put(byte);
    ASSERT_TRUE(file.good()) << path;
}

// Counts what the damage made unreadable; fails on bytes that are wrong or quietly gone.
int refused_reads(store_world& world, std::map<std::string, std::string> const& content,
                  std::string const& place) {
    int refused = 0;
    for (auto const& [key, bytes] : content) {
        auto const got = world.try_get(key);
        if (got) {
            EXPECT_EQ(*got, bytes) << key << " after damage to " << place;
            continue;
        }
        EXPECT_EQ(got.error().code, error::corrupt) << got.error().describe() << ", " << place;
        EXPECT_FALSE(got.error().text.empty());
        ++refused;
    }
    return refused;
}

TEST(store_faults, a_flipped_byte_in_the_index_is_never_believed) {
    world_options options;
    options.kind = world_kind::folder;
    store_world world(options);
    auto const content = fill(world);
    auto const damaged = index_files(world.folder());
    ASSERT_FALSE(damaged.empty());
    files::path const whole = world.folder() + ".whole";
    files::copy(world.folder(), whole, files::copy_options::recursive);
    int noticed = 0;
    for (auto const& path : damaged) {
        auto const size = files::file_size(path);
        for (std::uint64_t offset = size / 7; offset < size; offset += 1 + size / 3) {
            auto const place = path.filename().string() + " at " + std::to_string(offset);
            flip(path, offset);
            if (auto const opened = world.try_open(); !opened) {
                EXPECT_FALSE(opened.error().text.empty()) << place;
                ++noticed;
            } else {
                noticed += refused_reads(world, content, place) > 0;
            }
            world.close();
            files::remove_all(world.folder());
            files::copy(whole, world.folder(), files::copy_options::recursive);
        }
    }
    EXPECT_GT(noticed, 0);
    world.open();
    EXPECT_EQ(refused_reads(world, content, "nothing"), 0);
    files::remove_all(whole);
}

}  // namespace
}  // namespace sluice::test
