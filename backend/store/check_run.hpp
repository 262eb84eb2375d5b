// One check under way: a snapshot of the index, the segments, and the report that grows. The rules
// are spread over
// check_payloads.cpp and check_records.cpp. Internal to backend/store. One thread.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <unordered_map>

#include "backend/flash/aligned_buffer.hpp"
#include "backend/kv/key_space.hpp"
#include "backend/store/check.hpp"
#include "backend/store/check_segments.hpp"
#include "backend/store/payload_records.hpp"

namespace sluice::store {

class check_run {
public:
    check_run(flash::device&, kv::index&, check_options const&, blocking_token);

    // io_failed: the folder itself cannot be read.
    result<void> run();
    check_report take() { return std::move(report_); }

private:
    using each_record = std::function<void(std::string_view key, std::string_view value)>;

    void violate(check_rule, std::string where, std::string what);
    void violate_at(check_rule, std::string_view key, std::string what);
    void scan(kv::family, kv::key_space::key_range, each_record const&);
    // nullopt: not there, or not readable (reported).
    std::optional<std::string> get(kv::family, std::string const& key);
    void check_commit_lsn(std::string_view key, lsn changed);

    // check_records.cpp
    void check_buckets();
    void check_objects();
    void check_null_versions();
    void check_uploads();
    void check_counter(std::string_view name, std::uint64_t highest);
    void check_length(std::string_view key, payload_id, std::uint64_t size);

    // check_logs.cpp
    struct log_walk;
    void check_logs();
    void check_topics();
    void check_log_exists(std::string_view key, dataset_id, partition_index);
    void check_log_run(std::string_view key, std::string_view value,
                       kv::key_space::log_run_key const&, log_walk&);
    void check_log_piece(std::string_view key, std::string_view value,
                         kv::key_space::log_run_key const&, log_walk&);
    void check_log_frame(std::string_view key, journal::location, std::uint64_t length,
                         kv::key_space::log_run_key const&, log_walk&);
    void end_log_run(log_walk&);
    void check_batches(log_walk const&);
    void read_log_cleans();
    void check_log_cleans();
    void check_numbered(log_walk const&);
    void check_log_states();
    void check_producers();
    void check_aborted();
    void check_group_offsets();
    // check_tables.cpp
    void check_tables();
    void check_row(std::string_view key, std::string_view value);

    // check_payloads.cpp
    void check_payloads();
    struct payload_walk;
    void check_head(std::string_view key, std::string_view value, kv::cursor& extents);
    void check_extent(payload_walk&, std::string_view key, std::string_view value);
    void check_frames(std::string_view key, kv::key_space::extent_key const&, frames_extent const&);
    void check_reverse_of(std::string_view key, journal::location, reverse_record const& expected);
    bool read_frame(std::string_view key, journal::location, std::uint64_t owner,
                    std::uint64_t owner_offset,
                    std::uint64_t length);
    void check_reverse_entries();
    void check_reverse_entry(std::string_view key, std::string_view value, journal::location& last,
                             std::uint64_t& last_end);
    // Bytes up to where the frames at `first` end in their segment; nullopt: outside of any segment
    // in use.
    std::optional<std::uint64_t> end_of(journal::location first, std::uint64_t frame_bytes,
                                        std::uint64_t length) const;
    void check_unreferenced();
    void check_references();
    void count_references(std::uint64_t pass, std::uint64_t passes);

    flash::device& device_;
    kv::index& index_;
    check_options const options_;
    blocking_token const token_;
    check_report report_;
    std::shared_ptr<kv::snapshot const> view_;      // shared with the cursors
    std::unique_ptr<closed_segments> segments_;
    flash::aligned_buffer body_;
    std::set<dataset_id> datasets_;                 // of buckets: at most limits.buckets
    std::map<dataset_id, std::uint32_t> logs_;      // partitions: at most limits.partitions
    std::map<kv::key_space::log_key, std::int64_t> log_ends_;
    std::map<kv::key_space::log_key, std::int64_t> log_reaches_;   // of the cleaner
    std::set<dataset_id> tables_;                   // that have rows
    std::set<dataset_id> dropped_;                  // whose keys are on their way out
    std::uint64_t highest_payload_ = 0, highest_dataset_ = 0, highest_upload_ = 0,
                  highest_version_ = 0;
    std::unordered_map<std::uint64_t, std::uint64_t> references_;   // of one pass
};

}  // namespace sluice::store
