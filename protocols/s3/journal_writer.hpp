// Writes the journals of buckets out (Ceph's bucket logging of the type Journal): the records that
// changes of objects left in a bucket's journal, in their commits, become objects in the bucket that
// is set up for it. An object is put and its records leave the journal in one commit, so that each
// record is in exactly one object, whenever the server ends.
//
// Records whose bucket is gone wait, and so do those behind them, until it is back or the logged
// bucket names another one, which gets them then; a full journal refuses changes (limits of the
// store). Only when the logged bucket is gone as well, or has no journal any more, they are given
// up, counted and logged. The journal of a bucket that is gone is dropped once it is empty.
//
// Acts as the server itself ("__system" in the audit log, operation ServerAccessLog). Thread rule:
// run and pass on one executor, one at a time; reconfigured and counters from any thread. Lifetime:
// the guard, the clock, the random source and the options outlive it, and it outlives its run and
// every session.
#pragma once

#include <atomic>
#include <map>
#include <string>

#include "auth/guard/guard.hpp"
#include "gateway/core/failure_news.hpp"
#include "gateway/core/random.hpp"
#include "gateway/core/task.hpp"
#include "protocols/s3/access_log_sink.hpp"
#include "protocols/s3/s3_options.hpp"

namespace sluice::s3 {

struct journal_options {
    // Records wait so long, where their bucket's configuration says no other time.
    std::chrono::milliseconds interval = std::chrono::minutes(5);
    std::chrono::milliseconds look_every{200};
    std::chrono::milliseconds retry_after{10'000};
    std::size_t object_bytes = 4 * mebibyte;  // read of a journal for one object
    std::int64_t object_records = 10'000;     // so many are written at once
};

struct journal_counters {
    std::uint64_t records = 0;  // written out
    std::uint64_t lost = 0;     // given up
    std::uint64_t objects = 0;
};

class journal_writer final : public journal_trigger {
public:
    // `who`: the server itself (auth/guard/system_caller.hpp).
    journal_writer(auth::guard& guard, auth::caller who, wall_clock const& clock,
                   random_source& random, s3_options const& front, journal_options options = {});

    // All that waits is written out at the next look, as Ceph does when a configuration changes.
    void reconfigured() noexcept override { flushes_.store(true, std::memory_order_release); }

    // Until it is cancelled.
    task<void> run();
    // One look at all journals. `all`: writes out what is not due yet, and drops journals of buckets
    // that are gone. Says what kept some journal from being written, the others are all the same.
    task<result<void>> pass(bool all);

    journal_counters counters() const noexcept;

private:
    // A journal's first records, of one target and, where its names ask for that, of one day.
    struct batch {
        access_log_target target;
        principal_id owner{};
        unix_millis first{};
        log_offset from{};
        log_offset end{};
        std::int64_t count = 0;
        std::string lines;
        bool is_whole = false;  // no later record could join it
    };
    // What is known of a journal that is not due.
    struct wait {
        log_offset from{};
        monotonic_time until{};
    };

    task<result<void>> write_out(auth::guarded_logs::journal journal, bool all);
    task<result<batch>> read(std::string const& name, log_offset from);
    bool is_due(std::string const& name, batch const& what);
    task<result<void>> put(std::string const& name, access_log_target const& target,
                           batch const& what);
    task<result<void>> put_elsewhere(std::string const& name, batch const& what, failure why);
    task<result<void>> give_up(std::string const& name, batch const& what, failure why);
    task<result<void>> drop_if_left(std::string const& name);
    void tell(failure const& what);

    auth::guard& guard_;
    auth::caller who_;
    wall_clock const& clock_;
    random_source& random_;
    s3_options const& front_;
    journal_options const options_;
    failure_news news_;
    std::map<std::string, wait> waits_;
    std::atomic<bool> flushes_{true};
    std::atomic<std::uint64_t> records_{0}, lost_{0}, objects_{0};
};

}  // namespace sluice::s3
