#include "backend/kv/key_codec.hpp"

namespace sluice::kv {
namespace {

constexpr char zero = '\0';
constexpr char escaped_zero = '\xff';
constexpr char end_mark = '\x01';
constexpr char hex_digits[] = "0123456789abcdef";

void append_hex(std::string& out, char byte) {
    auto value = static_cast<unsigned char>(byte);
    out.push_back(hex_digits[value >> 4]);
    out.push_back(hex_digits[value & 15]);
}

}  // namespace

void append_escaped(std::string& key, std::string_view text) {
    key.reserve(key.size() + text.size() + 2);
    for (char byte : text) {
        key.push_back(byte);
        if (byte == zero) key.push_back(escaped_zero);
    }
}

void append_end_mark(std::string& key) {
    key.push_back(zero);
    key.push_back(end_mark);
}

std::string take_escaped(byte_reader& in) {
    std::string text;
    while (in.ok()) {
        auto plain = in.rest().find(zero);
        if (plain == std::string_view::npos) break;
        text.append(in.raw(plain));
        in.little<char>();
        auto mark = in.little<char>();
        if (in.ok() && mark == end_mark) return text;
        if (mark != escaped_zero) break;
        text.push_back(zero);
    }
    in.fail();
    return {};
}

std::string hex_of(std::string_view bytes) {
    std::string out;
    out.reserve(bytes.size() * 2);
    for (char byte : bytes) append_hex(out, byte);
    return out;
}

std::string quoted(std::string_view text) {
    std::string out = "'";
    for (char byte : text) {
        if (byte >= ' ' && byte < '\x7f' && byte != '\'' && byte != '\\') {
            out.push_back(byte);
            continue;
        }
        out.append("\\x");
        append_hex(out, byte);
    }
    out.push_back('\'');
    return out;
}

}  // namespace sluice::kv
