#include "backend/kv/rocksdb_status.hpp"

#include <rocksdb/status.h>

namespace sluice::kv {
namespace {

error code_of(rocksdb::Status const& status) {
    switch (status.code()) {
        case rocksdb::Status::kNotFound: return error::not_found;
        case rocksdb::Status::kCorruption: return error::corrupt;
        case rocksdb::Status::kIncomplete: return error::would_block;
        case rocksdb::Status::kNotSupported: return error::unsupported;
        case rocksdb::Status::kInvalidArgument: return error::invalid_argument;
        case rocksdb::Status::kShutdownInProgress: return error::closed;
        case rocksdb::Status::kTimedOut: return error::deadline_exceeded;
        case rocksdb::Status::kBusy:
        case rocksdb::Status::kTryAgain: return error::conflict;
        case rocksdb::Status::kIOError:
            if (status.IsNoSpace()) return error::no_space;
            return error::io_failed;
        default: return error::io_failed;
    }
}

}  // namespace

failure failure_of(rocksdb::Status const& status, std::string_view doing) {
    return {code_of(status), std::string("index ").append(doing) + ": " + status.ToString()};
}

}  // namespace sluice::kv
