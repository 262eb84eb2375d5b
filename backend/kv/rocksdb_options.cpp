#include "backend/kv/rocksdb_options.hpp"

#include <rocksdb/cache.h>
#include <rocksdb/convenience.h>
#include <rocksdb/db.h>
#include <rocksdb/file_checksum.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/options.h>
#include <rocksdb/table.h>
#include <rocksdb/utilities/table_properties_collectors.h>
#include <rocksdb/write_buffer_manager.h>

#include <algorithm>

namespace sluice::kv {
namespace {

constexpr std::size_t small_cache_bytes = 4 * mebibyte;
constexpr double bloom_bits_per_key = 10;
constexpr std::size_t never_full = 32 * gibibyte;
// Of so many neighbours in a file so many are deletions: it is compacted.
constexpr std::size_t deletions_window = 8192;
constexpr std::size_t deletions_in_window = 4096;

// RocksDB calls its first family "default"; it is our meta family.
constexpr char const* family_names[family_count] = {"default", "object", "payload", "log", "row"};

rocksdb::CompressionType block_compression() {
    static rocksdb::CompressionType const chosen = [] {
        auto supported = rocksdb::GetSupportedCompressions();
        bool lz4 = std::find(supported.begin(), supported.end(),
                             rocksdb::kLZ4Compression) != supported.end();
        return lz4 ? rocksdb::kLZ4Compression : rocksdb::kNoCompression;
    }();
    return chosen;
}

rocksdb::BlockBasedTableOptions table_options(std::shared_ptr<rocksdb::Cache> const& cache) {
    rocksdb::BlockBasedTableOptions table;
    table.block_cache = cache;
    // Filters and index blocks count against the cache's budget, and are the last to leave it.
    table.cache_index_and_filter_blocks = true;
    table.cache_index_and_filter_blocks_with_high_priority = true;
    table.pin_l0_filter_and_index_blocks_in_cache = true;
    table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(bloom_bits_per_key));
    table.checksum = rocksdb::kXXH3;
    table.format_version = 5;
    table.block_size = 8 * kibibyte;
    return table;
}

rocksdb::ColumnFamilyOptions family_options(index_options const& options,
                                            std::shared_ptr<rocksdb::Cache> const& cache) {
    rocksdb::ColumnFamilyOptions family;
    family.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table_options(cache)));
    // Two flushes that RocksDB and we ask for may overlap, and one of them failing beside an empty
    // family trips an assertion of 7.8 (MemTableList::RollbackMemtableFlush). We alone ask.
    family.write_buffer_size = never_full;
    family.arena_block_size = std::clamp<std::size_t>(options.memtable_bytes / 8, 4 * kibibyte,
        mebibyte);
    family.max_write_buffer_number = 4;
    family.compaction_style = rocksdb::kCompactionStyleLevel;
    family.level_compaction_dynamic_level_bytes = true;
    family.level0_file_num_compaction_trigger = 4;
    family.target_file_size_base = 64 * mebibyte;
    family.max_bytes_for_level_base = 256 * mebibyte;
    family.compression = block_compression();
    // RocksDB must not hold back the applier: admission does, by index_statistics::write_pressure.
    family.level0_slowdown_writes_trigger = 1 << 20;
    family.level0_stop_writes_trigger = 1 << 20;
    family.soft_pending_compaction_bytes_limit = 0;
    family.hard_pending_compaction_bytes_limit = 0;
    family.force_consistency_checks = true;
    // Deleted keys go for good soon where they lie close together: whoever reads across them, a
    // listing above all, steps over each.
    family.table_properties_collector_factories.push_back(
        rocksdb::NewCompactOnDeletionCollectorFactory(deletions_window, deletions_in_window));
    return family;
}

}  // namespace

std::shared_ptr<rocksdb::Cache> make_block_cache(index_options const& options) {
    rocksdb::LRUCacheOptions cache;
    cache.capacity = options.block_cache_bytes;
    // Small caches are for tests, which open thousands of them: one shard.
    cache.num_shard_bits = options.block_cache_bytes <= small_cache_bytes ? 0 : -1;
    return rocksdb::NewLRUCache(cache);
}

rocksdb::ReadOptions sound_read_options() {
    rocksdb::ReadOptions options;
    options.ignore_range_deletions = true;
    options.verify_checksums = true;
    return options;
}

std::shared_ptr<rocksdb::WriteBufferManager> make_memory_count() {
    return std::make_shared<rocksdb::WriteBufferManager>(never_full);
}

void fill_database_options(index_options const& options, rocksdb::DBOptions& into) {
    if (options.environment != nullptr) into.env = options.environment;
    into.create_if_missing = !options.read_only;
    into.create_missing_column_families = !options.read_only;
    into.atomic_flush = true;
    into.avoid_flush_during_shutdown = true;
    into.paranoid_checks = true;
    into.flush_verify_memtable_count = true;
    into.verify_sst_unique_id_in_manifest = true;
    into.file_checksum_gen_factory = rocksdb::GetFileChecksumGenCrc32cFactory();
    // A failed background write is final until the next open, never retried behind our back.
    into.max_bgerror_resume_count = 0;
    into.max_total_wal_size = mebibyte;   // the WAL's empty files reserve no more than that
    into.max_background_jobs = static_cast<int>(options.background_jobs);
    into.max_file_opening_threads = 2;
    into.allow_concurrent_memtable_write = false;   // there is one writer
    // readers on I/O threads never delete files
    into.avoid_unnecessary_blocking_io = !options.read_only;
    into.bytes_per_sync = mebibyte;
    into.stats_dump_period_sec = 0;
    into.stats_persist_period_sec = 0;
    into.info_log_level = rocksdb::WARN_LEVEL;
    into.keep_log_file_num = 4;
}

std::vector<rocksdb::ColumnFamilyDescriptor> family_descriptors(
    index_options const& options, std::shared_ptr<rocksdb::Cache> const& cache) {
    std::vector<rocksdb::ColumnFamilyDescriptor> families;
    for (auto name : family_names) families.emplace_back(name, family_options(options, cache));
    return families;
}

}  // namespace sluice::kv
