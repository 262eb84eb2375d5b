// The codecs of record batches (attributes bits 0-2), as Kafka's clients write them: gzip members
// (RFC 1952), snappy in the framing of snappy-java ("xerial") or raw, the LZ4 frame format, and
// zstd frames (RFC 8878). Pure functions, any thread. Readers take hostile bytes: output and memory
// are bounded by what the caller allows, never by what the input says.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "gateway/core/result.hpp"

namespace sluice::store {

// Numbers of the batch format.
enum class log_codec : std::uint8_t { none = 0, gzip = 1, snappy = 2, lz4 = 3, zstd = 4 };

// malformed; too_large: more than `most` bytes; unsupported: no such codec.
result<std::string> decompress_records(log_codec, std::string_view compressed, std::size_t most);
// unsupported: no such codec. Snappy in snappy-java's framing, which every client reads.
result<std::string> compress_records(log_codec, std::string_view records);

}  // namespace sluice::store
