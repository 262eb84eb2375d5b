#include "gateway/daemon/server_metrics.hpp"

#include <sys/statvfs.h>
#include <unistd.h>

#include <fstream>
#include <functional>
#include <mutex>
#include <vector>

#include "auth/guard/guard.hpp"
#include "backend/store/engine.hpp"
#include "backend/store/scrubber.hpp"
#include "gateway/core/blocking_pool.hpp"
#include "gateway/net/listener.hpp"
#include "protocols/s3/access_log_writer.hpp"
#include "protocols/s3/journal_writer.hpp"
#include "protocols/s3/lifecycle_worker.hpp"
#include "protocols/sql/execute/session_context.hpp"

namespace sluice::gateway {
namespace {

// A module's own ever-growing number as a Prometheus counter.
class mirrored_counter {
public:
    explicit mirrored_counter(counter target) : target_(target) {}
    void follow(std::uint64_t value) {
        if (value > seen_) target_.add(static_cast<double>(value - seen_));
        seen_ = std::max(seen_, value);
    }

private:
    counter target_;
    std::uint64_t seen_ = 0;
};

double resident_bytes() {
    std::uint64_t total = 0, resident = 0;
    std::ifstream("/proc/self/statm") >> total >> resident;
    return static_cast<double>(resident) * static_cast<double>(::sysconf(_SC_PAGESIZE));
}

}  // namespace

class server_metrics::state {
public:
    explicit state(metrics& page) : page_(page) {}

    void refresh() {
        std::lock_guard const lock(mutex_);
        for (auto const& each : refreshes_) each();
    }
    void add(std::function<void()> refresh) {
        std::lock_guard const lock(mutex_);
        refreshes_.push_back(std::move(refresh));
    }
    void clear() {
        std::lock_guard const lock(mutex_);
        refreshes_.clear();
    }
    metrics& page() noexcept { return page_; }

