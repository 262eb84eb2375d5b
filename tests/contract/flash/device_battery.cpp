// One battery for every device: the three methods and the simulated one.
#include <gtest/gtest.h>
#include <stdlib.h>

#include <atomic>
#include <condition_variable>
#include <cstring>
#include <filesystem>
#include <future>
#include <mutex>
#include <random>

#include "gateway/core/worker_thread.hpp"
#include "tests/contract/flash/devices.hpp"
#include "tests/support/sim_device.hpp"

namespace sluice::flash::contract {
namespace {

auto const may_block = blocking_token::for_this_thread();

class real_device final : public device_under_test {
public:
    explicit real_device(method chosen) : method_(chosen) {
        auto parent = std::filesystem::temp_directory_path();
        std::string name = (parent / "sluice-flash-XXXXXX").string();
        folder_ = ::mkdtemp(name.data());
    }
    ~real_device() override {
        device_.reset();
        std::filesystem::remove_all(folder_);
    }
    result<void> start() {
        SLUICE_TRY(device_, make_device(method_, options()));
        return {};
    }
    device& get() override { return *device_; }
    std::unique_ptr<device> second() override { return make_device(method_, options()).value(); }

private:
    device_options options() const { return {.folder = folder_, .queue_depth = 8}; }

    method method_;
    std::string folder_;
    std::unique_ptr<device> device_;
};

class simulated final : public device_under_test {
public:
    explicit simulated(test_support::sim_schedule schedule)
        : device_({.seed = 7, .schedule = schedule}) {}
    device& get() override { return device_; }
    std::unique_ptr<device> second() override { return nullptr; }

private:
    test_support::sim_device device_;
};

}  // namespace

std::vector<std::string> device_names() {
    return {"sync", "worker", "io_uring", "simulated", "simulated_background"};
}

result<std::unique_ptr<device_under_test>> make_under_test(std::string const& name) {
    using test_support::sim_schedule;
    std::unique_ptr<device_under_test> made;
    if (name == "simulated") {
        made = std::make_unique<simulated>(sim_schedule::inline_completion);
    } else if (name == "simulated_background") {
        made = std::make_unique<simulated>(sim_schedule::background);
    } else {
        auto chosen = name == "sync" ? method::sync
                      : name == "worker" ? method::worker
                                         : method::io_uring;
        auto real = std::make_unique<real_device>(chosen);
        SLUICE_CHECK(real->start());
        made = std::move(real);
    }
    return made;
}

aligned_buffer pattern(std::size_t bytes, std::uint64_t seed) {
    aligned_buffer filled(bytes);
    std::mt19937_64 random(seed);
    for (std::size_t i = 0; i < filled.capacity(); i += 8) {
        auto value = random();
        std::memcpy(filled.data() + i, &value, 8);
    }
    return filled;
}

result<void> write_and_wait(file& target, std::uint64_t offset, const_byte_span bytes) {
    std::promise<result<void>> done;
    target.write_durable(offset, bytes, [&](result<void> r) { done.set_value(std::move(r)); });
    return done.get_future().get();
}

namespace {

class flash_contract : public ::testing::TestWithParam<std::string> {
protected:
    void SetUp() override {
        auto made = make_under_test(GetParam());
        if (made.has_error() && made.error().code == error::unsupported) {
            GTEST_SKIP() << "this kernel or file system refuses it: " << made.error().text;
        }
        under_test_ = std::move(made).value();
    }
    device& dev() { return under_test_->get(); }
    std::unique_ptr<file> fresh_file(std::string const& path, std::uint64_t bytes) {
        dev().create_zeroed(path, bytes, may_block).value();
        return dev().open(path, may_block).value();
    }
    std::unique_ptr<device_under_test> under_test_;
};

TEST_P(flash_contract, a_new_file_is_zeroes_of_the_stated_size) {
    auto made = fresh_file("a", 64 * kibibyte);
    EXPECT_EQ(made->size_bytes(), 64 * kibibyte);
    auto bytes = pattern(64 * kibibyte, 1);
    ASSERT_TRUE(made->read(0, bytes.span(0, 64 * kibibyte), may_block).has_value());
    auto chars = as_chars(bytes.span(0, 64 * kibibyte));
    EXPECT_EQ(chars.find_first_not_of('\0'), std::string_view::npos);
}

TEST_P(flash_contract, zeroes_written_with_rests_in_between_are_whole) {
    int rests = 0;
    auto const rest = [&](std::chrono::nanoseconds) { return ++rests < 3; };
    auto const size = 5 * mebibyte;
    ASSERT_TRUE(dev().create_zeroed("a", size, rest, may_block).has_value());
    auto made = dev().open("a", may_block).value();
    EXPECT_EQ(made->size_bytes(), size);
    auto bytes = pattern(size, 1);
    ASSERT_TRUE(made->read(0, bytes.span(0, size), may_block).has_value());
    EXPECT_EQ(as_chars(bytes.span(0, size)).find_first_not_of('\0'), std::string_view::npos);
}

TEST_P(flash_contract, a_write_on_the_calling_thread_is_over_when_it_returns) {
    auto made = fresh_file("a", 64 * kibibyte);
    auto bytes = pattern(8192, 2);
    ASSERT_TRUE(made->write_durable_here(4096, bytes.span(0, 8192), may_block).has_value());
    aligned_buffer seen(8192);
    ASSERT_TRUE(made->read(4096, seen.span(0, 8192), may_block).has_value());
    EXPECT_EQ(as_chars(seen.span(0, 8192)), as_chars(bytes.span(0, 8192)));
}

TEST_P(flash_contract, what_was_written_is_read_by_another_handle) {
    auto made = fresh_file("a", 64 * kibibyte);
    auto bytes = pattern(12 * kibibyte, 2);
    ASSERT_TRUE(write_and_wait(*made, 8192, bytes.span(0, 12288)).has_value());
    auto again = dev().open("a", may_block).value();
    aligned_buffer seen(12288);
    ASSERT_TRUE(again->read(8192, seen.span(0, 12288), may_block).has_value());
    EXPECT_EQ(as_chars(seen.span(0, 12288)), as_chars(bytes.span(0, 12288)));
    ASSERT_TRUE(again->read(4096, seen.span(0, 4096), may_block).has_value());
    EXPECT_EQ(as_chars(seen.span(0, 4096)), std::string(4096, '\0'));
}

TEST_P(flash_contract, what_is_kept_is_read_again_until_it_is_forgotten) {
    auto made = fresh_file("a", 64 * kibibyte);
    auto bytes = pattern(32 * kibibyte, 2);
    ASSERT_TRUE(write_and_wait(*made, 8192, bytes.span(0, 32768)).has_value());
    aligned_buffer seen(32768);
    for (int times = 0; times < 3; ++times) {
        std::memset(seen.data(), 0, seen.capacity());
        ASSERT_TRUE(made->read_kept(8192, seen.span(0, 32768), may_block).has_value());
        EXPECT_EQ(as_chars(seen.span(0, 32768)), as_chars(bytes.span(0, 32768)));
    }
    auto newer = pattern(32 * kibibyte, 3);
    ASSERT_TRUE(write_and_wait(*made, 8192, newer.span(0, 32768)).has_value());
    ASSERT_TRUE(made->read(8192, seen.span(0, 32768), may_block).has_value());
    EXPECT_EQ(as_chars(seen.span(0, 32768)), as_chars(newer.span(0, 32768)));
    made->forget_kept(may_block);
    ASSERT_TRUE(made->read_kept(8192, seen.span(0, 32768), may_block).has_value());
    EXPECT_EQ(as_chars(seen.span(0, 32768)), as_chars(newer.span(0, 32768)));
    EXPECT_FALSE(made->read_kept(60 * kibibyte, seen.span(0, 8192), may_block).has_value());
}

TEST_P(flash_contract, a_write_past_the_end_grows_the_file) {
    auto made = fresh_file("a", 4096);
    auto bytes = pattern(4096, 3);
    ASSERT_TRUE(write_and_wait(*made, 8192, bytes.span(0, 4096)).has_value());
    EXPECT_EQ(made->size_bytes(), 12288u);
}

TEST_P(flash_contract, a_read_past_the_end_fails) {
    auto made = fresh_file("a", 8192);
    aligned_buffer into(8192);
    auto outcome = made->read(4096, into.span(0, 8192), may_block);
    ASSERT_TRUE(outcome.has_error());
    EXPECT_EQ(outcome.error().code, error::io_failed);
}

TEST_P(flash_contract, many_writes_in_flight_each_complete_once) {
    constexpr std::size_t count = 200;
    auto made = fresh_file("a", count * 4096);
    std::vector<aligned_buffer> buffers;
    for (std::size_t i = 0; i < count; ++i) buffers.push_back(pattern(4096, i));
    std::mutex mutex;
    std::condition_variable changed;
    std::vector<int> completed(count, 0);
    std::size_t total = 0;
    for (std::size_t i = 0; i < count; ++i) {
        made->write_durable(i * 4096, buffers[i].span(0, 4096), [&, i](result<void> outcome) {
            std::lock_guard guard(mutex);
            EXPECT_TRUE(outcome.has_value()) << outcome.error().describe();
            ++completed[i];
            ++total;
            changed.notify_all();
        });
    }
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return total == count; });
    EXPECT_EQ(completed, std::vector<int>(count, 1));
    aligned_buffer seen(4096);
    for (std::size_t i = 0; i < count; ++i) {
        ASSERT_TRUE(made->read(i * 4096, seen.span(0, 4096), may_block).has_value());
        ASSERT_EQ(as_chars(seen.span(0, 4096)), as_chars(buffers[i].span(0, 4096))) << i;
    }
}

