// Which partition a record goes to that names none, as Kafka's clients choose: by the murmur2 hash of
// its key; without a key one partition for all records of a batch, another for the next. Not
// thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "gateway/core/ids.hpp"

namespace sluice::sql {

std::int32_t murmur2(std::string_view bytes) noexcept;

class record_partitions {
public:
    // `seed`: random; `count` > 0.
    record_partitions(std::uint32_t count, std::uint64_t seed) noexcept
        : count_(count), sticky_(static_cast<std::uint32_t>(seed % count)) {}

    partition_index of(std::optional<std::string_view> key) const noexcept;
    // The batch that records without key went to is full.
    void next_sticky() noexcept { sticky_ = (sticky_ + 1) % count_; }
    std::uint32_t count() const noexcept { return count_; }

private:
    std::uint32_t const count_;
    std::uint32_t sticky_;
};

}  // namespace sluice::sql
