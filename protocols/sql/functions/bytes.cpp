// Functions of bytea, uuid and bit strings.
#include "gateway/core/crypto.hpp"
#include "gateway/core/encoding.hpp"
#include "protocols/sql/functions/registry.hpp"
#include "protocols/sql/types/network_text.hpp"
#include "protocols/sql/types/scalar_text.hpp"
#include "protocols/sql/types/text_tools.hpp"
#include "protocols/sql/types/type_oids.hpp"

namespace sluice::sql {
namespace {

datum concatenate(function_frame& f) { return f.text(0) + f.text(1); }
datum length(function_frame& f) { return static_cast<std::int64_t>(f.text(0).size()); }
std::string part(std::string const& bytes, std::int64_t start, std::int64_t end) {
    start = std::max<std::int64_t>(start, 1);
    if (end <= start || static_cast<std::size_t>(start) > bytes.size()) return {};
    return bytes.substr(static_cast<std::size_t>(start - 1), static_cast<std::size_t>(end - start));
}
datum substring(function_frame& f) {
    if (f.integer(2) < 0) return f.fail({"22011", "negative substring length not allowed"});
    return part(f.text(0), f.integer(1), f.integer(1) + f.integer(2));
}
datum substring_from(function_frame& f) {
    return part(f.text(0), f.integer(1), static_cast<std::int64_t>(f.text(0).size()) + 1);
}
datum position(function_frame& f) {
    auto const at = f.text(0).find(f.text(1));
    return at == std::string::npos ? std::int64_t{0} : static_cast<std::int64_t>(at) + 1;
}
datum get_byte(function_frame& f) {
    auto const at = f.integer(1);
    if (at < 0 || static_cast<std::size_t>(at) >= f.text(0).size())
        return f.fail(
            {"2202E", "index " + std::to_string(at) + " out of valid range, 0.." +
                          std::to_string(static_cast<std::int64_t>(f.text(0).size()) - 1)});
    return std::int64_t{static_cast<unsigned char>(f.text(0)[static_cast<std::size_t>(at)])};
}
datum set_byte(function_frame& f) {
    auto bytes = f.text(0);
    auto const at = f.integer(1);
    if (at < 0 || static_cast<std::size_t>(at) >= bytes.size())
        return f.fail({"2202E", "index " + std::to_string(at) + " out of valid range, 0.." +
                                    std::to_string(static_cast<std::int64_t>(bytes.size()) - 1)});
    bytes[static_cast<std::size_t>(at)] = static_cast<char>(f.integer(2));
    return bytes;
}

// ---- encode, decode

constexpr char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

// With a line break after 76 characters (RFC 2045).
std::string base64(std::string_view bytes) {
    std::string out;
    std::size_t line = 0;
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        unsigned value = 0;
        for (std::size_t j = 0; j < 3; ++j)
            value = (value << 8) |
                    (i + j < bytes.size() ? static_cast<unsigned char>(bytes[i + j]) : 0U);
        for (std::size_t j = 0; j < 4; ++j)
            out.push_back(i + j <= bytes.size() ? alphabet[(value >> (18 - 6 * j)) & 63] : '=');
        line += 4;
        if (line >= 76) {
            out.push_back('\n');
            line = 0;
        }
    }
    return out;
}
datum base64_bytes(function_frame& f, std::string_view text) {
    std::string out;
    unsigned value = 0;
    int count = 0, padding = 0;
    for (char const c : text) {
        if (c == ' ' || c == '\n' || c == '\t' || c == '\r') continue;
        unsigned digit = 0;
        if (c == '=') {
            if (padding == 0 && count < 2)
                return f.fail({"22023", "unexpected \"=\" while decoding base64 sequence"});
            ++padding;
        } else {
            auto const at = std::string_view(alphabet).find(c);
            if (at == std::string_view::npos || c == '\0')
                return f.fail({"22023", "invalid symbol \"" + std::string(1, c) +
                                            "\" found while decoding base64 sequence"});
            digit = static_cast<unsigned>(at);
        }
        value = (value << 6) | digit;
        if (++count == 4) {
            out.push_back(static_cast<char>(value >> 16));
            if (padding < 2) out.push_back(static_cast<char>(value >> 8));
            if (padding < 1) out.push_back(static_cast<char>(value));
            value = 0;
            count = 0;
        }
    }
    if (count != 0)
        return f.fail(
            sql_error("22023", "invalid base64 end sequence")
                .with_hint(
                    "Input data is missing padding, is truncated, or is otherwise corrupted."));
    return out;
}
sql_error unknown_encoding(std::string const& name) {
    return {"22023", "unrecognized encoding: \"" + name + "\""};
}
datum encode(function_frame& f) {
    auto const format = ascii_lower(f.text(1));
    if (format == "hex") return hex_of(f.text(0));
    if (format == "base64") {
        auto out = base64(f.text(0));
        if (!out.empty() && out.back() == '\n' && f.text(0).size() % 57 != 0) out.pop_back();
        return out;
    }
    if (format == "escape") {
        std::string out;
        for (unsigned char const byte : f.text(0)) {
            if (byte == 0 || byte >= 0x80) {
                out.push_back('\\');
                out.push_back(static_cast<char>('0' + (byte >> 6)));
                out.push_back(static_cast<char>('0' + ((byte >> 3) & 7)));
                out.push_back(static_cast<char>('0' + (byte & 7)));
            } else if (byte == '\\') {
                out += "\\\\";
            } else {
                out.push_back(static_cast<char>(byte));
            }
        }
        return out;
    }
    return f.fail(unknown_encoding(f.text(1)));
}
datum decode(function_frame& f) {
    auto const format = ascii_lower(f.text(1));
    auto const bytea = [&](std::string const& text) -> datum {
        auto bytes = parse_bytea(text);
        return bytes.has_error() ? f.fail(std::move(bytes).error()) : datum(std::move(*bytes));
    };
    if (format == "hex") return bytea("\\x" + f.text(0));
    if (format == "base64") return base64_bytes(f, f.text(0));
    if (format == "escape") return bytea(f.text(0));
    return f.fail(unknown_encoding(f.text(1)));
}

template <digest_kind Kind>
datum digest_of(function_frame& f) {
    hasher hash{Kind};
    hash.update(as_bytes(f.text(0)));
    return std::string(hash.finish().chars());
}

bool is_utf8(std::string const& name) {
    auto const lower = ascii_lower(name);
    return lower == "utf8" || lower == "utf-8" || lower == "unicode";
}
datum convert_from(function_frame& f) {
    if (!is_utf8(f.text(1)))
        return f.fail({"0A000", "conversion from encoding \"" + f.text(1) + "\" is not supported"});
    auto const checked = check_utf8(f.text(0));
    if (checked.has_error()) return f.fail(checked.error());
    return f.text(0);
}
datum convert_to(function_frame& f) {
    if (!is_utf8(f.text(1)))
        return f.fail({"0A000", "conversion to encoding \"" + f.text(1) + "\" is not supported"});
    return f.text(0);
}
datum random_uuid(function_frame& f) {
    if (!f.context.random_bits) return f.fail({"0A000", "gen_random_uuid() is not supported here"});
    std::string bytes;
    for (int i = 0; i < 2; ++i) {
        auto const bits = f.context.random_bits();
        bytes.append(reinterpret_cast<char const*>(&bits), 8);
    }
    bytes[6] = static_cast<char>((bytes[6] & 0x0F) | 0x40);
    bytes[8] = static_cast<char>((bytes[8] & 0x3F) | 0x80);
    return bytes;
}

// ---- bit strings

template <class Combine>
datum combine(function_frame& f, char const* word, Combine with) {
    auto a = bits_text(f.text(0));
    auto const b = bits_text(f.text(1));
    if (a.size() != b.size())
        return f.fail({"22026", std::string("cannot ") + word + " bit strings of different sizes"});
    for (std::size_t i = 0; i < a.size(); ++i) a[i] = with(a[i] == '1', b[i] == '1') ? '1' : '0';
    return make_bits(a);
}
datum bit_and(function_frame& f) {
    return combine(f, "AND", [](bool a, bool b) { return a && b; });
}
datum bit_or(function_frame& f) {
    return combine(f, "OR", [](bool a, bool b) { return a || b; });
}
datum bit_xor(function_frame& f) {
    return combine(f, "XOR", [](bool a, bool b) { return a != b; });
}
datum bit_not(function_frame& f) {
    auto a = bits_text(f.text(0));
    for (auto& c : a) c = c == '1' ? '0' : '1';
    return make_bits(a);
}
datum bit_concatenate(function_frame& f) {
    auto const digits = (f.text(0).size() + f.text(1).size()) * 8;
    if (digits > f.context.io.limits.value_bytes)
        return f.fail({"54000", "bit string length exceeds the maximum allowed (" +
                                    std::to_string(f.context.io.limits.value_bytes) + ")"});
    return make_bits(bits_text(f.text(0)) + bits_text(f.text(1)));
}
datum bit_count(function_frame& f) {
    return static_cast<std::int64_t>(bits_text(f.text(0)).size());
}

}  // namespace

void register_bytea_functions(function_registry& to) {
    to.scalars({
        {"byteacat", concatenate},
        {"byteaoctetlen", length},
        {"bytea_substr", substring},
        {"bytea_substr_no_len", substring_from},
        {"byteapos", position},
        {"byteaGetByte", get_byte},
        {"byteaSetByte", set_byte},
        {"binary_encode", encode},
        {"binary_decode", decode},
        {"sha256_bytea", digest_of<digest_kind::sha256>},
        {"sha512_bytea", digest_of<digest_kind::sha512>},
        {"pg_convert_from", convert_from},
        {"pg_convert_to", convert_to},
        {"gen_random_uuid", random_uuid},
        {"bit_and", bit_and},
        {"bit_or", bit_or},
        {"bitxor", bit_xor},
        {"bitnot", bit_not},
        {"bitcat", bit_concatenate},
        {"bitlength", bit_count},
    });
    to.scalar(1812, bit_count);
}

}  // namespace sluice::sql
