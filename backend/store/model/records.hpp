// Small named records of other modules (principals, policy rules, settings) and conditional changes
// to them. The store keeps the values opaque. Plain values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "gateway/core/ids.hpp"

namespace sluice::store {

struct record_name {
    std::string kind;                 // e.g. "principal"
    std::string id;
};

struct stored_record {
    record_name name;
    std::string value;
    lsn changed{};                    // commit that wrote it
};

struct record_change {
    enum class expectation : std::uint8_t { anything, absent, present, unchanged };

    record_name name;
    std::optional<std::string> value;           // nullopt: erase
    expectation expected = expectation::anything;
    lsn unchanged_since{};                      // with `unchanged`: the stored record's `changed`
};

struct record_page {
    std::vector<stored_record> records;         // ascending by id
    bool truncated = false;
};

}  // namespace sluice::store
