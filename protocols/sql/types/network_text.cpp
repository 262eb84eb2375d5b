#include "protocols/sql/types/network_text.hpp"

#include <arpa/inet.h>

#include <charconv>

#include "gateway/core/cursor.hpp"
#include "protocols/sql/types/scalar_text.hpp"
#include "protocols/sql/types/type_oids.hpp"

namespace sluice::sql {
namespace {

constexpr char family_4 = 2, family_6 = 3;

bool host_bits_set(std::string_view address, int bits) {
    for (std::size_t i = 0; i < address.size(); ++i) {
        int const kept = bits - static_cast<int>(i) * 8;
        unsigned const mask = kept >= 8 ? 0U : kept <= 0 ? 0xFFU : 0xFFU >> kept;
        if ((static_cast<unsigned char>(address[i]) & mask) != 0) return true;
    }
    return false;
}

// "10", "10.1", "10.1.2" for cidr: missing bytes are zero; `bits` by the old address classes.
bool read_short_4(std::string_view text, std::string& address, int& bits) {
    address.assign(4, '\0');
    int count = 0;
    while (!text.empty()) {
        unsigned value = 0;
        auto const read = std::from_chars(text.data(), text.data() + text.size(), value);
        if (read.ec != std::errc() || value > 255 || count == 4) return false;
        address[static_cast<std::size_t>(count++)] = static_cast<char>(value);
        text.remove_prefix(static_cast<std::size_t>(read.ptr - text.data()));
        if (text.empty()) break;
        if (text[0] != '.' || text.size() == 1) return false;
        text.remove_prefix(1);
    }
    if (count == 0) return false;
    auto const first = static_cast<unsigned char>(address[0]);
    int const by_class = first >= 240   ? 32
                         : first >= 224 ? 8
                         : first >= 192 ? 24
                         : first >= 128 ? 16
                                        : 8;
    bits = std::max(by_class, count * 8);
    return true;
}

}  // namespace

sql_result<datum> parse_network(std::string_view text, bool is_cidr) {
    std::string_view const type = is_cidr ? "cidr" : "inet";
    auto const slash = text.find('/');
    std::string const host(text.substr(0, slash));
    unsigned char raw[16];
    std::string address;
    int bits = 0;
    bool const six = host.find(':') != std::string::npos;
    if (six) {
        if (inet_pton(AF_INET6, host.c_str(), raw) != 1) return invalid_text(type, text);
        address.assign(reinterpret_cast<char const*>(raw), 16);
        bits = 128;
    } else if (inet_pton(AF_INET, host.c_str(), raw) == 1) {
        address.assign(reinterpret_cast<char const*>(raw), 4);
        bits = 32;
    } else if (!is_cidr || !read_short_4(host, address, bits)) {
        return invalid_text(type, text);
    }
    if (slash != std::string_view::npos) {
        auto const digits = text.substr(slash + 1);
        auto const read = std::from_chars(digits.data(), digits.data() + digits.size(), bits);
        if (read.ec != std::errc() || read.ptr != digits.data() + digits.size() || bits < 0 ||
            bits > static_cast<int>(address.size()) * 8)
            return invalid_text(type, text);
    }
    if (is_cidr && host_bits_set(address, bits))
        return sql_error("22P02", "invalid cidr value: \"" + std::string(text) + "\"")
            .with_detail("Value has bits set to right of mask.");
    std::string out{six ? family_6 : family_4, static_cast<char>(bits), static_cast<char>(is_cidr),
                    static_cast<char>(address.size())};
    return datum(out + address);
}

void print_network(std::string_view bytes, bool is_cidr, std::string& out) {
    if (bytes.size() < 8) return;
    char text[INET6_ADDRSTRLEN] = "";
    bool const six = bytes[0] == family_6;
    inet_ntop(six ? AF_INET6 : AF_INET, bytes.data() + 4, text, sizeof text);
    out += text;
    int const bits = static_cast<unsigned char>(bytes[1]);
    if (is_cidr || bits != (six ? 128 : 32)) out += "/" + std::to_string(bits);
}

std::string make_bits(std::string_view digits) {
    std::string out;
    byte_writer(out).big(static_cast<std::int32_t>(digits.size()));
    out.resize(4 + (digits.size() + 7) / 8, '\0');
    for (std::size_t i = 0; i < digits.size(); ++i)
        if (digits[i] == '1')
            out[4 + i / 8] =
                static_cast<char>(static_cast<unsigned char>(out[4 + i / 8]) | (0x80U >> (i % 8)));
    return out;
}

std::string bits_text(std::string_view bytes) {
    std::string out;
    print_bits(bytes, out);
    return out;
}

sql_result<datum> parse_bits(std::string_view text) {
    bool const hex = !text.empty() && (text[0] == 'x' || text[0] == 'X');
    auto digits = text;
    if (hex || (!text.empty() && (text[0] == 'b' || text[0] == 'B'))) digits.remove_prefix(1);
    std::string ones;
    for (char const c : digits) {
        if (!hex) {
            if (c != '0' && c != '1')
                return sql_error("22P02",
                                 "\"" + std::string(1, c) + "\" is not a valid binary digit");
            ones.push_back(c);
            continue;
        }
        int const value = c >= '0' && c <= '9'                     ? c - '0'
                          : (c | 0x20) >= 'a' && (c | 0x20) <= 'f' ? (c | 0x20) - 'a' + 10
                                                                   : -1;
        if (value < 0)
            return sql_error("22P02",
                             "\"" + std::string(1, c) + "\" is not a valid hexadecimal digit");
        for (int bit = 8; bit != 0; bit /= 2) ones.push_back((value & bit) != 0 ? '1' : '0');
    }
    return datum(make_bits(ones));
}

void print_bits(std::string_view bytes, std::string& out) {
    if (bytes.size() < 4) return;
    auto const count = static_cast<std::size_t>(load_big<std::int32_t>(bytes.data()));
    for (std::size_t i = 0; i < count && 4 + i / 8 < bytes.size(); ++i)
        out.push_back(
            (static_cast<unsigned char>(bytes[4 + i / 8]) & (0x80U >> (i % 8))) != 0 ? '1' : '0');
}

}  // namespace sluice::sql
