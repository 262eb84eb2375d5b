#include "protocols/postgres/wire/startup_packet.hpp"

#include "protocols/postgres/wire/fields.hpp"

namespace sluice::postgres {
namespace {

constexpr std::size_t least_key_bytes = 4, most_key_bytes = 256;

result<startup_packet> read_cancel(byte_reader in) {
    cancel_request out;
    out.process_id = in.big<std::int32_t>();
    out.secret_key = in.rest();
    if (!in.ok() || out.secret_key.size() < least_key_bytes ||
        out.secret_key.size() > most_key_bytes)
        return failure{error::malformed, "invalid length of query cancel packet"};
    return startup_packet(std::move(out));
}

result<startup_packet> read_parameters(byte_reader in, std::uint32_t version) {
    startup_request out;
    out.version = version;
    while (true) {
        auto const name = as_text::read(in);
        if (!in.ok()) break;
        if (name.empty()) {
            if (!in.at_end()) break;
            return startup_packet(std::move(out));
        }
        auto const value = as_text::read(in);
        if (!in.ok()) break;
        out.parameters.emplace_back(name, value);
    }
    return failure{error::malformed,
                   "invalid startup packet layout: expected terminator as last byte"};
}

}  // namespace

result<std::size_t> read_startup_length(std::string_view four_bytes, std::size_t most) {
    byte_reader in(four_bytes);
    auto const length = in.big<std::uint32_t>();
    if (!in.ok() || length < 8 || length > most)
        return failure{error::malformed, "invalid length of startup packet"};
    return std::size_t{length};
}

result<startup_packet> decode_startup_packet(std::string_view packet) {
    byte_reader in(packet);
    auto const code = in.big<std::uint32_t>();
    if (!in.ok()) return failure{error::malformed, "invalid length of startup packet"};
    switch (code) {
        case ssl_request_code:
            if (in.at_end()) return startup_packet(ssl_request{});
            return failure{error::malformed, "invalid length of SSL request"};
        case gss_request_code:
            if (in.at_end()) return startup_packet(gss_request{});
            return failure{error::malformed, "invalid length of GSSAPI request"};
        case cancel_request_code:
            return read_cancel(in);
        default:
            break;
    }
    if (code >> 16 != 3) return startup_packet(startup_request{code, {}});
    return read_parameters(in, code);
}

}  // namespace sluice::postgres
