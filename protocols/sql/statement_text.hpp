// Text of one statement of a query string. Error positions count within `text`; the front adds
// `offset`, the characters of the query string before it. Plain value.
#pragma once

#include <cstdint>
#include <string>

namespace sluice::sql {

struct statement_text {
    std::string text;
    std::int32_t offset = 0;
};

}  // namespace sluice::sql
