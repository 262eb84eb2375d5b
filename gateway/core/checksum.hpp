// CRCs. crc32c guards everything stored (hardware instruction, ~8 GB/s); crc32 (IEEE) and crc64nvme
// are S3's default object checksums; all are streaming: pass the previous value to continue, 0 to begin.
// crc32c("123456789") = 0xE3069283, crc32 = 0xCBF43926, crc64nvme = 0xAE8B14860A799888.
#pragma once

#include <cstdint>

#include "gateway/core/bytes.hpp"

namespace sluice {

std::uint32_t crc32c(const_byte_span bytes, std::uint32_t previous = 0) noexcept;
std::uint32_t crc32(const_byte_span bytes, std::uint32_t previous = 0) noexcept;
std::uint64_t crc64nvme(const_byte_span bytes, std::uint64_t previous = 0) noexcept;

}  // namespace sluice
