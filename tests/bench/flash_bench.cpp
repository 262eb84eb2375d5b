// What the device under a folder can do: synced O_DIRECT writes of 4 KiB, 64 KiB and 1 MiB at depth
// 1, 4 and 16 for each method. Prints a table; --json FILE writes the same numbers. Not a test of
// speed: ctest runs it tiny, so that it cannot rot.
//
//   flash_bench --folder DIR [--seconds S] [--json FILE] [--tiny]
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <condition_variable>
#include <cstring>
#include <fstream>
#include <mutex>
#include <stdexcept>
#include <vector>

#include "backend/flash/aligned_buffer.hpp"
#include "backend/flash/device.hpp"
#include "gateway/core/clock.hpp"

namespace sluice::flash {
namespace {

auto const may_block = blocking_token::for_this_thread();

struct settings {
    std::string folder = ".";
    std::string json;
    double seconds = 1.0;
    bool tiny = false;
};

struct measurement {
    std::string_view method;
    std::size_t bytes = 0;
    std::size_t depth = 0;
    std::size_t writes = 0;
    double seconds = 0;
    double p50_us = 0;
    double p99_us = 0;

    double writes_per_second() const { return double(writes) / seconds; }
    double mib_per_second() const { return writes_per_second() * double(bytes) / double(mebibyte); }
};

// Keeps `depth` writes in flight for a while; each next one goes to the next place of the file,
// around.
class load {
public:
    load(file& target, std::uint64_t file_bytes, std::size_t bytes, std::size_t depth)
        : target_(target), places_(file_bytes / bytes), bytes_(bytes), depth_(depth),
          buffer_(bytes) {
        std::memset(buffer_.data(), 0xa5, bytes);
    }

    measurement run(double seconds, std::size_t at_most) {
        auto const& clock = system_wall_clock();
        auto start = clock.monotonic();
        std::unique_lock lock(mutex_);
        for (std::size_t issued = 0;;) {
            changed_.wait(lock, [this] { return in_flight_ < depth_; });
            auto now = clock.monotonic();
            bool over = std::chrono::duration<double>(now - start).count() >= seconds;
            if (over || issued == at_most) break;
            ++in_flight_;
            auto offset = issued++ % places_ * bytes_;
            lock.unlock();
            target_.write_durable(offset, buffer_.span(0, bytes_),
                                  [this, now](result<void> done) { completed(now, done); });
            lock.lock();
        }
        changed_.wait(lock, [this] { return in_flight_ == 0; });
        std::chrono::duration<double> elapsed = clock.monotonic() - start;
        std::sort(micros_.begin(), micros_.end());
        return {.bytes = bytes_, .depth = depth_, .writes = micros_.size(),
                .seconds = elapsed.count(), .p50_us = quantile(0.5), .p99_us = quantile(0.99)};
    }

private:
    void completed(monotonic_time since, result<void> const& done) {
        done.value();
        std::chrono::duration<double, std::micro> took = system_wall_clock().monotonic() - since;
        std::lock_guard guard(mutex_);
        micros_.push_back(took.count());
        --in_flight_;
        changed_.notify_all();
    }
    double quantile(double part) const {
        return micros_.empty() ? 0 : micros_[std::size_t(double(micros_.size() - 1) * part)];
    }

    file& target_;
    std::size_t const places_, bytes_, depth_;
    aligned_buffer buffer_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::size_t in_flight_ = 0;
    std::vector<double> micros_;
};

std::vector<measurement> measure(method chosen, settings const& wanted) {
    auto made = make_device(chosen, {.folder = wanted.folder, .worker_threads = 16});
    if (made.has_error()) {
        fmt::print("skipped: {}\n", made.error().describe());
        return {};
    }
    auto& device = *made.value();
    std::string const name = "flash_bench.data";
    std::uint64_t const file_bytes = wanted.tiny ? 16 * mebibyte : 128 * mebibyte;
    device.create_zeroed(name, file_bytes, may_block).value();
    auto target = device.open(name, may_block).value();
    std::vector<measurement> all;
    for (std::size_t bytes : {4 * kibibyte, 64 * kibibyte, mebibyte}) {
        for (std::size_t depth : {1, 4, 16}) {
            if (chosen == method::sync && depth > 1) continue;  // it writes inside the call
            load one(*target, file_bytes, bytes, depth);
            auto result = one.run(wanted.seconds, wanted.tiny ? 8 : SIZE_MAX);
            result.method = device.method_name();
            fmt::print("{:<9} {:>6} KiB {:>5} {:>9.0f} {:>9.1f} {:>9.0f} {:>9.0f}\n", result.method,
                       bytes / kibibyte, depth, result.writes_per_second(),
                       result.mib_per_second(), result.p50_us, result.p99_us);
            all.push_back(result);
        }
    }
    target.reset();
    device.remove(name, may_block).value();
    return all;
}

void write_json(std::string const& path, std::vector<measurement> const& all) {
    std::ofstream out(path);
    out << "[\n";
    for (std::size_t i = 0; i < all.size(); ++i) {
        auto const& m = all[i];
        out << fmt::format(R"(  {{"method": "{}", "bytes": {}, "depth": {}, "writes": {}, )"
                           R"("seconds": {:.3f}, "writes_per_second": {:.1f}, )"
                           R"("mib_per_second": {:.2f}, "p50_us": {:.1f}, "p99_us": {:.1f}}}{})",
                           m.method, m.bytes, m.depth, m.writes, m.seconds, m.writes_per_second(),
                           m.mib_per_second(), m.p50_us, m.p99_us,
                           i + 1 < all.size() ? ",\n" : "\n");
    }
    out << "]\n";
    out.flush();
    if (!out) throw std::runtime_error("cannot write " + path);
}

int run(int count, char** words) {
    settings wanted;
    CLI::App app("synced write throughput of the flash methods");
    app.add_option("--folder", wanted.folder, "where to write")->required();
    app.add_option("--seconds", wanted.seconds, "per line of the table");
    app.add_option("--json", wanted.json, "file for the numbers");
    app.add_flag("--tiny", wanted.tiny, "eight writes per line");
    CLI11_PARSE(app, count, words);
    fmt::print("{:<9} {:>10} {:>5} {:>9} {:>9} {:>9} {:>9}\n", "method", "size", "depth",
               "writes/s", "MiB/s", "p50 us", "p99 us");
    std::vector<measurement> all;
    for (auto chosen : {method::sync, method::worker, method::io_uring}) {
        auto some = measure(chosen, wanted);
        all.insert(all.end(), some.begin(), some.end());
    }
    if (!wanted.json.empty()) write_json(wanted.json, all);
    return all.empty() ? 1 : 0;
}

}  // namespace
}  // namespace sluice::flash

int main(int count, char** words) {
    try {
        return sluice::flash::run(count, words);
    } catch (std::exception const& wrong) {
        fmt::print(stderr, "flash_bench: {}\n", wrong.what());
        return 1;
    }
}
