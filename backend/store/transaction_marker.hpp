// The control batch that ends a producer's transaction in a partition, byte for byte Kafka's (KIP-98):
// one record, attributes transactional and control, no sequence.
//
//   key    i16 version 0, i16 type (0 abort, 1 commit)        (BE)
//   value  i16 version 0, i32 coordinator epoch
//
// Pure functions, any thread.
#pragma once

#include <cstdint>
#include <string>

#include "gateway/core/clock.hpp"

namespace sluice::store {

std::string make_transaction_marker(std::int64_t producer, std::int16_t epoch,
                                    std::int32_t coordinator_epoch, bool aborts, unix_millis now);

}  // namespace sluice::store
