// How RocksDB is set up: WAL off, all families flushed as one step and only when asked, checks and
// checksums on, stalls reported (index_statistics) instead of imposed on the applier.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "backend/kv/index.hpp"

namespace rocksdb {
class Cache;
class WriteBufferManager;
struct DBOptions;
struct ReadOptions;
struct ColumnFamilyDescriptor;
}  // namespace rocksdb

namespace sluice::kv {

// More L0 files or compaction debt than `low` begins to press, `high` asks for a stop.
struct pressure_range {
    std::uint64_t low;
    std::uint64_t high;
};
inline constexpr pressure_range level0_files_pressure{12, 36};
inline constexpr pressure_range compaction_debt_pressure{16ull * gibibyte, 64ull * gibibyte};
// Of changes in memory, flushed or not, in index_options::memtable_bytes.
inline constexpr double memory_pressure_low = 1.25, memory_pressure_high = 2;

std::shared_ptr<rocksdb::Cache> make_block_cache(index_options const&);
// What every read starts from. Range tombstones are not looked for: with them RocksDB 7.8 treats the
// end of each file of a level as a key, and forgets the status of the file behind it, so that a scan
// that cannot read on (would_block, an I/O error) ends as if there were no more keys.
rocksdb::ReadOptions sound_read_options();
// Counts the memory of all families' changes and never asks for a flush.
std::shared_ptr<rocksdb::WriteBufferManager> make_memory_count();
void fill_database_options(index_options const&, rocksdb::DBOptions& into);
// One per family, in the order of the enum.
std::vector<rocksdb::ColumnFamilyDescriptor> family_descriptors(
    index_options const&, std::shared_ptr<rocksdb::Cache> const&);

}  // namespace sluice::kv
