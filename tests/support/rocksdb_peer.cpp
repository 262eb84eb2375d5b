#include "tests/support/rocksdb_peer.hpp"

#include <rocksdb/db.h>
#include <rocksdb/options.h>

#include <stdexcept>

namespace sluice::test_support {

struct rocksdb_peer::state {
    std::unique_ptr<rocksdb::DB> database;
};

rocksdb_peer::rocksdb_peer(std::string const& folder) : state_(std::make_unique<state>()) {
    rocksdb::Options options;
    options.create_if_missing = true;
    options.write_buffer_size = 192u << 20;
    options.max_write_buffer_number = 4;
    options.enable_pipelined_write = true;
    rocksdb::DB* opened = nullptr;
    auto const status = rocksdb::DB::Open(options, folder, &opened);
    if (!status.ok()) throw std::runtime_error(status.ToString());
    state_->database.reset(opened);
}

rocksdb_peer::~rocksdb_peer() = default;

bool rocksdb_peer::put_sync(std::string_view key, std::string_view value) {
    rocksdb::WriteOptions synced;
    synced.sync = true;
    return state_->database->Put(synced, {key.data(), key.size()}, {value.data(), value.size()})
        .ok();
}

}  // namespace sluice::test_support
