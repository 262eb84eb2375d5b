// The journal against its two measures, alternating in one run: commits with payload riding along
// against RocksDB Put(sync), bulk frames against the device's own synced O_DIRECT writes of 1 MiB.
// Prints a table; --json FILE writes the same numbers. Not a test of speed: ctest runs it tiny, so
// that it cannot rot.
//
//   journal_bench --folder DIR [--seconds S] [--writers N] [--rounds N] [--sizes N...] [--groups N] [--overlap BYTES] [--json FILE] [--tiny]
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <vector>

#include "backend/flash/device.hpp"
#include "backend/journal/journal.hpp"
#include "backend/journal/segment_table.hpp"
#include "backend/kv/key_space.hpp"
#include "gateway/core/worker_thread.hpp"
#include "tests/support/rocksdb_peer.hpp"

namespace sluice::journal {
namespace {

auto const may_block = blocking_token::for_this_thread();

struct settings {
    std::string folder = ".";
    std::string json;
    double seconds = 2.0;
    int writers = 16;
    int rounds = 3;
    std::uint32_t groups = journal_options{}.groups_in_flight;
    std::uint64_t overlap = journal_options{}.overlap_bytes;
    bool tiny = false;
    std::vector<std::size_t> sizes{200, 4096, 65536, mebibyte};  // 1 MiB: the bulk lane
};

struct rate {
    double operations = 0;  // per second
    double p50_us = 0, p99_us = 0;
};

// `writers` threads call `one` until the time is over; one(writer, number) blocks until its work is
// durable.
template <class One>
rate run(settings const& with, std::size_t at_most, One const& one) {
    std::atomic<std::uint64_t> next_number{0};
    std::mutex mutex;
    std::vector<double> latencies;
    auto const& clock = system_wall_clock();
    auto const start = clock.monotonic();
    {
        std::vector<worker_thread> threads;
        for (int writer = 0; writer < with.writers; ++writer)
            threads.emplace_back("bench", [&, writer](std::stop_token) {
                std::vector<double> own;
                for (;;) {
                    auto const number = next_number++;
                    auto const before = clock.monotonic();
                    if (number >= at_most ||
                        std::chrono::duration<double>(before - start).count() > with.seconds)
                        break;
                    one(writer, number);
                    own.push_back(
                        std::chrono::duration<double, std::micro>(clock.monotonic() - before)
                            .count());
                }
                std::lock_guard lock(mutex);
                latencies.insert(latencies.end(), own.begin(), own.end());
            });
    }
    auto const seconds = std::chrono::duration<double>(clock.monotonic() - start).count();
    std::sort(latencies.begin(), latencies.end());
    auto const at = [&](double part) {
        return latencies.empty()
                   ? 0.0
                   : latencies[static_cast<std::size_t>(part * double(latencies.size() - 1))];
    };
    return {double(latencies.size()) / seconds, at(0.5), at(0.99)};
}

// One answer, waited for by the thread that asked.
class answer {
public:
    void set(bool good) {
        std::lock_guard lock(mutex_);
        good_ = good;
        done_ = true;
        changed_.notify_one();
    }
    void wait() {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return done_; });
        if (!good_) throw std::runtime_error("a write failed");
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    bool done_ = false, good_ = false;
};

class bench_store {
public:
    // `is_fixed`: the folder does not grow beyond the segments made ready before, as in a store that recycles.
    bench_store(settings const& with, std::uint32_t ready, bool is_fixed = false) {
        folder_ = with.folder + "/journal_bench.data";
        std::filesystem::remove_all(folder_);
        std::filesystem::create_directories(folder_);
        device_ = flash::make_best_device({.folder = folder_}).value();
        index_ = kv::index::open({.folder = folder_ + "/kv"}).value();
        journal_options options;
        if (with.tiny) options.segment_bytes = 8 * mebibyte;
        options.segments_kept_ready = ready;
        options.groups_in_flight = with.groups;
        options.overlap_bytes = with.overlap;
        if (is_fixed) {
            options.capacity_bytes = std::uint64_t{ready + 1} * options.segment_bytes;
            options.reserved_segments = 1;
        }
        store_ = journal::open(*device_, *index_, options, system_wall_clock(), system_random(),
                               may_block)
                     .value();
        while (store_->segments().statistics().ready < ready) std::this_thread::yield();
    }
    ~bench_store() {
        store_.reset();
        index_.reset();
        device_.reset();
        std::filesystem::remove_all(folder_);
    }
    // A payload, its row and its reverse entry, as an object PUT brings them.
    void commit_payload(std::uint64_t number, std::size_t bytes) {
        auto work = std::make_unique<commit>();
        auto& batch = work->mutations;
        auto const extent =
            batch.put(kv::family::payload, kv::key_space::extent(payload_id{number + 1}, 0),
                      std::string(24, '\0'));
        batch.add_slot(kv::slot::kind::location, extent.value + 8);
        auto const reverse =
            batch.put(kv::family::payload, kv::key_space::reverse_entry(segment_id{}, 0),
                      std::string(17, '\0'));
        batch.add_slot(kv::slot::kind::location, reverse.key + 1);
        batch.put_stamped(kv::family::object, "object/" + std::to_string(number),
                          std::string(100, '\0'));
        work->payloads.push_back({number + 1, 0, std::string(bytes, 'p')});
        answer done;
        work->on_done = [&](result<lsn> outcome) { done.set(outcome.has_value()); };
        store_->submit(std::move(work));
        done.wait();
    }
    void write_bulk(std::unique_ptr<bulk_frame>& frame, std::uint64_t number, std::size_t bytes) {
        frame->set(number + 1, 0, bytes);
        answer done;
        store_->write_bulk(std::move(frame), admission_class::ordinary,
                           [&](result<location> outcome, std::unique_ptr<bulk_frame> back) {
                               frame = std::move(back);
                               done.set(outcome.has_value());
                           });
        done.wait();
    }

private:
    std::string folder_;
    std::unique_ptr<flash::device> device_;
    std::unique_ptr<kv::index> index_;
    std::unique_ptr<journal> store_;
};

rate measure_rocksdb(settings const& with, std::size_t bytes, std::size_t at_most) {
    auto const folder = with.folder + "/journal_bench.peer";
    std::filesystem::remove_all(folder);
    rate measured;
    {
        test_support::rocksdb_peer peer(folder);
        std::string const value(bytes, 'p');
        measured = run(with, at_most, [&](int, std::uint64_t number) {
            if (!peer.put_sync("object/" + std::to_string(number), value))
                throw std::runtime_error("peer failed");
        });
    }
    std::filesystem::remove_all(folder);
    return measured;
}

rate measure_device(settings const& with, std::size_t at_most) {
    auto const folder = with.folder + "/journal_bench.device";
    std::filesystem::remove_all(folder);
    std::filesystem::create_directories(folder);
    rate measured;
    {
        auto device = flash::make_best_device({.folder = folder}).value();
        auto const places = with.tiny ? 16u : 1024u;
        device->create_zeroed("file", places * mebibyte, may_block).value();
        auto file = device->open("file", may_block).value();
        std::vector<flash::aligned_buffer> buffers;
        for (int i = 0; i < with.writers; ++i) buffers.emplace_back(mebibyte);
        for (auto& one : buffers) std::memset(one.data(), 'p', mebibyte);
        measured = run(with, at_most, [&](int writer, std::uint64_t number) {
            answer done;
            file->write_durable(number % places * mebibyte,
                                buffers[static_cast<std::size_t>(writer)].span(0, mebibyte),
                                [&](result<void> outcome) { done.set(outcome.has_value()); });
            done.wait();
        });
    }
    std::filesystem::remove_all(folder);
    return measured;
}

double median(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    return values[values.size() / 2];
}

struct row {
    std::string name;
    std::size_t bytes = 0;
    std::vector<rate> ours, theirs;

