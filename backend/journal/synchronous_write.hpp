// A durable write that the caller waits for: start-up and tools, never the pipeline.
#pragma once

#include "backend/flash/device.hpp"

namespace sluice::journal {

result<void> write_and_wait(flash::file&, std::uint64_t offset, const_byte_span bytes,
                            blocking_token);

}  // namespace sluice::journal