TEST_P(flash_contract, writers_and_readers_on_many_threads) {
    constexpr std::size_t threads = 4, rounds = 25;
    auto made = fresh_file("a", threads * 16 * kibibyte);
    std::atomic<std::size_t> good{0};
    std::vector<worker_thread> writers;
    for (std::size_t t = 0; t < threads; ++t) {
        writers.emplace_back("writer", [&, t](std::stop_token) {
            for (std::size_t round = 0; round < rounds; ++round) {
                auto bytes = pattern(16 * kibibyte, t * 1000 + round);
                auto whole = bytes.span(0, 16 * kibibyte);
                if (write_and_wait(*made, t * 16 * kibibyte, whole).has_error()) return;
                aligned_buffer seen(16 * kibibyte);
                auto into = seen.span(0, 16 * kibibyte);
                if (made->read(t * 16 * kibibyte, into, may_block).has_error()) return;
                if (as_chars(into) != as_chars(whole)) return;
                ++good;
            }
        });
    }
    for (auto& writer : writers) writer.join();
    EXPECT_EQ(good.load(), threads * rounds);
}

TEST_P(flash_contract, a_file_may_be_closed_while_its_writes_are_in_flight) {
    auto made = fresh_file("a", 256 * 4096);
    auto bytes = pattern(4096, 9);
    std::promise<void> all;
    std::atomic<int> left{64};
    for (std::uint64_t i = 0; i < 64; ++i) {
        made->write_durable(i * 4096, bytes.span(0, 4096), [&](result<void> outcome) {
            EXPECT_TRUE(outcome.has_value());
            if (--left == 0) all.set_value();
        });
    }
    made.reset();
    all.get_future().get();
}

