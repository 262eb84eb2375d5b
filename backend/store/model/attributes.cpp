#include "backend/store/model/attributes.hpp"

#include "backend/store/model/object_lock.hpp"
#include "gateway/core/cursor.hpp"
#include "gateway/core/ids.hpp"

namespace sluice::store {
namespace {

constexpr std::uint8_t attributes_version = 1;

// Stored numbers: never renumber.
enum class tag : std::uint8_t {
    content_type = 1,
    content_encoding = 2,
    content_disposition = 3,
    content_language = 4,
    cache_control = 5,
    expires = 6,
    user_metadata = 7,   // sized name, sized value; once per entry
    checksum = 8,        // u8 algorithm, u8 scope, digest; once per entry
    extra = 9,           // as user_metadata
    object_tag = 10,     // as user_metadata
    storage_class = 11,
    redirect_location = 12,
    retention = 13,      // u8 mode, i64 until
    legal_hold = 14,     // u8 0 or 1
    encryption = 15,
    access = 16,
};

failure unreadable() {
    return failure{error::corrupt, "object attributes do not parse"};
}

void put_text(byte_writer& out, tag which, std::string const& text) {
    if (!text.empty()) out.varint(static_cast<std::uint8_t>(which)).sized(text);
}

void put_pairs(byte_writer& out, tag which,
               std::vector<std::pair<std::string, std::string>> const& pairs) {
    for (auto const& [name, value] : pairs) {
        std::string body;
        byte_writer(body).sized(name).sized(value);
        out.varint(static_cast<std::uint8_t>(which)).sized(body);
    }
}

bool take_pair(std::string_view body, std::vector<std::pair<std::string, std::string>>& into) {
    byte_reader in(body);
    std::string name(in.sized());
    std::string value(in.sized());
    if (!in.ok() || !in.at_end()) return false;
    into.emplace_back(std::move(name), std::move(value));
    return true;
}

bool take_checksum(std::string_view body, std::vector<object_checksum>& into) {
    if (body.size() < 2) return false;
    auto algorithm = static_cast<std::uint8_t>(body[0]);
    auto scope = static_cast<std::uint8_t>(body[1]);
    if (algorithm < 1 || algorithm > 10 || scope < 1 || scope > 2) return false;
    into.push_back({static_cast<checksum_algorithm>(algorithm), static_cast<checksum_scope>(scope),
                    std::string(body.substr(2))});
    return true;
}

bool take_retention(std::string_view body, std::optional<retention>& into) {
    byte_reader in(body);
    auto const mode = in.little<std::uint8_t>();
    auto const until = in.little<std::int64_t>();
    if (!in.ok() || !in.at_end() || mode < 1 || mode > 2) return false;
    into = retention{static_cast<retention_mode>(mode), unix_millis{until}};
    return true;
}

bool take_flag(std::string_view body, std::optional<bool>& into) {
    if (body.size() != 1 || static_cast<unsigned char>(body[0]) > 1) return false;
    into = body[0] == 1;
    return true;
}

bool take_field(std::uint64_t which, std::string_view body, object_attributes& into) {
    switch (which) {
    case static_cast<std::uint8_t>(tag::content_type): into.content_type = body; return true;
    case static_cast<std::uint8_t>(tag::content_encoding):
        into.content_encoding = body;
        return true;
    case static_cast<std::uint8_t>(tag::content_disposition):
        into.content_disposition = body;
        return true;
    case static_cast<std::uint8_t>(tag::content_language):
        into.content_language = body;
        return true;
    case static_cast<std::uint8_t>(tag::cache_control): into.cache_control = body; return true;
    case static_cast<std::uint8_t>(tag::expires): into.expires = body; return true;
    case static_cast<std::uint8_t>(tag::user_metadata): return take_pair(body, into.user_metadata);
    case static_cast<std::uint8_t>(tag::checksum): return take_checksum(body, into.checksums);
    case static_cast<std::uint8_t>(tag::extra): return take_pair(body, into.extra);
    case static_cast<std::uint8_t>(tag::object_tag): return take_pair(body, into.tags);
    case static_cast<std::uint8_t>(tag::storage_class): into.storage_class = body; return true;
    case static_cast<std::uint8_t>(tag::redirect_location):
        into.redirect_location = body;
        return true;
    case static_cast<std::uint8_t>(tag::retention): return take_retention(body, into.retained);
    case static_cast<std::uint8_t>(tag::legal_hold): return take_flag(body, into.legal_hold);
    case static_cast<std::uint8_t>(tag::encryption): into.encryption = body; return true;
    case static_cast<std::uint8_t>(tag::access): into.access = body; return true;
    default: return false;
    }
}

}  // namespace

std::string encode(object_attributes const& attributes) {
    std::string bytes;
    byte_writer out(bytes);
    out.little(attributes_version);
    put_text(out, tag::content_type, attributes.content_type);
    put_text(out, tag::content_encoding, attributes.content_encoding);
    put_text(out, tag::content_disposition, attributes.content_disposition);
    put_text(out, tag::content_language, attributes.content_language);
    put_text(out, tag::cache_control, attributes.cache_control);
    put_text(out, tag::expires, attributes.expires);
    put_pairs(out, tag::user_metadata, attributes.user_metadata);
    for (auto const& checksum : attributes.checksums) {
        std::string body;
        byte_writer(body)
            .little(static_cast<std::uint8_t>(checksum.algorithm))
            .little(static_cast<std::uint8_t>(checksum.scope))
            .raw(checksum.value);
        out.varint(static_cast<std::uint8_t>(tag::checksum)).sized(body);
    }
    put_pairs(out, tag::extra, attributes.extra);
    put_pairs(out, tag::object_tag, attributes.tags);
    put_text(out, tag::storage_class, attributes.storage_class);
    put_text(out, tag::redirect_location, attributes.redirect_location);
    if (attributes.retained) {
        std::string body;
        byte_writer(body)
            .little(static_cast<std::uint8_t>(attributes.retained->mode))
            .little(to_underlying(attributes.retained->until));
        out.varint(static_cast<std::uint8_t>(tag::retention)).sized(body);
    }
    if (attributes.legal_hold) {
        std::string_view const body(*attributes.legal_hold ? "\1" : "\0", 1);
        out.varint(static_cast<std::uint8_t>(tag::legal_hold)).sized(body);
    }
    put_text(out, tag::encryption, attributes.encryption);
    put_text(out, tag::access, attributes.access);
    return bytes;
}

result<object_attributes> decode_attributes(std::string_view bytes) {
    byte_reader in(bytes);
    object_attributes attributes;
    if (in.little<std::uint8_t>() != attributes_version) in.fail();
    while (in.ok() && !in.at_end()) {
        auto which = in.varint();
        auto body = in.sized();
        if (in.ok() && !take_field(which, body, attributes)) in.fail();
    }
    if (!in.ok()) return unreadable();
    return attributes;
}

failure locked_failure() {
    return failure{error::permission_denied, std::string(locked_text)};
}

result<bool> is_locked(std::string_view encoded_attributes, unix_millis now,
                       bool bypasses_governance) {
    byte_reader in(encoded_attributes);
    std::optional<retention> retained;
    std::optional<bool> legal_hold;
    if (in.little<std::uint8_t>() != attributes_version) in.fail();
    while (in.ok() && !in.at_end()) {
        auto const which = in.varint();
        auto const body = in.sized();
        bool fine = true;
        if (which == static_cast<std::uint8_t>(tag::retention))
            fine = take_retention(body, retained);
        else if (which == static_cast<std::uint8_t>(tag::legal_hold))
            fine = take_flag(body, legal_hold);
        if (!fine) in.fail();
    }
    if (!in.ok()) return unreadable();
    if (legal_hold.value_or(false)) return true;
    if (!retained || retained->until <= now) return false;
    return retained->mode == retention_mode::compliance || !bypasses_governance;
}

}  // namespace sluice::store
