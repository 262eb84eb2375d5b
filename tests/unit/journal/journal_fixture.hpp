// A journal on simulated flash and a simulated index, small enough that a test can cut its power
// many times. One thread drives it; helpers wait for answers on promises.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <memory>
#include <string>

#include "backend/journal/journal.hpp"
#include "backend/journal/segment_table.hpp"
#include "backend/kv/key_space.hpp"
#include "gateway/core/cursor.hpp"
#include "tests/support/fake_clock.hpp"
#include "tests/support/index_contents.hpp"
#include "tests/support/sim_device.hpp"
#include "tests/support/sim_index.hpp"

namespace sluice::journal {

inline constexpr auto patience = std::chrono::seconds(30);

inline blocking_token may_block() { return blocking_token::for_this_thread(); }

inline journal_options small_options() {
    journal_options options;
    options.segment_bytes = mebibyte;
    options.segments_kept_ready = 1;
    options.reserved_segments = 2;
    options.index_ballast_bytes = 0;
    options.idle_mark = std::chrono::milliseconds(1);
    return options;
}

inline std::unique_ptr<commit> put(std::string const& key, std::string const& value) {
    auto made = std::make_unique<commit>();
    made->mutations.put(kv::family::row, key, value);
    return made;
}

// One payload riding along, its reverse entry, and a row `key` -> location.
inline std::unique_ptr<commit> put_payload(std::string const& key, std::uint64_t owner,
                                           std::string bytes) {
    auto made = std::make_unique<commit>();
    auto const row = made->mutations.put(kv::family::row, key, std::string(8, '\0'));
    made->mutations.add_slot(kv::slot::kind::location, row.value, 0);
    auto const reverse = made->mutations.put(kv::family::payload,
                                             kv::key_space::reverse_entry(segment_id{}, 0), "r");
    made->mutations.add_slot(kv::slot::kind::location, reverse.key + 1, 0);
    made->payloads.push_back({owner, 0, std::move(bytes)});
    return made;
}

template <class T>
T take(std::future<T> future) {
    if (future.wait_for(patience) != std::future_status::ready)
        throw std::runtime_error("no answer in time");
    return future.get();
}

inline std::future<result<lsn>> submit(journal& to, std::unique_ptr<commit> work,
                                       admission_class what = admission_class::ordinary) {
    auto promise = std::make_shared<std::promise<result<lsn>>>();
    auto future = promise->get_future();
    work->on_done = [promise](result<lsn> outcome) { promise->set_value(std::move(outcome)); };
    to.submit(std::move(work), what);
    return future;
}

inline result<lsn> commit_and_wait(journal& to, std::unique_ptr<commit> work) {
    return take(submit(to, std::move(work)));
}

inline std::future<result<location>> write_bulk(journal& to, std::uint64_t owner,
                                                std::uint64_t offset, std::string const& bytes,
                                                admission_class what = admission_class::ordinary) {
    auto promise = std::make_shared<std::promise<result<location>>>();
    auto future = promise->get_future();
    auto frame = std::make_unique<bulk_frame>();
    std::memcpy(frame->body().data(), bytes.data(), bytes.size());
    frame->set(owner, offset, bytes.size());
    to.write_bulk(std::move(frame), what,
                  [promise](result<location> at, std::unique_ptr<bulk_frame>) {
                      promise->set_value(std::move(at));
                  });
    return future;
}

inline std::future<result<location>> append_chunk(journal& to, std::uint64_t transaction,
                                                  std::uint64_t number, kv::mutation_batch batch) {
    auto promise = std::make_shared<std::promise<result<location>>>();
    auto future = promise->get_future();
    to.append_chunk(transaction, number, std::move(batch),
                    [promise](result<location> at) { promise->set_value(std::move(at)); });
    return future;
}

inline result<std::string> read_payload(journal& from, location at, std::uint64_t owner,
                                        std::size_t length, std::size_t offset = 0) {
    std::string bytes(length, '\0');
    SLUICE_CHECK(from.read_body(at, owner, 0, offset,
                                {reinterpret_cast<std::byte*>(bytes.data()), bytes.size()},
                                may_block()));
    return bytes;
}

inline location location_in(std::string const& row) {
    return decode_location(load_big<std::uint64_t>(row.data()));
}

// Polls without a clock: the condition becomes true by what other threads do.
template <class Condition>
bool eventually(Condition condition) {
    auto const deadline = std::chrono::steady_clock::now() + patience;
    while (!condition()) {
        if (std::chrono::steady_clock::now() > deadline) return false;
        std::this_thread::yield();
    }
    return true;
}

class rig {
public:
    explicit rig(journal_options options = small_options(),
                 test_support::sim_schedule schedule = test_support::sim_schedule::background)
        : options(options),
          schedule_(schedule),
          random_(7) {
        device = std::make_unique<test_support::sim_device>(device_options());
        disk = std::make_unique<test_support::sim_index_disk>();
    }
    ~rig() { close(); }

    result<void> open() {
        SLUICE_TRY(index, disk->open());
        SLUICE_TRY(store, journal::open(*device, *index, options, clock, random_, may_block()));
        return {};
    }
    void close() {
        store.reset();
        index.reset();
    }
    void reopen() {
        close();
        ASSERT_TRUE(opens());
    }
    // Power goes; what survived is opened by the next open().
    void cut_power() {
        device->power_off();
        disk->power_off();
        auto next_disk = disk->power_cut({});
        auto next_device = device->power_cut(device_options());
        close();
        device = std::move(next_device);
        disk = std::move(next_disk);
    }
    testing::AssertionResult opens() {
        auto const opened = open();
        if (opened.has_value()) return testing::AssertionSuccess();
        return testing::AssertionFailure() << opened.error().describe();
    }
    std::string row(std::string const& key) {
        auto const view = store->published();
        auto const found =
            index->get(*view->index, kv::family::row, key, kv::read_tier::may_block).value();
        return found.value_or("(none)");
    }

    journal_options options;
    test::fake_clock clock;
    std::unique_ptr<test_support::sim_device> device;
    std::unique_ptr<test_support::sim_index_disk> disk;
    std::unique_ptr<kv::index> index;
    std::unique_ptr<journal> store;

private:
    test_support::sim_device_options device_options() {
        test_support::sim_device_options made;
        made.seed = ++seed_;
        made.schedule = schedule_;
        return made;
    }
    test_support::sim_schedule schedule_;
    std::uint64_t seed_ = 0;
    seeded_random random_;
};

}  // namespace sluice::journal
