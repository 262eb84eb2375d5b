// How RocksDB is set up: WAL off and all families flushed as one step, checks and checksums on,
// memory bounded
// by index_options, stalls reported (index_statistics) instead of imposed on the applier.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "backend/kv/index.hpp"

namespace rocksdb {
class Cache;
struct DBOptions;
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
inline constexpr int memtables_per_family = 4;

std::shared_ptr<rocksdb::Cache> make_block_cache(index_options const&);
void fill_database_options(index_options const&, rocksdb::DBOptions& into);
// One per family, in the order of the enum.
std::vector<rocksdb::ColumnFamilyDescriptor> family_descriptors(
    index_options const&, std::shared_ptr<rocksdb::Cache> const&);

}  // namespace sluice::kv
