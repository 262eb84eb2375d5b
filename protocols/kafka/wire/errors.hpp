// Kafka's error codes, and the one map from the store's and guard's errors to them.
// Pure; any thread.
#pragma once

#include <cstdint>
#include <string_view>

#include "gateway/core/error.hpp"

namespace sluice::kafka {

enum class error_code : std::int16_t {
#define SLUICE_KAFKA_ERROR(name, code, retriable, message) name = code,
#include "protocols/kafka/wire/errors.def"
#undef SLUICE_KAFKA_ERROR
};

constexpr std::int16_t wire(error_code code) noexcept { return static_cast<std::int16_t>(code); }
std::string_view name_of(error_code code) noexcept;
std::string_view message_of(error_code code) noexcept;
bool is_retriable(error_code code) noexcept;

// What a request about topics and partitions answers for an error of the layers below. A permission that is missing is
// named by the handler, which knows whether it was for a topic, a group or the cluster.
error_code to_kafka_error(error below) noexcept;

}  // namespace sluice::kafka
