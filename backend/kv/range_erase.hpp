// Erases a range of keys within one step, one by one: the index has no range tombstones. RocksDB 7.8
// loses the error of a file it meets while it minds them (see sound_read_options), asserts when a
// compaction that consists of them alone meets a full device, and is slow to scan over them.
#pragma once

namespace rocksdb {
class ColumnFamilyHandle;
class DB;
class Slice;
class Status;
class WriteBatch;
}  // namespace rocksdb

namespace sluice::kv {

// `step` holds what comes before in the same step. Reads the database, and may block.
rocksdb::Status erase_range(rocksdb::DB&, rocksdb::ColumnFamilyHandle*, rocksdb::Slice const& begin,
                            rocksdb::Slice const& end, rocksdb::WriteBatch& step);

}  // namespace sluice::kv
