#include "auth/identity/principal.hpp"

#include <algorithm>

#include "gateway/core/cursor.hpp"

namespace sluice::auth {
namespace {

constexpr std::uint8_t record_version = 1;

template <class Id>
std::uint64_t number(Id id) noexcept {
    return static_cast<std::uint64_t>(to_underlying(id));
}

bool is_name_char(char c) noexcept {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("._@+=-").find(c) != std::string_view::npos;
}

result<void> check_version(byte_reader& reader, char const* what) {
    auto version = reader.little<std::uint8_t>();
    if (!reader.ok()) return failure{error::malformed, std::string(what) + ": empty"};
    if (version == 0 || version > record_version)
        return failure{error::unsupported,
                       std::string(what) + ": unknown version " + std::to_string(version)};
    return {};
}

}  // namespace

std::string_view name_of(principal_kind kind) noexcept {
    switch (kind) {
        case principal_kind::user: return "user";
        case principal_kind::service: return "service";
        case principal_kind::agent: return "agent";
        case principal_kind::role: return "role";
        case principal_kind::anonymous: return "anonymous";
    }
    return "unknown";
}

std::optional<principal_kind> principal_kind_named(std::string_view name) noexcept {
    for (auto kind : {principal_kind::user, principal_kind::service, principal_kind::agent,
                      principal_kind::role})
        if (name == name_of(kind)) return kind;
    return std::nullopt;
}

result<void> check_principal_name(std::string_view name) {
    if (name.empty() || name.size() > longest_principal_name)
        return failure{error::invalid_argument, "a principal's name has 1 to 64 characters"};
    if (!std::all_of(name.begin(), name.end(), is_name_char))
        return failure{error::invalid_argument,
                       "a principal's name consists of letters, digits and ._@+=-"};
    if (name.starts_with("__"))
        return failure{error::invalid_argument, "names starting with __ are reserved"};
    return {};
}

std::string encode(principal const& value) {
    std::string out;
    byte_writer writer(out);
    writer.little(record_version)
        .little(number(value.id))
        .little(static_cast<std::uint8_t>(value.kind))
        .little(static_cast<std::uint8_t>(value.enabled))
        .little(to_underlying(value.created))
        .little(number(value.on_behalf_of))
        .sized(value.name)
        .varint(value.member_of.size());
    for (auto role : value.member_of) writer.little(number(role));
    return out;
}

result<principal> decode_principal(std::string_view bytes) {
    byte_reader reader(bytes);
    SLUICE_CHECK(check_version(reader, "principal"));
    principal value;
    value.id = principal_id{reader.little<std::uint64_t>()};
    auto kind = reader.little<std::uint8_t>();
    value.enabled = reader.little<std::uint8_t>() != 0;
    value.created = unix_millis{reader.little<std::int64_t>()};
    value.on_behalf_of = principal_id{reader.little<std::uint64_t>()};
    value.name = std::string(reader.sized());
    auto roles = reader.varint();
    if (kind < 1 || kind > 4 || roles > most_roles_of_one) reader.fail();
    for (std::uint64_t i = 0; i < roles && reader.ok(); ++i)
        value.member_of.push_back(principal_id{reader.little<std::uint64_t>()});
    SLUICE_CHECK(reader.finish("principal"));
    value.kind = static_cast<principal_kind>(kind);
    return value;
}

std::string encode(credential const& value) {
    std::string out;
    byte_writer(out)
        .little(record_version)
        .little(static_cast<std::uint8_t>(value.kind))
        .little(static_cast<std::uint8_t>(value.enabled))
        .little(number(value.owner))
        .little(to_underlying(value.created))
        .little(to_underlying(value.expires))
        .sized(value.id)
        .sized(value.scram_sha_256)
        .sized(value.scram_sha_512)
        .sized(value.sealed_secret);
    return out;
}

result<credential> decode_credential(std::string_view bytes) {
    byte_reader reader(bytes);
    SLUICE_CHECK(check_version(reader, "credential"));
    credential value;
    auto kind = reader.little<std::uint8_t>();
    value.enabled = reader.little<std::uint8_t>() != 0;
    value.owner = principal_id{reader.little<std::uint64_t>()};
    value.created = unix_millis{reader.little<std::int64_t>()};
    value.expires = unix_millis{reader.little<std::int64_t>()};
    value.id = std::string(reader.sized());
    value.scram_sha_256 = std::string(reader.sized());
    value.scram_sha_512 = std::string(reader.sized());
    value.sealed_secret = std::string(reader.sized());
    if (kind < 1 || kind > 2) reader.fail();
    SLUICE_CHECK(reader.finish("credential"));
    value.kind = static_cast<credential_kind>(kind);
    return value;
}

}  // namespace sluice::auth
