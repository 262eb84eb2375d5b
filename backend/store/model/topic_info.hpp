// What the store knows of a topic. Plain value.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>

#include "gateway/core/clock.hpp"
#include "gateway/core/ids.hpp"

namespace sluice::store {

// 16 random bytes, never reused; zero is no topic.
using topic_uuid = std::array<std::byte, 16>;

struct topic_info {
    dataset_id id{};
    topic_uuid uuid{};
    std::string name;
    std::uint32_t partitions = 0;
    std::map<std::string, std::string> settings;  // those given; the front knows the defaults
    principal_id owner{};
    unix_millis created{};
};

// The settings that the store itself acts on, taken out of the texts by whoever checked them.
struct topic_retention {
    std::int64_t milliseconds = -1;  // -1: for ever
    std::int64_t bytes = -1;         // of one partition; -1: without bound
};

}  // namespace sluice::store
