// Many threads at once on real files: every method, reads under pins while segments are recycled, a
// clean restart.
#include <atomic>
#include <barrier>

#include "backend/flash/device.hpp"
#include "gateway/core/worker_thread.hpp"
#include "tests/support/temporary_folder.hpp"
#include "tests/unit/journal/journal_fixture.hpp"

namespace sluice::journal {
namespace {

constexpr int writers = 6;
constexpr int rounds = 60;

std::string bytes_of(int writer, int round, std::size_t length) {
    return std::string(length, static_cast<char>('a' + (writer * 7 + round) % 26));
}

class on_method : public testing::TestWithParam<flash::method> {
protected:
    void open() {
        flash::device_options where;
        where.folder = folder.path();
        auto made = flash::make_device(GetParam(), where);
        if (made.has_error() && made.error().code == error::unsupported)
            GTEST_SKIP() << made.error().text;
        device = std::move(made).value();
        index = disk.open().value();
        auto options = small_options();
        options.segment_bytes = 2 * mebibyte;
        options.unflushed_bytes = 64 * kibibyte;
        store = journal::open(*device, *index, options, system_wall_clock(), random, may_block())
                    .value();
    }
    void close() {
        store.reset();
        index.reset();
        device.reset();
    }
    // Row `w<writer>` -> location of its last payload, whose owner is the writer; both lanes in
    // turn.
    void write_one(int writer, int round) {
        auto const key = "w" + std::to_string(writer);
        auto const bytes = bytes_of(writer, round, 1000 + static_cast<std::size_t>(round) * 997);
        auto const old = row(key);
        std::unique_ptr<commit> work;
        std::shared_ptr<void> stream;
        if (round % 3 == 0) {
            stream = store->open_stream();
            auto const at =
                take(write_bulk(*store, static_cast<std::uint64_t>(writer), 0, bytes)).value();
            work = std::make_unique<commit>();
            std::string value(8, '\0');
            store_big(value.data(), encode(at));
            work->mutations.put(kv::family::row, key, value + std::to_string(round));
            work->mutations.put(kv::family::payload,
                                kv::key_space::reverse_entry(at.segment, at.offset), "r");
        } else {
            work = std::make_unique<commit>();
            auto const value = work->mutations.put(kv::family::row, key,
                                                   std::string(8, '\0') + std::to_string(round));
            work->mutations.add_slot(kv::slot::kind::location, value.value, 0);
            auto const reverse = work->mutations.put(
                kv::family::payload, kv::key_space::reverse_entry(segment_id{}, 0), "r");
            work->mutations.add_slot(kv::slot::kind::location, reverse.key + 1, 0);
            work->payloads.push_back({static_cast<std::uint64_t>(writer), 0, bytes});
        }
        if (!old.empty()) {
            auto const at = location_in(old);
            work->mutations.erase(kv::family::payload,
                                  kv::key_space::reverse_entry(at.segment, at.offset));
            store->segments().subtract_live_bytes(at.segment, bytes.size());
        }
        commit_and_wait(*store, std::move(work)).value();
    }
    std::string row(std::string const& key) {
        auto const view = store->published();
        return index->get(*view->index, kv::family::row, key, kv::read_tier::may_block)
            .value()
            .value_or("");
    }
    // What any snapshot shows is readable, also after the snapshot was given back for a pin.
    void read_one(int writer) {
        auto view = store->published();
        auto const found = index
                               ->get(*view->index, kv::family::row, "w" + std::to_string(writer),
                                     kv::read_tier::may_block)
                               .value();
        if (!found) return;
        auto const at = location_in(*found);
        auto const round = std::stoi(found->substr(8));
        auto const pin = store->pin(at.segment);
        view.reset();
        auto const wanted = bytes_of(writer, round, 1000 + static_cast<std::size_t>(round) * 997);
        auto const bytes =
            read_payload(*store, at, static_cast<std::uint64_t>(writer), wanted.size());
        ASSERT_TRUE(bytes.has_value()) << bytes.error().describe();
        EXPECT_EQ(*bytes, wanted);
        ++reads;
    }

    test_support::temporary_folder folder;
    test_support::sim_index_disk disk;
    seeded_random random{11};
    std::unique_ptr<flash::device> device;
    std::unique_ptr<kv::index> index;
    std::unique_ptr<journal> store;
    std::atomic<int> reads{0};
};

TEST_P(on_method, writers_readers_and_recycling_at_once) {
    open();
    if (IsSkipped()) return;
    std::atomic<int> running{writers};
    {
        std::vector<worker_thread> threads;
        for (int writer = 0; writer < writers; ++writer)
            threads.emplace_back("test-writer", [&, writer](std::stop_token) {
                for (int round = 0; round < rounds; ++round) write_one(writer, round);
                --running;
            });
        for (int reader = 0; reader < 2; ++reader)
            threads.emplace_back("test-reader", [&, reader](std::stop_token) {
                for (int i = reader; running > 0; ++i) read_one(i % writers);
            });
        threads.emplace_back("test-recycler", [&](std::stop_token) {
            while (running > 0) {
                store->flush_index(may_block()).value();
                store->segments().recycle(may_block()).value();
                std::this_thread::yield();
            }
        });
    }
    EXPECT_GT(reads, 0);
    EXPECT_GT(store->segments().statistics().recycled, 0u);
    for (int again = 0; again < 2; ++again) {
        for (int writer = 0; writer < writers; ++writer) {
            EXPECT_EQ(row("w" + std::to_string(writer)).substr(8), std::to_string(rounds - 1));
            read_one(writer);
        }
        close();
        open();
        EXPECT_EQ(store->recovered().replayed_commits, 0u);
    }
    close();
}

INSTANTIATE_TEST_SUITE_P(methods, on_method,
                         testing::Values(flash::method::sync, flash::method::worker,
                                         flash::method::io_uring),
                         [](auto const& what) {
                             switch (what.param) {
                                 case flash::method::sync: return "sync";
                                 case flash::method::worker: return "worker";
                                 default: return "io_uring";
                             }
                         });

}  // namespace
}  // namespace sluice::journal
