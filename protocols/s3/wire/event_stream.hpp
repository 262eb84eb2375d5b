// Messages of the AWS event stream (application/vnd.amazon.eventstream), as SelectObjectContent
// answers with them:
//
//   total length u32 | headers length u32 | CRC-32 of these 8 bytes u32 | headers | payload
//   | CRC-32 of all before u32                                            (all big-endian)
//   header: name length u8 | name | type u8 = 7 (string) | value length u16 | value
//
// Pure functions, any thread.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace sluice::s3 {

using event_header = std::pair<std::string_view, std::string_view>;
inline constexpr std::size_t event_payload_max = 1024 * 1024;
inline constexpr std::size_t event_header_value_max = 32'767;

// Appends one message. The payload is at most event_payload_max; values of headers are cut at
// event_header_value_max.
void append_message(std::span<event_header const> headers, std::string_view payload,
                    std::string& out);

// Bytes that were read of the object, records of it that were looked at (decompressed), and bytes of
// records that were sent.
struct select_counts {
    std::uint64_t scanned = 0;
    std::uint64_t processed = 0;
    std::uint64_t returned = 0;
};

// Records, in as many messages as they need.
void append_records(std::string_view records, std::string& out);
void append_progress(select_counts const& counts, std::string& out);
void append_stats(select_counts const& counts, std::string& out);
void append_continuation(std::string& out);
void append_end(std::string& out);
// Nothing follows it.
void append_error(std::string_view code, std::string_view message, std::string& out);

}  // namespace sluice::s3