    gauge make_gauge(char const* name, char const* help, metric_labels labels = {}) {
        return page_.make_gauge(name, help, std::move(labels));
    }
    mirrored_counter make_counter(char const* name, char const* help, metric_labels labels = {}) {
        return mirrored_counter(page_.make_counter(name, help, std::move(labels)));
    }

private:
    metrics& page_;
    std::mutex mutex_;
    std::vector<std::function<void()>> refreshes_;
};

server_metrics::server_metrics(metrics& page) : state_(std::make_shared<state>(page)) {
    page.before_exposition([shared = state_] { shared->refresh(); });
}

server_metrics::~server_metrics() { forget_all(); }
void server_metrics::forget_all() { state_->clear(); }

void server_metrics::watch_process(std::string data_folder) {
    auto const memory = state_->make_gauge("sluice_process_resident_bytes", "Memory of the process.");
    auto const free = state_->make_gauge("sluice_store_free_bytes", "Free space of the data folder's file system.");
    state_->add([=, folder = std::move(data_folder)] {
        memory.set(resident_bytes());
        struct statvfs about {};
        if (::statvfs(folder.c_str(), &about) == 0)
            free.set(static_cast<double>(about.f_bavail) * static_cast<double>(about.f_frsize));
    });
}

void server_metrics::watch(listener const& port) {
    metric_labels const label{{"port", port.name()}};
    auto const open = state_->make_gauge("sluice_net_connections", "Open connections.", label);
    auto accepted = state_->make_counter("sluice_net_connections_accepted_total", "Connections taken.", label);
    auto refused = state_->make_counter("sluice_net_connections_refused_total", "Connections over a limit.", label);
    auto handshakes = state_->make_counter("sluice_net_tls_handshakes_failed_total", "TLS handshakes that failed.", label);
    auto errors = state_->make_counter("sluice_net_accept_errors_total", "Times that accepting failed.", label);
    auto escaped = state_->make_counter("sluice_net_connection_exceptions_total",
                                        "Connections ended by an exception: a defect of the server.", label);
    state_->add([=, &port]() mutable {
        auto const now = port.counters();
        open.set(static_cast<double>(now.open));
        accepted.follow(now.accepted);
        refused.follow(now.refused);
        handshakes.follow(now.handshakes_failed);
        errors.follow(now.accept_errors);
        escaped.follow(now.escaped_exceptions);
    });
}

void server_metrics::watch(blocking_pool const& pool, char const* name) {
    metric_labels const label{{"pool", name}};
    auto const queued = state_->make_gauge("sluice_core_blocking_queued", "Work that waits for a blocking thread.", label);
    auto const running = state_->make_gauge("sluice_core_blocking_running", "Blocking threads at work.", label);
    state_->add([=, &pool] {
        queued.set(static_cast<double>(pool.queued()));
        running.set(static_cast<double>(pool.running()));
    });
}

void server_metrics::watch(sql::engine_use const& read_engine) {
    auto const make = [this](char const* executor) {
        return state_->make_counter("sluice_sql_queries_total", "Queries that are no reads by key, by who ran them.",
                                    {{"executor", executor}});
    };
    auto engine = make("engine"), native = make("native"), declined = make("native_declined");
    state_->add([=, &read_engine]() mutable {
        engine.follow(read_engine.statements.load(std::memory_order_relaxed));
        native.follow(read_engine.native.load(std::memory_order_relaxed));
        declined.follow(read_engine.declined.load(std::memory_order_relaxed));
    });
}

std::function<void(journal::finished_group const&)> server_metrics::journal_groups() {
    auto& page = state_->page();
    auto const seconds = page.make_histogram("sluice_journal_write_seconds",
                                             "Time of one synced write of a commit group.");
    auto const commits = page.make_histogram("sluice_journal_group_commits", "Commits of one synced write.", {},
                                             {1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024});
    auto const bytes = page.make_histogram(
        "sluice_journal_group_size_bytes", "Bytes of one synced write.", {},
        {4 * kibibyte, 16 * kibibyte, 64 * kibibyte, 256 * kibibyte, mebibyte, 4.0 * mebibyte});
    return [=](journal::finished_group const& group) {
        seconds.observe(std::chrono::duration<double>(group.took).count());
        commits.observe(static_cast<double>(group.commits));
        bytes.observe(static_cast<double>(group.bytes));
    };
}

void server_metrics::watch(store::engine& engine) {
    struct row {
        mirrored_counter to;
        std::uint64_t journal::journal_statistics::*from;
    };
    using of = journal::journal_statistics;
    auto const make = [this](char const* name, char const* help) { return state_->make_counter(name, help); };
    std::vector<row> rows{
        {make("sluice_journal_groups_total", "Synced writes of commit groups."), &of::groups},
        {make("sluice_journal_group_bytes_total", "Bytes of commit groups."), &of::group_bytes},
        {make("sluice_journal_commits_total", "Commits."), &of::commits},
        {make("sluice_journal_bulk_bytes_total", "Bytes of the bulk lane."), &of::bulk_bytes},
        {make("sluice_journal_refused_commits_total", "Commits refused for lack of space or room."), &of::refused_commits},
        {make("sluice_journal_segment_waits_total", "Times that a lane waited for a segment."), &of::segment_waits},
        {make("sluice_journal_index_flushes_total", "Flushes of the index."), &of::index_flushes},
    };
    auto const queued = state_->make_gauge("sluice_journal_queued_bytes", "Bytes that wait for the journal.");
    auto const unflushed = state_->make_gauge("sluice_journal_unflushed_bytes", "Index changes not yet flushed.");
    state_->add([=, &engine]() mutable {
        auto const now = engine.journal().statistics();
        for (auto& each : rows) each.to.follow(now.*each.from);
        queued.set(static_cast<double>(now.queued_bytes));
        unflushed.set(static_cast<double>(now.unflushed_bytes));
    });
    watch_index(engine);
    watch_store(engine);
}

void server_metrics::watch_index(store::engine& engine) {
    auto const memtable = state_->make_gauge("sluice_index_memtable_bytes", "Index changes in memory.");
    auto const cache = state_->make_gauge("sluice_index_block_cache_bytes", "Cached index blocks.");
    auto const files = state_->make_gauge("sluice_index_file_bytes", "Index files.");
    auto const debt = state_->make_gauge("sluice_index_compaction_debt_bytes", "Index bytes that wait for compaction.");
    auto const pressure = state_->make_gauge("sluice_index_write_pressure", "0: none, 1: writes stopped.");
    state_->add([=, &engine] {
        auto const now = engine.index().statistics();
        memtable.set(static_cast<double>(now.memtable_bytes));
        cache.set(static_cast<double>(now.block_cache_bytes));
        files.set(static_cast<double>(now.sst_bytes));
        debt.set(static_cast<double>(now.compaction_debt_bytes));
        pressure.set(now.write_pressure);
    });
}

void server_metrics::watch_store(store::engine& engine) {
    struct row {
        mirrored_counter to;
        std::uint64_t store::store_counters::*from;
    };
    using of = store::store_counters;
    auto const make = [this](char const* name, char const* help) { return state_->make_counter(name, help); };
    std::vector<row> rows{
        {make("sluice_store_objects_put_total", "Objects written."), &of::objects_put},
        {make("sluice_store_objects_deleted_total", "Objects deleted."), &of::objects_deleted},
        {make("sluice_store_objects_opened_total", "Objects opened for reading."), &of::objects_opened},
        {make("sluice_store_events_without_topic_total", "Object events whose topic is gone."),
         &of::events_without_topic},
        {make("sluice_store_payload_in_bytes_total", "Payload written."), &of::payload_bytes_in},
        {make("sluice_store_payload_out_bytes_total", "Payload read."), &of::payload_bytes_out},
        {make("sluice_store_cache_hits_total", "Payload reads from the cache."), &of::cache_hits},
        {make("sluice_store_cache_misses_total", "Payload reads past the cache."), &of::cache_misses},
        {make("sluice_store_lock_waits_total", "Waits for a lock."), &of::lock_waits},
        {make("sluice_store_lock_timeouts_total", "Lock waits that were given up."), &of::lock_timeouts},
        {make("sluice_store_lock_deadlocks_total", "Deadlocks that were broken."), &of::lock_deadlocks},
        {make("sluice_store_reclaimed_segments_total", "Segments that reclaim emptied."), &of::reclaim_segments},
        {make("sluice_store_reclaim_moved_bytes_total", "Payload that reclaim moved."), &of::reclaim_bytes_moved},
        {make("sluice_store_scrubbed_bytes_total", "Bytes that the scrubber read."), &of::scrub_bytes},
        {make("sluice_store_scrub_corrupt_total", "Bad places that the scrubber found."), &of::scrub_corrupt},
    };
    auto const read_only = state_->make_gauge("sluice_store_read_only", "1 since a device failed.");
    auto const damaged = state_->make_gauge("sluice_store_damaged_places",
                                            "Places that the scrubber remembers as damaged, at most 100.");
    auto const cache = state_->make_gauge("sluice_store_cache_bytes", "Payload in the cache.");
    auto const frames = state_->make_gauge("sluice_store_frames_in_use", "Bulk frames of 1 MiB in use.");
    state_->add([=, &engine]() mutable {
        auto const now = engine.counters();
        for (auto& each : rows) each.to.follow(now.*each.from);
        read_only.set(engine.is_read_only() ? 1 : 0);
        damaged.set(static_cast<double>(engine.scrub().damaged().size()));
        cache.set(static_cast<double>(now.cache_bytes));
        frames.set(static_cast<double>(now.frames_in_use));
    });
}

void server_metrics::watch(auth::guard const& guard) {
    auto allowed = state_->make_counter("sluice_guard_decisions_total", "Decisions.", {{"decision", "allowed"}});
    auto denied = state_->make_counter("sluice_guard_decisions_total", "Decisions.", {{"decision", "denied"}});
    auto failed = state_->make_counter("sluice_guard_failed_authentications_total", "Failed authentications.");
    auto records = state_->make_counter("sluice_guard_audit_records_total", "Durable audit records.");
    state_->add([=, &guard]() mutable {
        auto const now = guard.counters();
        allowed.follow(now.allowed);
        denied.follow(now.denied);
        failed.follow(now.failed_authentications);
        records.follow(now.audit_records);
    });
}

void server_metrics::watch(s3::lifecycle_worker const& worker) {
    auto const removed = [this](char const* what) {
        return state_->make_counter("sluice_s3_lifecycle_removed_total", "What lifecycle rules ended.",
                                    {{"what", what}});
    };
    auto expired = removed("object"), erased = removed("noncurrent_version"), aborted = removed("upload");
    auto refused = state_->make_counter("sluice_s3_lifecycle_refused_total",
                                        "Removals that lifecycle rules asked for and the store refused.");
    auto seen = state_->make_counter("sluice_s3_lifecycle_seen_total",
                                     "Versions and uploads that lifecycle passes looked at.");
    auto passes = state_->make_counter("sluice_s3_lifecycle_passes_total", "Lifecycle passes over all buckets.");
    auto const last = state_->make_gauge("sluice_s3_lifecycle_last_pass_seconds",
                                         "End of the last lifecycle pass, in seconds since 1970; 0: none yet.");
    state_->add([=, &worker]() mutable {
        auto const now = worker.counters();
        expired.follow(now.expired);
        erased.follow(now.erased);
        aborted.follow(now.aborted);
        refused.follow(now.refused);
        seen.follow(now.seen);
        passes.follow(now.passes);
        last.set(static_cast<double>(to_underlying(now.last_pass)) / 1000);
    });
}

void server_metrics::watch(s3::access_log_writer const& writer) {
    auto const make = [this](char const* name, char const* help) { return state_->make_counter(name, help); };
    auto lines = make("sluice_s3_access_log_lines_total", "Lines of access logs that were written.");
    auto lost = make("sluice_s3_access_log_lost_total",
                     "Lines of access logs that were lost: beyond s3.access_log_bytes, or not writable.");
    auto objects = make("sluice_s3_access_log_objects_total", "Objects that access logs were written to.");
    auto const bytes = state_->make_gauge("sluice_s3_access_log_bytes", "Lines of access logs in memory.");
    state_->add([=, &writer]() mutable {
        auto const now = writer.counters();
        lines.follow(now.lines);
        lost.follow(now.lost);
        objects.follow(now.objects);
        bytes.set(static_cast<double>(now.bytes));
    });
}

void server_metrics::watch(s3::journal_writer const& writer) {
    auto const make = [this](char const* name, char const* help) { return state_->make_counter(name, help); };
    auto records = make("sluice_s3_journal_records_total", "Records of buckets' journals that were written out.");
    auto lost = make("sluice_s3_journal_lost_total",
                     "Records of buckets' journals that were given up: nothing names a bucket for them any more.");
    auto objects = make("sluice_s3_journal_objects_total", "Objects that buckets' journals were written to.");
    state_->add([=, &writer]() mutable {
        auto const now = writer.counters();
        records.follow(now.records);
        lost.follow(now.lost);
        objects.follow(now.objects);
    });
}

}  // namespace sluice::gateway
