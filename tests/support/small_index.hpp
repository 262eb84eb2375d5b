// Index options for tests that open thousands: small memtables and cache, so that opening stays
// cheap.
#pragma once

#include <string>

#include "backend/kv/index.hpp"

namespace sluice::test_support {

inline kv::index_options small_index_options(rocksdb::Env* environment,
                                             std::string folder = "/kv") {
    kv::index_options options;
    options.folder = std::move(folder);
    options.block_cache_bytes = 256 * kibibyte;
    options.memtable_bytes = 4 * mebibyte;
    options.environment = environment;
    return options;
}

}  // namespace sluice::test_support
