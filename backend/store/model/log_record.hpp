// One record of a log, taken out of its batch. Plain value.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "gateway/core/clock.hpp"
#include "gateway/core/ids.hpp"

namespace sluice::store {

struct log_header {
    std::string name;
    std::optional<std::string> value;
};

struct log_record {
    log_offset offset{};
    unix_millis timestamp{};
    std::optional<std::string> key;
    std::optional<std::string> value;
    std::vector<log_header> headers;
};

}  // namespace sluice::store