TEST_P(flash_contract, the_device_completes_everything_before_it_is_gone) {
    auto made = fresh_file("a", 256 * 4096);
    auto bytes = pattern(64 * kibibyte, 9);
    std::atomic<int> completed{0};
    for (std::uint64_t i = 0; i < 16; ++i) {
        made->write_durable(i * 64 * kibibyte, bytes.span(0, 64 * kibibyte),
                            [&](result<void>) { ++completed; });
    }
    made.reset();
    under_test_.reset();
    EXPECT_EQ(completed.load(), 16);
}

TEST_P(flash_contract, a_completion_may_write_again) {
    auto made = fresh_file("a", 64 * 4096);
    auto bytes = pattern(4096, 4);
    std::promise<void> done;
    std::uint64_t at = 0;
    std::function<void(result<void>)> again = [&](result<void> outcome) {
        EXPECT_TRUE(outcome.has_value());
        if (++at == 64) return done.set_value();
        made->write_durable(at * 4096, bytes.span(0, 4096), again);
    };
    made->write_durable(0, bytes.span(0, 4096), again);
    done.get_future().get();
    EXPECT_EQ(at, 64u);
}

TEST_P(flash_contract, names) {
    ASSERT_TRUE(dev().create_directory("segments", may_block).has_value());
    ASSERT_TRUE(dev().create_directory("segments", may_block).has_value());
    fresh_file("segments/2", 4096);
    fresh_file("segments/1", 4096);
    ASSERT_TRUE(dev().sync_directory("segments", may_block).has_value());
    ASSERT_TRUE(dev().sync_directory("", may_block).has_value());
    EXPECT_EQ(dev().list("segments", may_block).value(), (std::vector<std::string>{"1", "2"}));
    EXPECT_EQ(dev().list("", may_block).value(), (std::vector<std::string>{"segments"}));
    ASSERT_TRUE(dev().remove("segments/1", may_block).has_value());
    EXPECT_EQ(dev().list("segments", may_block).value(), (std::vector<std::string>{"2"}));
}

