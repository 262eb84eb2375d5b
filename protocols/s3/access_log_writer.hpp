// Access logs of buckets (S3 user guide, "Logging requests with server access logging"): the lines of
// answered requests are gathered in memory and now and then put as objects into the buckets that are
// set up for it, as the server itself ("__system" in the audit log, operation ServerAccessLog).
//
// Best effort, as in S3: what was gathered and not written yet is lost by a crash, lines beyond the
// bound are counted as lost and not kept, and so are those whose bucket is gone or has another owner
// than the one that is logged. The record that is durable with each request is the audit log's.
//
// Thread rule: add, wants and counters from any thread; run, refresh and flush on one executor, one
// at a time. Lifetime: the guard, the clock, the random source and the options outlive it, and it
// outlives its run and every session.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>

#include "auth/guard/guard.hpp"
#include "gateway/core/failure_news.hpp"
#include "gateway/core/random.hpp"
#include "gateway/core/task.hpp"
#include "protocols/s3/access_log_sink.hpp"
#include "protocols/s3/s3_options.hpp"

namespace sluice::s3 {

struct access_log_options {
    // Lines wait so long, where their bucket's configuration says no other time.
    std::chrono::milliseconds interval = std::chrono::minutes(5);
    std::size_t bytes = 4 * mebibyte;  // gathered and being written; at half of it writing begins
    // How often it looks whether there is something to do before the interval is over.
    std::chrono::milliseconds look_every{200};
    std::uint32_t bucket_page = 16;    // buckets, with their settings, in memory
    std::size_t logged_buckets = 10'000;
};

struct access_log_counters {
    std::uint64_t lines = 0;    // written
    std::uint64_t lost = 0;     // lines
    std::uint64_t objects = 0;
    std::uint64_t bytes = 0;    // in memory now
};

class access_log_writer final : public access_log_sink {
public:
    // `who`: the server itself (auth/guard/system_caller.hpp).
    access_log_writer(auth::guard& guard, auth::caller who, wall_clock const& clock,
                      random_source& random, s3_options const& front,
                      access_log_options options = {});

    bool is_on() const noexcept override { return is_on_.load(std::memory_order_acquire); }
    bool wants(std::string_view bucket) const noexcept override;
    void add(access_log_entry entry) noexcept override;
    void reconfigured() noexcept override { stale_.store(true, std::memory_order_release); }

    // Until it is cancelled; then flush() writes what is left.
    task<void> run();
    // Learns which buckets are logged.
    task<result<void>> refresh();
    // Writes what was gathered; says what kept some of it from being written.
    task<result<void>> flush();

    access_log_counters counters() const noexcept;

private:
    struct source {
        std::string owner;  // canonical id
        principal_id owner_id{};
        access_log_target target;
    };
    using sources = std::map<std::string, source, std::less<>>;
    // One log object: a bucket's lines, of one day where the names ask for that.
    struct batch {
        source from;
        unix_millis event{};
        monotonic_time due{};
        std::string lines;
        std::uint64_t count = 0;
    };
    using batch_name = std::pair<std::string, std::int64_t>;
    using batches = std::map<batch_name, batch>;

    std::shared_ptr<sources const> current() const noexcept;
    bool is_filling() const noexcept;
    void lose(std::uint64_t lines) noexcept { lost_.fetch_add(lines, std::memory_order_relaxed); }
    std::chrono::milliseconds wait_of(access_log_target const& target) const;
    batches take(monotonic_time due);
    task<result<void>> write_all(batches taken);
    task<result<void>> write(std::string bucket, batch const& what);
    void tell(failure const& what);

    auth::guard& guard_;
    auth::caller who_;
    wall_clock const& clock_;
    random_source& random_;
    s3_options const& front_;
    access_log_options const options_;
    failure_news news_;

    std::atomic<bool> is_on_{false}, stale_{true};
    mutable std::mutex mutex_;
    std::shared_ptr<sources const> sources_;  // shared with those who look something up in it
    batches batches_;
    std::size_t bytes_ = 0;
    std::atomic<std::uint64_t> lines_{0}, lost_{0}, objects_{0};
};

}  // namespace sluice::s3
