// The first packets of a connection, which have no type byte: int32 length (counting itself), int32
// code, body (PostgreSQL manual, "Message Formats": StartupMessage, SSLRequest, GSSENCRequest,
// CancelRequest). Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "gateway/core/result.hpp"

namespace sluice::postgres {

inline constexpr std::uint32_t ssl_request_code = 80877103;
inline constexpr std::uint32_t gss_request_code = 80877104;
inline constexpr std::uint32_t cancel_request_code = 80877102;

constexpr std::uint32_t protocol_version(std::uint32_t major, std::uint32_t minor) noexcept {
    return major << 16 | minor;
}
inline constexpr std::uint32_t protocol_3_0 = protocol_version(3, 0);
inline constexpr std::uint32_t protocol_3_2 = protocol_version(3, 2);  // the newest served

// A direct TLS handshake begins with this byte, which no sane startup packet has as its first.
inline constexpr char tls_handshake_byte = 0x16;

struct ssl_request {};
struct gss_request {};
struct cancel_request {
    std::int32_t process_id = 0;
    std::string secret_key;  // 4 to 256 bytes
};
struct startup_request {
    std::uint32_t version = 0;
    std::vector<std::pair<std::string, std::string>> parameters;  // in the order sent
};
using startup_packet = std::variant<ssl_request, gss_request, cancel_request, startup_request>;

// The length at the start of a packet, checked: 8 to `most` bytes. malformed otherwise.
result<std::size_t> read_startup_length(std::string_view four_bytes, std::size_t most);

// `packet`: without its length, at least 4 bytes. malformed: the layout of parameters or of a
// cancellation is wrong. Versions are not judged here, but parameters are only read for major 3.
result<startup_packet> decode_startup_packet(std::string_view packet);

}  // namespace sluice::postgres
