// RocksDB as others use it, with its own log and a sync per write: what the journal is measured
// against. Thread rule: put_sync from any thread. Lifetime: closes the database at the end.
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace sluice::test_support {

class rocksdb_peer {
public:
    // Creates the folder. Throws when RocksDB cannot.
    explicit rocksdb_peer(std::string const& folder);
    ~rocksdb_peer();
    // False: not written.
    bool put_sync(std::string_view key, std::string_view value);

private:
    struct state;
    std::unique_ptr<state> state_;
};

}  // namespace sluice::test_support