TEST_P(flash_contract, names_that_are_not_there) {
    EXPECT_EQ(dev().open("no", may_block).error().code, error::not_found);
    EXPECT_EQ(dev().remove("no", may_block).error().code, error::not_found);
    EXPECT_EQ(dev().list("no", may_block).error().code, error::not_found);
    EXPECT_EQ(dev().sync_directory("no", may_block).error().code, error::not_found);
    EXPECT_EQ(dev().create_zeroed("no/a", 4096, may_block).error().code, error::not_found);
}

TEST_P(flash_contract, a_name_is_taken_once_and_its_bytes_stay) {
    auto made = fresh_file("a", 4096);
    auto bytes = pattern(4096, 5);
    ASSERT_TRUE(write_and_wait(*made, 0, bytes.span(0, 4096)).has_value());
    EXPECT_EQ(dev().create_zeroed("a", 4096, may_block).error().code, error::already_exists);
    EXPECT_EQ(dev().create_directory("a", may_block).error().code, error::already_exists);
    aligned_buffer seen(4096);
    ASSERT_TRUE(made->read(0, seen.span(0, 4096), may_block).has_value());
    EXPECT_EQ(as_chars(seen.span(0, 4096)), as_chars(bytes.span(0, 4096)));
}

TEST_P(flash_contract, a_file_that_is_not_whole_blocks_is_refused) {
    EXPECT_EQ(dev().create_zeroed("a", 0, may_block).error().code, error::invalid_argument);
    EXPECT_EQ(dev().create_zeroed("a", 5000, may_block).error().code, error::invalid_argument);
    EXPECT_TRUE(dev().list("", may_block).value().empty());
}

TEST_P(flash_contract, a_removed_file_stays_readable_through_its_handle) {
    auto made = fresh_file("a", 8192);
    ASSERT_TRUE(dev().remove("a", may_block).has_value());
    aligned_buffer seen(8192);
    EXPECT_TRUE(made->read(0, seen.span(0, 8192), may_block).has_value());
}

TEST_P(flash_contract, the_lock_is_exclusive_until_given_back) {
    auto held = dev().lock("LOCK", may_block);
    ASSERT_TRUE(held.has_value());
    EXPECT_EQ(dev().lock("LOCK", may_block).error().code, error::conflict);
    if (auto other = under_test_->second()) {
        EXPECT_EQ(other->lock("LOCK", may_block).error().code, error::conflict);
    }
    held.value().reset();
    EXPECT_TRUE(dev().lock("LOCK", may_block).has_value());
}

TEST_P(flash_contract, free_space_is_reported) {
    EXPECT_GT(dev().free_bytes(may_block).value(), 64 * kibibyte);
}

INSTANTIATE_TEST_SUITE_P(devices, flash_contract, ::testing::ValuesIn(device_names()),
                         [](auto const& named) { return named.param; });

}  // namespace
}  // namespace sluice::flash::contract