    double of(std::vector<rate> const& rates, double rate::* what) const {
        std::vector<double> values;
        for (auto const& one : rates) values.push_back(one.*what);
        return median(values);
    }
    double ratio() const { return of(ours, &rate::operations) / of(theirs, &rate::operations); }
};

row measure_commits(settings const& with, std::size_t bytes) {
    row measured{"commit / Put(sync)", bytes, {}, {}};
    std::size_t const at_most = with.tiny ? 50 : 1u << 30;
    for (int round = 0; round < with.rounds; ++round) {
        measured.theirs.push_back(measure_rocksdb(with, bytes, at_most));
        bench_store store(with, with.tiny ? 3 : bytes < 65536 ? 4 : 8, true);
        measured.ours.push_back(run(with, at_most, [&](int, std::uint64_t number) {
            store.commit_payload(number, bytes);
        }));
    }
    return measured;
}

row measure_bulk(settings const& with) {
    row measured{"bulk / device", mebibyte, {}, {}};
    std::size_t const at_most = with.tiny ? 20 : 1700;  // within the segments made ready
    for (int round = 0; round < with.rounds; ++round) {
        measured.theirs.push_back(measure_device(with, at_most));
        bench_store store(with, with.tiny ? 5 : 16, true);
        std::vector<std::unique_ptr<bulk_frame>> frames;
        for (int i = 0; i < with.writers; ++i) {
            frames.push_back(std::make_unique<bulk_frame>());
            std::memset(frames.back()->body().data(), 'p', mebibyte);
        }
        measured.ours.push_back(run(with, at_most, [&](int writer, std::uint64_t number) {
            store.write_bulk(frames[static_cast<std::size_t>(writer)], number, mebibyte);
        }));
    }
    return measured;
}

void report(settings const& with, std::vector<row> const& rows) {
    std::string json = "[";
    fmt::print("{:<20} {:>9} {:>12} {:>12} {:>7} {:>10} {:>10}\n", "what", "bytes", "ours op/s",
               "theirs op/s", "ratio", "p50 us", "p99 us");
    for (auto const& one : rows) {
        auto const ours = one.of(one.ours, &rate::operations),
                   theirs = one.of(one.theirs, &rate::operations);
        auto const p50 = one.of(one.ours, &rate::p50_us), p99 = one.of(one.ours, &rate::p99_us);
        fmt::print("{:<20} {:>9} {:>12.0f} {:>12.0f} {:>7.2f} {:>10.0f} {:>10.0f}\n", one.name,
                   one.bytes, ours, theirs, one.ratio(), p50, p99);
        json += fmt::format(
            "{}{{\"what\":\"{}\",\"bytes\":{},\"ours\":{:.1f},\"theirs\":{:.1f},\"ratio\":{:.3f},"
            "\"p50_us\":{:.0f},\"p99_us\":{:.0f}}}",
            json.size() > 1 ? "," : "", one.name, one.bytes, ours, theirs, one.ratio(), p50, p99);
    }
    if (!with.json.empty()) std::ofstream(with.json) << json << "]\n";
}

}  // namespace
}  // namespace sluice::journal

int main(int argument_count, char** arguments) {
    using namespace sluice::journal;
    settings with;
    CLI::App app("the journal's throughput");
    app.add_option("--folder", with.folder);
    app.add_option("--seconds", with.seconds);
    app.add_option("--writers", with.writers);
    app.add_option("--rounds", with.rounds);
    app.add_option("--sizes", with.sizes);
    app.add_option("--overlap", with.overlap, "bytes that start a group beside another");
    app.add_option("--groups", with.groups, "in flight");
    app.add_option("--json", with.json);
    app.add_flag("--tiny", with.tiny);
    CLI11_PARSE(app, argument_count, arguments);
    if (with.tiny) {
        with.rounds = 1;
        with.writers = 4;
    }
    std::vector<row> rows;
    for (auto const bytes : with.sizes)
        rows.push_back(bytes < sluice::mebibyte ? measure_commits(with, bytes) : measure_bulk(with));
    report(with, rows);
}
