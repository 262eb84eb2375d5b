// Erases a range of keys within one step. Up to keys_erased_one_by_one keys are erased one by one;
// only larger ranges
// become a range tombstone: RocksDB 7.8 asserts when a compaction that consists of tombstones alone
// meets a full
// device, and tombstones make scans over their range slow.
#pragma once

#include <cstddef>

namespace rocksdb {
class ColumnFamilyHandle;
class DB;
class Slice;
class Status;
class WriteBatch;
}  // namespace rocksdb

namespace sluice::kv {

inline constexpr std::size_t keys_erased_one_by_one = 20'000;

// `step` holds what comes before in the same step. Reads the database, and may block.
rocksdb::Status erase_range(rocksdb::DB&, rocksdb::ColumnFamilyHandle*, rocksdb::Slice const& begin,
                            rocksdb::Slice const& end, rocksdb::WriteBatch& step);

}  // namespace sluice::kv
