// Where the keys of others are read from: a port that wiring fills, since fetching is no business of
// auth's. Thread rule: any executor. Outlives its users.
#pragma once

#include <string>

#include "gateway/core/result.hpp"
#include "gateway/core/task.hpp"

namespace sluice::auth {

class key_documents {
public:
    virtual ~key_documents() = default;

    // The document at a URL or an absolute path; ends in bounded time. too_large: over the limit on
    // key sets; io_failed, deadline_exceeded and others: the text is for people.
    virtual task<result<std::string>> read(std::string place) = 0;
};

}  // namespace sluice::auth
