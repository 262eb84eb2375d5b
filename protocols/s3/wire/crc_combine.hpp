// The CRC of a whole from the CRCs of its parts, without the bytes: how a full-object checksum of a
// multipart upload is made. Pure, thread-safe.
#pragma once

#include <cstdint>

namespace sluice::s3 {

// The CRC of A followed by B, where `second_length` is the length of B in bytes.
std::uint32_t crc32_combined(std::uint32_t first, std::uint32_t second,
                             std::uint64_t second_length);
std::uint32_t crc32c_combined(std::uint32_t first, std::uint32_t second,
                              std::uint64_t second_length);
std::uint64_t crc64nvme_combined(std::uint64_t first, std::uint64_t second,
                                 std::uint64_t second_length);

}  // namespace sluice::s3
