// The store, put together: device, index and journal of one data folder, and what all verbs share
// above them. The verbs themselves are free functions in *_verbs.hpp and audit_log.hpp that take an
// engine&.
//
// Lifetime: the blocking pool, clocks and random source outlive the engine; the engine outlives
// every task and reader it gave out. stop() refuses new work, lets what is under way finish, stops
// the background work; the destructor calls it. Order inside: background work, caches, journal,
// index, device. Thread rule: any thread, except open and stop.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "backend/flash/device.hpp"
#include "backend/journal/journal.hpp"
#include "backend/kv/index.hpp"
#include "backend/store/limits.hpp"
#include "backend/store/store_metrics.hpp"
#include "gateway/core/blocking_token.hpp"
#include "gateway/core/clock.hpp"
#include "gateway/core/random.hpp"
#include "gateway/core/result.hpp"

namespace sluice {
class blocking_pool;
}

namespace sluice::store {

class lock_table;
class id_counters;
class payload_cache;
class payload_pins;
class frame_pool;
class audit_state;
class reaper;
class reclaimer;
class scrubber;
class log_table;
class log_upkeep;
class table_state;
class failure_reports;

struct engine_options {
    std::string folder;  // absolute path of the data folder; made if it is not there
    std::optional<flash::method> method;       // default: the best that works here
    std::uint32_t flash_queue_depth = 64;      // limits.flash_queue_depth
    std::uint32_t flash_queued_writes = 4096;  // limits.flash_queued_writes
    std::size_t memory_bytes = 512 * mebibyte; // split by split_memory
    journal::journal_options journal;
    store_limits limits;
    bool background_work = true;               // reclaim, scrub and reaping run by themselves
    // Told of damage and failures that no caller hears of, and why the store turned read-only: the
    // part that met it and what it was. Any thread; must not block.
    std::function<void(std::string_view where, failure const& what)> on_failure;
};

// Bytes of one append commit, and so of one batch: limits.store_append, or less when the journal's
// groups take less.
std::size_t append_bytes_of(engine_options const&) noexcept;

// What tests put in place of the real thing. Null members: made from the options.
struct engine_environment {
    std::unique_ptr<flash::device> device;
    std::unique_ptr<kv::index> index;
    wall_clock const* clock = nullptr;         // system_wall_clock()
    random_source* random = nullptr;           // system_random()
};

class engine {
public:
    // Recovers what a crash left. corrupt names the place; conflict: another server owns the
    // folder.
    static result<std::unique_ptr<engine>> open(engine_options, blocking_pool&, blocking_token,
                                                engine_environment = {});
    ~engine();

    // Blocks until everything submitted is done. Idempotent.
    void stop();

    // Writes are refused since a device failed; reads go on.
    bool is_read_only() const;
    std::string why_read_only() const;  // the failure; empty: it is not
    journal::recovery_report const& recovered() const;
    store_counters counters() const;

    // For the verbs of this folder, check and backup.
    // stop() waits until every one of these is gone.
    std::shared_ptr<void> use();
    store_limits const& limits() const noexcept;
    wall_clock const& clock() const noexcept;
    blocking_pool& blocking() noexcept;
    flash::device& device() noexcept;
    kv::index& index() noexcept;
    journal::journal& journal() noexcept;
    lock_table& locks() noexcept;
    id_counters& ids() noexcept;
    payload_cache& cache() noexcept;
    payload_pins& pins() noexcept;
    frame_pool& frames() noexcept;
    audit_state& audit() noexcept;
    reaper& reaping() noexcept;
    reclaimer& reclaim() noexcept;
    scrubber& scrub() noexcept;
    log_table& logs() noexcept;
    log_upkeep& upkeep() noexcept;
    random_source& random() noexcept;
    // append_bytes_of its options.
    std::size_t append_bytes() const noexcept;
    table_state& tables() noexcept;
    store_metrics& metrics() noexcept;
    failure_reports& reports() noexcept;

private:
    struct parts;
    explicit engine(std::unique_ptr<parts>);
    std::unique_ptr<parts> parts_;
};

}  // namespace sluice::store
