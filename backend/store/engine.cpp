#include "backend/store/engine.hpp"

#include <condition_variable>
#include <filesystem>
#include <mutex>

#include "backend/store/audit_log.hpp"
#include "backend/store/audit_state.hpp"
#include "backend/store/failure_reports.hpp"
#include "backend/store/frame_pool.hpp"
#include "backend/store/id_counters.hpp"
#include "backend/store/index_read.hpp"
#include "backend/store/lock_table.hpp"
#include "backend/store/log_read.hpp"
#include "backend/store/log_table.hpp"
#include "backend/store/log_upkeep.hpp"
#include "backend/store/memory_budget.hpp"
#include "backend/store/payload_cache.hpp"
#include "backend/store/payload_pins.hpp"
#include "backend/store/reaper.hpp"
#include "backend/store/reclaimer.hpp"
#include "backend/store/scrubber.hpp"
#include "backend/store/table_state.hpp"
#include "gateway/core/assert.hpp"
#include "gateway/core/blocking_pool.hpp"

namespace sluice::store {
namespace {

// Counts readers and opened objects, so that stop() can wait for them.
class use_count {
public:
    void begin() {
        std::scoped_lock guard(mutex_);
        ++count_;
    }
    void end() {
        std::scoped_lock guard(mutex_);
        if (--count_ == 0) idle_.notify_all();
    }
    void wait_idle() {
        std::unique_lock guard(mutex_);
        idle_.wait(guard, [this] { return count_ == 0; });
    }

private:
    std::mutex mutex_;
    std::condition_variable idle_;
    std::uint64_t count_ = 0;
};

}  // namespace

// Destroyed from the last member up: the journal goes before everything that its completions touch,
// and after the background work.
struct engine::parts {
    parts(engine_options given, blocking_pool& pool, engine_environment environment)
        : options(std::move(given)),
          pool(pool),
          clock(environment.clock != nullptr ? *environment.clock : system_wall_clock()),
          random(environment.random != nullptr ? *environment.random : system_random()),
          reports(options.on_failure, clock),
          split(split_memory(options.memory_bytes)),
          frames(std::min<std::size_t>(options.limits.payload_frames_total,
                                       std::max<std::size_t>(split.buffer_bytes / mebibyte, 2)),
                 options.limits.payload_frames_in_flight, options.limits.payload_read_bytes, metrics),
          locks({64, options.limits.locks, options.limits.lock_waiters}, &metrics),
          cache(split.payload_cache_bytes),
          device(std::move(environment.device)),
          index(std::move(environment.index)) {}

