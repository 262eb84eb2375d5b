// rocksdb::Status to our failures, in one place. The text keeps RocksDB's own words, which name the
// file and
// the place in it. Pure functions.
#pragma once

#include <exception>
#include <string>
#include <string_view>

#include "gateway/core/result.hpp"

namespace rocksdb { class Status; }

namespace sluice::kv {

// `status` is not ok; `doing` says what was tried ("open", "flush").
failure failure_of(rocksdb::Status const& status, std::string_view doing);

// Runs `body` (which returns some result<T>) and turns what it throws into io_failed.
template <class Body>
auto without_exceptions(std::string_view doing, Body body) noexcept -> decltype(body()) {
    try {
        return body();
    } catch (std::exception const& thrown) {
        return failure{error::io_failed,
            std::string("index ").append(doing) + ": " + thrown.what()};
    }
}

}  // namespace sluice::kv
