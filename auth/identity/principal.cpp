#include "auth/identity/principal.hpp"

#include <algorithm>

#include "gateway/core/cursor.hpp"

namespace sluice::auth {
namespace {

constexpr std::uint8_t record_version = 1;
// Of a principal that has given names.
constexpr std::uint8_t principal_version_with_names = 2;
// Of a group, or a role that says more than its name.
constexpr std::uint8_t principal_version_with_details = 3;
constexpr std::uint8_t principal_version_with_tags = 4;
constexpr std::size_t made_zeros = 48;  // in front of the 16 digits of an id

template <class Id>
std::uint64_t number(Id id) noexcept {
    return static_cast<std::uint64_t>(to_underlying(id));
}

bool is_name_char(char c) noexcept {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("._@+=-").find(c) != std::string_view::npos;
}

result<std::uint8_t> take_version(byte_reader& reader, char const* what, std::uint8_t newest) {
    auto version = reader.little<std::uint8_t>();
    if (!reader.ok()) return failure{error::malformed, std::string(what) + ": empty"};
    if (version == 0 || version > newest)
        return failure{error::unsupported,
                       std::string(what) + ": unknown version " + std::to_string(version)};
    return version;
}

bool has_given_names(principal const& who) noexcept {
    return !who.canonical_id.empty() || !who.display_name.empty() || !who.email.empty();
}

std::uint8_t version_of(principal const& who) noexcept {
    if (!who.tags.empty()) return principal_version_with_tags;
    bool const details = who.kind == principal_kind::group || !who.description.empty() ||
                         who.longest_session != 0;
    if (details) return principal_version_with_details;
    return has_given_names(who) ? principal_version_with_names : record_version;
}

bool is_stored_kind(std::uint8_t kind, std::uint8_t version) noexcept {
    if (kind >= 1 && kind <= 4) return true;
    return version >= principal_version_with_details &&
           kind == static_cast<std::uint8_t>(principal_kind::group);
}

void take_tags(byte_reader& reader, std::vector<principal_tag>& into) {
    auto const count = reader.varint();
    if (count > most_principal_tags) reader.fail();
    for (std::uint64_t i = 0; i < count && reader.ok(); ++i) {
        auto const key = reader.sized();
        auto const value = reader.sized();
        into.push_back({std::string(key), std::string(value)});
    }
}

bool is_canonical_char(char c) noexcept {
    return is_name_char(c) && c != '@' && c != '+' && c != '=';
}

bool is_control(char c) noexcept { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

// As IAM's pattern has it; letters beyond ASCII are not looked up.
bool is_tag_char(char c) noexcept {
    return static_cast<unsigned char>(c) >= 0x80 || is_name_char(c) ||
           std::string_view(" :/").find(c) != std::string_view::npos;
}

result<void> check_tag(principal_tag const& tag) {
    auto const fits = [](std::string_view text, std::size_t most) {
        return text.size() <= most && std::all_of(text.begin(), text.end(), is_tag_char);
    };
    if (tag.key.empty() || !fits(tag.key, longest_tag_key))
        return failure{error::invalid_argument,
                       "a tag's key has 1 to 128 letters, digits, blanks and _.:/=+-@"};
    if (!fits(tag.value, longest_tag_value))
        return failure{error::invalid_argument,
                       "a tag's value has at most 256 letters, digits, blanks and _.:/=+-@"};
    if (is_same_tag_key(tag.key.substr(0, 4), "aws:"))
        return failure{error::invalid_argument, "tags whose keys begin with aws: are reserved"};
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
        case principal_kind::group: return "group";
    }
    return "unknown";
}

std::optional<principal_kind> principal_kind_named(std::string_view name) noexcept {
    for (auto kind : {principal_kind::user, principal_kind::service, principal_kind::agent,
                      principal_kind::role, principal_kind::group})
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

result<void> check_given_names(principal const& who) {
    auto const& id = who.canonical_id;
    if (id.size() > longest_canonical_id ||
        !std::all_of(id.begin(), id.end(), is_canonical_char))
        return failure{error::invalid_argument,
                       "a given id has at most 64 letters, digits and ._-"};
    if (id.size() == longest_canonical_id && id.starts_with(std::string(made_zeros, '0')))
        return failure{error::invalid_argument, "a given id must not look like a made one"};
    auto const& name = who.display_name;
    if (name.size() > longest_display_name || std::any_of(name.begin(), name.end(), is_control))
        return failure{error::invalid_argument,
                       "a display name has at most 256 bytes and no control characters"};
    auto const& email = who.email;
    bool const is_address = email.find('@') != std::string::npos &&
                            email.find(' ') == std::string::npos &&
                            std::none_of(email.begin(), email.end(), is_control);
    if (!email.empty() && (email.size() > longest_email || !is_address))
        return failure{error::invalid_argument, "'" + email + "' is no e-mail address"};
    return {};
}

result<void> check_role_details(principal const& who) {
    auto const& text = who.description;
    if (text.size() > longest_description || std::any_of(text.begin(), text.end(), is_control))
        return failure{error::invalid_argument,
                       "a description has at most 1000 bytes and no control characters"};
    auto const seconds = who.longest_session;
    if (seconds != 0 && (seconds < least_longest_session || seconds > most_longest_session))
        return failure{error::invalid_argument,
                       "the longest session of a role is between 3600 and 43200 seconds"};
    bool const says_more = !text.empty() || seconds != 0;
    if (says_more && who.kind != principal_kind::role)
        return failure{error::invalid_argument, "'" + who.name + "' is no role"};
    return {};
}

bool is_same_tag_key(std::string_view one, std::string_view other) noexcept {
    return std::equal(one.begin(), one.end(), other.begin(), other.end(),
                      [](char a, char b) { return lower(a) == lower(b); });
}

result<void> check_tags(principal const& who) {
    if (who.tags.empty()) return {};
    if (who.kind == principal_kind::group)
        return failure{error::invalid_argument, "groups have no tags"};
    if (who.tags.size() > most_principal_tags)
        return failure{error::too_large, "'" + who.name + "' has more than 50 tags"};
    for (auto at = who.tags.begin(); at != who.tags.end(); ++at) {
        SLUICE_CHECK(check_tag(*at));
        auto const same = [&](auto const& one) { return is_same_tag_key(one.key, at->key); };
        if (std::any_of(who.tags.begin(), at, same))
            return failure{error::invalid_argument, "the tag '" + at->key + "' is given twice"};
    }
    return {};
}

std::string canonical_id_of(principal_id id) {
    constexpr char digits[] = "0123456789abcdef";
    std::string out(longest_canonical_id, '0');
    auto value = number(id);
    for (auto at = out.rbegin(); value != 0; ++at, value >>= 4) *at = digits[value & 15];
    return out;
}

std::string unique_id_of(principal_id id) {
    constexpr char digits[] = "0123456789ABCDEF";
    std::string out(16, '0');
    auto value = number(id);
    for (auto at = out.rbegin(); value != 0; ++at, value >>= 4) *at = digits[value & 15];
    return out;
}

std::string canonical_id_of(principal const& who) {
    return who.canonical_id.empty() ? canonical_id_of(who.id) : who.canonical_id;
}

std::string encode(principal const& value) {
    std::string out;
    byte_writer writer(out);
    auto const version = version_of(value);
    writer.little(version)
        .little(number(value.id))
        .little(static_cast<std::uint8_t>(value.kind))
        .little(static_cast<std::uint8_t>(value.enabled))
        .little(to_underlying(value.created))
        .little(number(value.on_behalf_of))
        .sized(value.name)
        .varint(value.member_of.size());
    for (auto role : value.member_of) writer.little(number(role));
    if (version >= principal_version_with_names)
        writer.sized(value.canonical_id).sized(value.display_name).sized(value.email);
    if (version >= principal_version_with_details)
        writer.sized(value.description).little(value.longest_session);
    if (version >= principal_version_with_tags) {
        writer.varint(value.tags.size());
        for (auto const& tag : value.tags) writer.sized(tag.key).sized(tag.value);
    }
    return out;
}

result<principal> decode_principal(std::string_view bytes) {
    byte_reader reader(bytes);
    SLUICE_TRY(auto const version,
               take_version(reader, "principal", principal_version_with_tags));
    principal value;
    value.id = principal_id{reader.little<std::uint64_t>()};
    auto kind = reader.little<std::uint8_t>();
    value.enabled = reader.little<std::uint8_t>() != 0;
    value.created = unix_millis{reader.little<std::int64_t>()};
    value.on_behalf_of = principal_id{reader.little<std::uint64_t>()};
    value.name = std::string(reader.sized());
    auto roles = reader.varint();
    if (!is_stored_kind(kind, version) || roles > most_roles_of_one) reader.fail();
    for (std::uint64_t i = 0; i < roles && reader.ok(); ++i)
        value.member_of.push_back(principal_id{reader.little<std::uint64_t>()});
    if (version >= principal_version_with_names) {
        value.canonical_id = reader.sized();
        value.display_name = reader.sized();
        value.email = reader.sized();
    }
    if (version >= principal_version_with_details) {
        value.description = reader.sized();
        value.longest_session = reader.little<std::uint32_t>();
    }
    if (version >= principal_version_with_tags) take_tags(reader, value.tags);
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
    SLUICE_CHECK(take_version(reader, "credential", record_version));
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
