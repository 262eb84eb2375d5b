// kv::cursor over a RocksDB iterator: owns its bounds and its share of the snapshot. The first seek
// happens at
// the first use, so that a caller that seeks elsewhere first pays for one.
#pragma once

#include <atomic>
#include <memory>
#include <string>

#include "backend/kv/index.hpp"

namespace rocksdb {
class ColumnFamilyHandle;
class DB;
struct ReadOptions;
}  // namespace rocksdb

namespace sluice::kv {

// `options` carries snapshot, tier and checks; bounds are set from `lower` and `upper`. Once it moved,
// `deletions_passed` has grown by the deleted keys that it stepped over.
std::unique_ptr<cursor> make_cursor(rocksdb::DB&, rocksdb::ColumnFamilyHandle*,
                                    rocksdb::ReadOptions const& options,
                                    std::shared_ptr<snapshot const> view, std::string lower,
                                    std::string upper,
                                    std::atomic<std::uint64_t>& deletions_passed);

}  // namespace sluice::kv