    engine_options const options;
    blocking_pool& pool;
    wall_clock const& clock;
    random_source& random;
    failure_reports reports;
    memory_split const split;
    store_metrics metrics;
    use_count uses;
    frame_pool frames;
    lock_table locks;
    payload_cache cache;
    payload_pins pins;
    std::unique_ptr<reaper> reaping;
    std::unique_ptr<audit_state> audit;
    log_table logs;
    std::unique_ptr<flash::device> device;
    std::unique_ptr<kv::index> index;
    std::unique_ptr<journal::journal> log;
    std::unique_ptr<id_counters> ids;
    std::unique_ptr<reclaimer> reclaim;
    std::unique_ptr<scrubber> scrub;
    std::unique_ptr<log_upkeep> upkeep;
    std::unique_ptr<table_state> tables;
    bool stopped = false;
};

namespace {

result<void> make_folder(std::string const& folder) {
    std::error_code code;
    std::filesystem::create_directories(folder, code);
    if (code) return failure{error::io_failed, folder + ": " + code.message()};
    return success();
}

}  // namespace

engine::engine(std::unique_ptr<parts> made) : parts_(std::move(made)) {}

result<std::unique_ptr<engine>> engine::open(engine_options options, blocking_pool& pool,
                                             blocking_token token, engine_environment environment) {
    auto made = std::make_unique<parts>(std::move(options), pool, std::move(environment));
    auto& all = *made;
    if (!all.device || !all.index) {
        SLUICE_CHECK(make_folder(all.options.folder));
    }
    if (!all.device) {
        flash::device_options wanted;
        wanted.folder = all.options.folder;
        wanted.queue_depth = all.options.flash_queue_depth;
        wanted.queued_writes = all.options.flash_queued_writes;
        SLUICE_TRY(all.device, all.options.method ? flash::make_device(*all.options.method, wanted)
                                                  : flash::make_best_device(wanted));
    }
    if (!all.index) {
        kv::index_options wanted;
        wanted.folder = all.options.folder + "/kv";
        wanted.block_cache_bytes = all.split.block_cache_bytes;
        wanted.memtable_bytes = all.split.memtable_bytes;
        SLUICE_TRY(all.index, kv::index::open(wanted));
    }
    auto of_journal = all.options.journal;
    of_journal.on_read_only = [&all](failure const& why) { all.reports.tell("journal", why); };
    SLUICE_TRY(all.log, journal::journal::open(*all.device, *all.index, of_journal, all.clock,
                                               all.random, token));
    index_view const view{*all.index, all.log->published(), kv::read_tier::may_block};
    SLUICE_TRY(auto audit, read_partition_state(view, audit_dataset, partition_index{0}));
    all.audit = std::make_unique<audit_state>(std::move(audit), all.clock);
    SLUICE_CHECK(all.logs.load(view, all.audit->partition()));
    auto close = [audit = all.audit.get()](std::vector<std::string> const& records, lsn at,
                                           journal::commit& into) {
        audit->close_group(records, at, into);
    };
    all.log->set_group_closer(std::move(close));
    SLUICE_TRY(all.ids, id_counters::open(*all.log, *all.index, token));
    std::unique_ptr<engine> opened(new engine(std::move(made)));
    all.reaping = std::make_unique<reaper>(*opened);
    all.reclaim = std::make_unique<reclaimer>(*opened);
    all.scrub = std::make_unique<scrubber>(*opened);
    all.upkeep = std::make_unique<log_upkeep>(*opened);
    all.tables = std::make_unique<table_state>(*opened);
    if (all.options.background_work) {
        all.reaping->start();
        all.reclaim->start();
        all.scrub->start();
        all.upkeep->start();
        all.tables->eraser().start();
    }
    return opened;
}

engine::~engine() {
    stop();
}

void engine::stop() {
    auto& all = *parts_;
    if (std::exchange(all.stopped, true)) return;
    if (all.upkeep) all.upkeep->stop();
    if (all.tables) all.tables->eraser().stop();
    if (all.scrub) all.scrub->stop();
    if (all.reclaim) all.reclaim->stop();
    if (all.reaping) all.reaping->stop();
    all.logs.give_up_waiters(error::cancelled);
    all.uses.wait_idle();
    all.log.reset();   // waits for what was submitted
}

std::shared_ptr<void> engine::use() {
    auto& uses = parts_->uses;
    uses.begin();
    // Shared by whoever the holder shares itself with.
    return {&uses, [](void* count) { static_cast<use_count*>(count)->end(); }};
}

bool engine::is_read_only() const { return parts_->log->is_read_only(); }
std::string engine::why_read_only() const { return parts_->log->why_read_only(); }
journal::recovery_report const& engine::recovered() const { return parts_->log->recovered(); }
store_limits const& engine::limits() const noexcept { return parts_->options.limits; }
wall_clock const& engine::clock() const noexcept { return parts_->clock; }
blocking_pool& engine::blocking() noexcept { return parts_->pool; }
flash::device& engine::device() noexcept { return *parts_->device; }
kv::index& engine::index() noexcept { return *parts_->index; }
journal::journal& engine::journal() noexcept { return *parts_->log; }
lock_table& engine::locks() noexcept { return parts_->locks; }
id_counters& engine::ids() noexcept { return *parts_->ids; }
payload_cache& engine::cache() noexcept { return parts_->cache; }
payload_pins& engine::pins() noexcept { return parts_->pins; }
frame_pool& engine::frames() noexcept { return parts_->frames; }
audit_state& engine::audit() noexcept { return *parts_->audit; }
reaper& engine::reaping() noexcept { return *parts_->reaping; }
reclaimer& engine::reclaim() noexcept { return *parts_->reclaim; }
scrubber& engine::scrub() noexcept { return *parts_->scrub; }
log_table& engine::logs() noexcept { return parts_->logs; }
log_upkeep& engine::upkeep() noexcept { return *parts_->upkeep; }
random_source& engine::random() noexcept { return parts_->random; }

std::size_t engine::append_bytes() const noexcept { return append_bytes_of(parts_->options); }

std::size_t append_bytes_of(engine_options const& options) noexcept {
    auto const& journal = options.journal;
    // What a commit group takes (journal/ordering), less what its mutations may be.
    auto const group = std::min<std::size_t>(
        std::max<std::size_t>(journal.group_bytes, 2 * mebibyte), journal.segment_bytes);
    auto const most = group - std::min<std::size_t>(group / 2, 768 * kibibyte);
    return std::min(options.limits.append_bytes, most);
}

table_state& engine::tables() noexcept { return *parts_->tables; }
store_metrics& engine::metrics() noexcept { return parts_->metrics; }
failure_reports& engine::reports() noexcept { return parts_->reports; }

store_counters engine::counters() const {
    auto const& from = parts_->metrics;
    auto const get = [](std::atomic<std::uint64_t> const& one) {
        return one.load(std::memory_order_relaxed);
    };
    store_counters all;
    all.objects_put = get(from.objects_put);
    all.objects_deleted = get(from.objects_deleted);
    all.objects_opened = get(from.objects_opened);
    all.events_without_topic = get(from.events_without_topic);
    all.payload_bytes_in = get(from.payload_bytes_in);
    all.payload_bytes_out = get(from.payload_bytes_out);
    all.index_reads_from_memory = get(from.index_reads_from_memory);
    all.index_reads_blocking = get(from.index_reads_blocking);
    all.cache_hits = get(from.cache_hits);
    all.cache_misses = get(from.cache_misses);
    all.cache_bytes = parts_->cache.bytes();
    all.listing_steps = get(from.listing_steps);
    all.frames_in_use = get(from.frames_in_use);
    all.frames_in_use_peak = get(from.frames_in_use_peak);
    all.locks_held = parts_->locks.held();
    all.lock_waits = get(from.lock_waits);
    all.lock_deadlocks = get(from.lock_deadlocks);
    all.lock_timeouts = get(from.lock_timeouts);
    all.reclaim_segments = get(from.reclaim_segments);
    all.reclaim_bytes_moved = get(from.reclaim_bytes_moved);
    all.reclaim_moves_lost = get(from.reclaim_moves_lost);
    all.reaped_payloads = get(from.reaped_payloads);
    all.scrub_segments = get(from.scrub_segments);
    all.scrub_bytes = get(from.scrub_bytes);
    all.scrub_corrupt = get(from.scrub_corrupt);
    return all;
}

}  // namespace sluice::store
