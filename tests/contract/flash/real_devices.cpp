// What only holds for the methods over a real folder.
#include <gtest/gtest.h>
#include <stdlib.h>

#include <atomic>
#include <filesystem>

#include "tests/contract/flash/devices.hpp"

namespace sluice::flash::contract {
namespace {

auto const may_block = blocking_token::for_this_thread();

class folder {
public:
    explicit folder(std::filesystem::path const& parent) {
        std::string name = (parent / "sluice-flash-XXXXXX").string();
        if (::mkdtemp(name.data()) != nullptr) path = name;
    }
    ~folder() {
        if (!path.empty()) std::filesystem::remove_all(path);
    }
    std::string path;
};

TEST(real_devices, the_best_method_writes_and_leaves_no_probe_behind) {
    folder here(std::filesystem::temp_directory_path());
    auto best = make_best_device({.folder = here.path});
    ASSERT_TRUE(best.has_value()) << best.error().describe();
    auto name = best.value()->method_name();
    EXPECT_TRUE(name == "io_uring" || name == "worker") << name;
    EXPECT_TRUE(best.value()->list("", may_block).value().empty());
}

TEST(real_devices, a_folder_that_is_not_there_is_named) {
    for (auto chosen : {method::sync, method::worker, method::io_uring}) {
        auto made = make_device(chosen, {.folder = "/nonexistent/sluice"});
        ASSERT_TRUE(made.has_error());
        EXPECT_EQ(made.error().code, error::not_found);
        EXPECT_NE(made.error().text.find("/nonexistent/sluice"), std::string::npos);
    }
}

TEST(real_devices, buffered_folders_work_too) {
    folder here("/dev/shm");
    if (here.path.empty()) GTEST_SKIP() << "no tmpfs at /dev/shm";
    for (auto chosen : {method::sync, method::worker, method::io_uring}) {
        auto made = make_device(chosen, {.folder = here.path});
        if (made.has_error() && made.error().code == error::unsupported) continue;
        auto& device = *made.value();
        ASSERT_TRUE(device.create_zeroed("a", 8192, may_block).has_value());
        auto file = device.open("a", may_block).value();
        auto bytes = pattern(4096, 1);
        ASSERT_TRUE(write_and_wait(*file, 4096, bytes.span(0, 4096)).has_value());
        aligned_buffer seen(4096);
        ASSERT_TRUE(file->read(4096, seen.span(0, 4096), may_block).has_value());
        EXPECT_EQ(as_chars(seen.span(0, 4096)), as_chars(bytes.span(0, 4096)));
        ASSERT_TRUE(device.remove("a", may_block).has_value());
    }
}

TEST(real_devices, a_device_without_direct_io_behaves_the_same) {
    folder here(std::filesystem::temp_directory_path());
    auto made = make_device(method::sync, {.folder = here.path, .direct_io = false});
    auto& device = *made.value();
    ASSERT_TRUE(device.create_zeroed("a", 4096, may_block).has_value());
    auto file = device.open("a", may_block).value();
    auto bytes = pattern(4096, 1);
    ASSERT_TRUE(write_and_wait(*file, 0, bytes.span(0, 4096)).has_value());
}

TEST(real_devices, a_full_device_says_no_space_and_leaves_nothing) {
    // The only device that is full for everybody.
    folder here(std::filesystem::temp_directory_path());
    std::filesystem::create_symlink("/dev/full", here.path + "/full");
    for (auto chosen : {method::sync, method::worker}) {
        auto made = make_device(chosen, {.folder = here.path, .direct_io = false});
        auto file = made.value()->open("full", may_block);
        ASSERT_TRUE(file.has_value()) << file.error().describe();
        auto bytes = pattern(4096, 1);
        auto outcome = write_and_wait(*file.value(), 0, bytes.span(0, 4096));
        ASSERT_TRUE(outcome.has_error());
        EXPECT_EQ(outcome.error().code, error::no_space);
        EXPECT_NE(outcome.error().text.find("'full'"), std::string::npos) << outcome.error().text;
        EXPECT_NE(outcome.error().text.find("No space left"), std::string::npos);
    }
}

TEST(real_devices, more_writes_than_may_wait_are_refused_not_lost) {
    folder here(std::filesystem::temp_directory_path());
    for (auto chosen : {method::worker, method::io_uring}) {
        auto made = make_device(chosen, {.folder = here.path, .queue_depth = 1,
                                         .queued_writes = 2, .worker_threads = 1});
        if (made.has_error() && made.error().code == error::unsupported) continue;
        auto& device = *made.value();
        ASSERT_TRUE(device.create_zeroed("a", 64 * mebibyte / 16, may_block).has_value());
        auto file = device.open("a", may_block).value();
        auto bytes = pattern(mebibyte, 1);
        std::atomic<int> written{0}, refused{0}, other{0};
        for (int i = 0; i < 64; ++i) {
            file->write_durable(0, bytes.span(0, mebibyte), [&](result<void> outcome) {
                if (outcome.has_value()) ++written;
                else if (outcome.error().code == error::overloaded) ++refused;
                else ++other;
            });
        }
        file.reset();
        made = error::closed;  // the device is gone, all is completed
        EXPECT_EQ(written + refused, 64);
        EXPECT_GE(written.load(), 2) << "what was queued is written";
        EXPECT_GT(refused.load(), 0);
        EXPECT_EQ(other.load(), 0);
        std::filesystem::remove(here.path + "/a");
    }
}

}  // namespace
}  // namespace sluice::flash::contract
