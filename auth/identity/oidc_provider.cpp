#include "auth/identity/oidc_provider.hpp"

#include <algorithm>
#include <array>

#include "gateway/core/cursor.hpp"
#include "gateway/core/ids.hpp"

namespace sluice::auth {
namespace {

constexpr std::uint8_t record_version = 2;
constexpr std::string_view secure = "https://";
constexpr std::string_view plain = "http://";

// Of a URL without user, query and fragment, in which nothing needs quoting.
bool is_url_char(char c) noexcept {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("-._~:/[]%").find(c) != std::string_view::npos;
}

std::string_view without_scheme(std::string_view url) noexcept {
    if (url.starts_with(secure)) return url.substr(secure.size());
    if (url.starts_with(plain)) return url.substr(plain.size());
    return {};
}

bool is_loopback(std::string_view host) noexcept {
    constexpr std::array<std::string_view, 3> names{"localhost", "127.0.0.1", "[::1]"};
    for (auto const name : names) {
        if (!host.starts_with(name)) continue;
        auto const rest = host.substr(name.size());
        if (rest.empty() || rest.front() == ':' || rest.front() == '/') return true;
    }
    return false;
}

bool is_printable(std::string_view text) noexcept {
    return std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7f; });
}

failure unfit(std::string text) { return failure{error::invalid_argument, std::move(text)}; }

}  // namespace

std::string provider_name_of(std::string_view issuer) {
    auto name = without_scheme(issuer);
    if (name.ends_with('/')) name.remove_suffix(1);
    bool const fits = !name.empty() && name.front() != '/' &&
                      std::all_of(name.begin(), name.end(), is_url_char);
    return fits ? std::string(name) : std::string();
}

bool is_fetchable(std::string_view url) noexcept {
    auto const rest = without_scheme(url);
    if (rest.empty() || rest.front() == '/' || !std::all_of(rest.begin(), rest.end(), is_url_char))
        return false;
    return url.starts_with(secure) || is_loopback(rest);
}

result<void> check_oidc_provider(oidc_provider const& value) {
    if (value.issuer.size() > longest_issuer || value.name.empty() || !is_fetchable(value.issuer))
        return unfit("an issuer is a URL of at most 255 characters that begins with https:// "
                     "(http:// for this machine itself)");
    if (value.label.empty() || value.label.size() > longest_issuer || !is_printable(value.label))
        return unfit("a provider's name is 1 to 255 printable characters without blanks");
    if (value.clients.empty() || value.clients.size() > most_clients_of_one)
        return unfit("a provider has 1 to 100 audiences");
    for (auto const& client : value.clients)
        if (client.empty() || client.size() > longest_client || !is_printable(client))
            return unfit("an audience is 1 to 255 printable characters without blanks");
    auto const& keys = value.keys;
    bool const known = keys.empty() || keys.front() == '/' || is_fetchable(keys);
    if (!known || keys.size() > longest_keys_place)
        return unfit("keys are in a file (an absolute path), or behind a URL that begins with "
                     "https:// (http:// for this machine itself)");
    return {};
}

std::string encode(oidc_provider const& value) {
    std::string out;
    byte_writer writer(out);
    writer.little(record_version)
        .little(to_underlying(value.created))
        .sized(value.issuer)
        .sized(value.label)
        .sized(value.keys)
        .varint(value.clients.size());
    for (auto const& client : value.clients) writer.sized(client);
    writer.little(static_cast<std::uint8_t>(value.logins));
    return out;
}

result<oidc_provider> decode_oidc_provider(std::string_view bytes) {
    byte_reader reader(bytes);
    auto const version = reader.little<std::uint8_t>();
    if (reader.ok() && (version < 1 || version > record_version))
        return failure{error::unsupported,
                       "identity provider: unknown version " + std::to_string(version)};
    oidc_provider value;
    value.created = unix_millis{reader.little<std::int64_t>()};
    value.issuer = reader.sized();
    value.label = reader.sized();
    value.keys = reader.sized();
    auto const clients = reader.varint();
    if (clients > most_clients_of_one) reader.fail();
    for (std::uint64_t i = 0; i < clients && reader.ok(); ++i)
        value.clients.emplace_back(reader.sized());
    if (version > 1) {
        auto const logins = reader.little<std::uint8_t>();
        if (logins > 1) reader.fail();
        value.logins = logins == 1;
    }
    SLUICE_CHECK(reader.finish("identity provider"));
    value.name = provider_name_of(value.issuer);
    return value;
}

}  // namespace sluice::auth
