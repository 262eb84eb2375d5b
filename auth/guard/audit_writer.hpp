// How decisions become durable records: own records at once, reads and strangers' failures as
// counts, given-up writes through a bounded outbox, the latter three written together by flush().
// Nothing is lost when a flush fails: it stays counted and is tried again. Thread-safe; the engine
// outlives it.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "auth/audit/audit_record.hpp"
#include "auth/audit/failure_counts.hpp"
#include "auth/audit/read_counts.hpp"
#include "auth/guard/guard_options.hpp"
#include "gateway/core/task.hpp"

namespace sluice::store {
class engine;
}

namespace sluice::auth {

class audit_writer {
public:
    audit_writer(guard_options const& options, store::engine& engine, wall_clock const& clock);

    // Durable when it returns. Splits what is more than one commit may carry.
    task<result<void>> append(std::vector<std::string> records);

    // Counted, or overloaded after guard_options::counted_read_wait without a free place.
    task<result<void>> count_read(read_counts::reader who, action verb, resource_kind kind,
                                  std::string_view dataset, rule_id rule);
    // False: there is no free place.
    bool count_read_at_once(read_counts::reader const& who, action verb, resource_kind kind,
                            std::string_view dataset, rule_id rule) {
        return reads_.count(who, verb, kind, dataset, rule, clock_.now());
    }
    failure_counts& failures() noexcept { return failures_; }

    // A place for a write under way, so that its end can always be recorded. False: all are taken.
    [[nodiscard]] bool reserve_write();
    void release_write();
    // Instead of release_write(): the place stays taken until the record is durable.
    void record_abandoned(audit_record record);

    task<result<void>> flush();

    std::uint64_t records_written() const noexcept {
        return written_.load(std::memory_order_relaxed);
    }

private:
    task<result<void>> flush_reads();
    task<result<void>> flush_failures();
    task<result<void>> flush_abandoned();

    store::engine& engine_;
    wall_clock const& clock_;
    std::chrono::milliseconds const read_wait_;
    std::size_t const writes_;
    read_counts reads_;
    failure_counts failures_;
    std::mutex mutex_;
    std::vector<audit_record> abandoned_;
    std::size_t writes_under_way_ = 0;
    std::atomic<std::uint64_t> written_{0};
};

}  // namespace sluice::auth
