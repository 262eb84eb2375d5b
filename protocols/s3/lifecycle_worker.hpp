// What carries lifecycle rules out: now and then it walks the buckets that have some, page by page,
// and removes what is due, as the server itself ("__system" in the audit log, operation
// LifecycleExpiration). It remembers nothing between passes and a pass is idempotent, so a crash costs
// at most the time until the next one.
//
// What was listed may have changed when it is removed: an object goes only if it is still the one
// that was judged (ETag, size, time), else it is left for the next pass. What the store refuses to
// erase (retention) is left alone until then too. Low priority: it rests several times as long as
// each page took.
//
// Thread rule: run and run_once on one executor, one at a time; counters from any thread. Lifetime:
// the guard, the clock and the options outlive it, and it outlives its run.
#pragma once

#include <atomic>

#include "auth/guard/guard.hpp"
#include "gateway/core/failure_news.hpp"
#include "gateway/core/task.hpp"
#include "protocols/s3/model/lifecycle_walk.hpp"
#include "protocols/s3/s3_options.hpp"

namespace sluice::s3 {

struct lifecycle_options {
    std::chrono::milliseconds interval = std::chrono::hours(1);  // between two passes
    // The first pass after a start does not wait longer.
    std::chrono::milliseconds first_wait = std::chrono::minutes(1);
    std::uint32_t bucket_page = 16;  // buckets, with their settings, in memory
    std::uint32_t page = 500;        // versions or uploads, at most limits.list_page
    unsigned rest_factor = 4;        // rests so many times as long as it worked
    std::chrono::milliseconds least_rest{2};
    std::chrono::milliseconds longest_rest{1000};
};

struct lifecycle_counters {
    std::uint64_t expired = 0;   // newest versions that went or were hidden
    std::uint64_t erased = 0;    // noncurrent versions and delete markers
    std::uint64_t aborted = 0;   // uploads
    std::uint64_t refused = 0;   // removals that the store did not do
    std::uint64_t seen = 0;      // versions and uploads that were looked at
    std::uint64_t passes = 0;    // that came to their end
    unix_millis last_pass{};     // its end; 0: none yet
};

class lifecycle_worker {
public:
    // `who`: the server itself (auth/guard/system_caller.hpp).
    lifecycle_worker(auth::guard& guard, auth::caller who, wall_clock const& clock,
                     s3_options const& front, lifecycle_options options = {});

    // Until it is cancelled.
    task<void> run();
    // One pass over all buckets. cancelled; else what kept some bucket from being walked to its end,
    // the others are walked all the same.
    task<result<void>> run_once();

    lifecycle_counters counters() const noexcept;

private:
    task<result<void>> walk_bucket(store::bucket_info bucket);
    task<result<void>> walk_objects(std::string bucket, lifecycle_rules const& rules,
                                    lifecycle_scope const& scope);
    task<result<void>> walk_uploads(std::string bucket, lifecycle_rules const& rules,
                                    lifecycle_scope const& scope);
    task<result<void>> remove(std::string bucket, std::vector<lifecycle_walk::removal> due);
    task<result<void>> abort(std::string bucket, store::upload_info upload);
    task<result<void>> rest(monotonic_time since);
    void count(lifecycle_walk::removal const& what, auth::guarded<store::deletion> const& outcome);

    auth::guard& guard_;
    auth::caller who_;
    wall_clock const& clock_;
    s3_options const& front_;
    lifecycle_options const options_;
    failure_news news_;
    std::atomic<std::uint64_t> expired_{0}, erased_{0}, aborted_{0}, refused_{0}, seen_{0};
    std::atomic<std::uint64_t> passes_{0};
    std::atomic<std::int64_t> last_pass_{0};
};

}  // namespace sluice::s3
