// What an object becomes when its parts are put together: its ETag and its checksum. Pure.
#pragma once

#include <string>
#include <vector>

#include "backend/store/model/upload_info.hpp"
#include "gateway/core/result.hpp"
#include "protocols/s3/ops/upload_settings.hpp"

namespace sluice::s3 {

// MD5 of the parts' MD5s, "-", their number. corrupt when a stored ETag is no MD5.
result<std::string> composed_etag(std::vector<store::part_info> const& parts);

// The CRC of two runs of bytes, from each one's and the length of the second.
std::string combined_checksum(store::checksum_algorithm algorithm, std::string const& first,
                              std::string const& second, std::uint64_t second_length);

// Composite: the digest of the parts' digests. Full object: the parts' CRCs combined.
result<store::object_checksum> composed_checksum(upload_settings const& settings,
                                                 std::vector<store::part_info> const& parts);

}  // namespace sluice::s3
