// One document by GET, for what the server must read elsewhere: keys of identity providers. http or
// https, HTTP/1.1, no redirects, a status of 200 and nothing else; bounded in time and size. https
// trusts what the system trusts; http goes to this machine itself and nowhere else. Keeps no
// connection. Thread rule: on the executor of the caller's task; the pool outlives it.
#pragma once

#include <chrono>
#include <string>

#include "gateway/core/blocking_pool.hpp"
#include "gateway/core/result.hpp"
#include "gateway/core/task.hpp"

namespace sluice::gateway {

struct fetch_options {
    std::chrono::milliseconds deadline{5'000};  // from the name's look-up to the last byte
    std::size_t most_bytes = 256 * 1024;
};

// invalid_argument: no such URL; too_large; deadline_exceeded; io_failed, malformed: the text says what.
task<result<std::string>> fetch(std::string url, fetch_options options, blocking_pool& pool);

}  // namespace sluice::gateway
