#include <arpa/inet.h>

#include <array>
#include <charconv>
#include <cstring>
#include <optional>

#include "auth/policy/condition.hpp"

namespace sluice::auth {
namespace {

using address_bytes = std::array<unsigned char, 16>;

struct parsed_address {
    address_bytes bytes{};
    unsigned bits = 128;  // of a bare address
    unsigned mapped = 0;  // bits in front of an IPv4 address
};

std::optional<parsed_address> parse_address(std::string_view text) {
    char buffer[INET6_ADDRSTRLEN + 1] = {};
    if (text.empty() || text.size() > INET6_ADDRSTRLEN) return std::nullopt;
    std::memcpy(buffer, text.data(), text.size());
    parsed_address out;
    if (inet_pton(AF_INET, buffer, out.bytes.data() + 12) == 1) {
        out.bytes[10] = out.bytes[11] = 0xff;
        out.mapped = 96;
        return out;
    }
    if (inet_pton(AF_INET6, buffer, out.bytes.data()) == 1) return out;
    return std::nullopt;
}

bool same_prefix(address_bytes const& a, address_bytes const& b, unsigned bits) {
    auto whole = bits / 8, rest = bits % 8;
    if (std::memcmp(a.data(), b.data(), whole) != 0) return false;
    return rest == 0 || ((a[whole] ^ b[whole]) >> (8 - rest)) == 0;
}

std::optional<unsigned> parse_bits(std::string_view text) {
    unsigned value = 0;
    auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (problem != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

}  // namespace

condition_outcome address_in(std::string_view cidr, std::string_view address) {
    auto slash = cidr.find('/');
    auto network = parse_address(cidr.substr(0, slash));
    if (!network) return condition_outcome::unknown;
    unsigned bits = network->bits;
    if (slash != std::string_view::npos) {
        auto given = parse_bits(cidr.substr(slash + 1));
        if (!given || *given > 128 - network->mapped) return condition_outcome::unknown;
        bits = network->mapped + *given;
    }
    auto parsed = parse_address(address);
    return parsed && same_prefix(network->bytes, parsed->bytes, bits) ? condition_outcome::holds
                                                                      : condition_outcome::fails;
}

}  // namespace sluice::auth
