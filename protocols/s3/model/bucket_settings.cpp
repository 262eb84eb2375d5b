#include "protocols/s3/model/bucket_settings.hpp"

#include <array>

#include "gateway/core/cursor.hpp"

namespace sluice::s3 {
namespace {

constexpr std::uint8_t settings_version = 1;

// Stored numbers: never renumber.
enum class tag : std::uint8_t {
    bucket_tag = 1,              // sized key, sized value; once per entry
    cors_rule = 2,               // fields of rule_tag; once per entry
    public_access = 3,           // u8 bits of access_bits
    ownership_removed = 4,       // nothing
    acceleration_suspended = 5,  // nothing
    notification = 6,            // fields of event_tag; once per rule
    lifecycle_rule = 8,          // model/lifecycle_record.cpp; once per rule
    object_lock = 9,             // nothing, or u8 mode, u8 unit (1 days, 2 years), varint amount
    encryption = 10,             // u8 kind, u8 bits of encryption_bits, sized key
    website = 11,                // fields of site_tag
    access_log = 12,             // model/access_log.cpp
};
enum class rule_tag : std::uint8_t {
    id = 1,
    origin = 2,  // once per entry, as the next three
    method = 3,
    header = 4,
    exposed = 5,
    max_age = 6,  // varint seconds
};

enum class event_tag : std::uint8_t {
    id = 1,
    topic = 2,  // the ARN, of a TopicConfiguration
    queue = 3,  // of a QueueConfiguration
    event = 4,  // once per event
    prefix = 5,
    suffix = 6,
};

enum encryption_bits : std::uint8_t { bucket_key_on = 1, bucket_key_off = 2, no_customer_keys = 4 };

enum class site_tag : std::uint8_t {
    index = 1,
    error = 2,
    all_host = 3,
    all_protocol = 4,
    rule = 5,  // fields of route_tag; once per rule, in order
};
enum class route_tag : std::uint8_t {
    key_prefix = 1,
    error_code = 2,  // varint
    protocol = 3,
    host = 4,
    replace_prefix = 5,
    replace_key = 6,
    status = 7,  // varint
};

struct access_bit {
    std::uint8_t bit;
    bool public_access_block::*member;
};
constexpr std::array access_bits{
    access_bit{1, &public_access_block::block_public_acls},
    access_bit{2, &public_access_block::ignore_public_acls},
    access_bit{4, &public_access_block::block_public_policy},
    access_bit{8, &public_access_block::restrict_public_buckets},
};

struct rule_texts {
    rule_tag which;
    std::vector<std::string> cors_rule::*member;
};
constexpr std::array texts_of_rules{
    rule_texts{rule_tag::origin, &cors_rule::origins},
    rule_texts{rule_tag::method, &cors_rule::methods},
    rule_texts{rule_tag::header, &cors_rule::headers},
    rule_texts{rule_tag::exposed, &cors_rule::exposed},
};

template <class Tag>
void put(byte_writer& out, Tag which, std::string_view value) {
    out.varint(static_cast<std::uint8_t>(which)).sized(value);
}

std::string encoded(cors_rule const& rule) {
    std::string body;
    byte_writer out(body);
    if (!rule.id.empty()) put(out, rule_tag::id, rule.id);
    for (auto const& [which, member] : texts_of_rules)
        for (auto const& text : rule.*member) put(out, which, text);
    if (rule.max_age_seconds) {
        std::string seconds;
        byte_writer(seconds).varint(*rule.max_age_seconds);
        put(out, rule_tag::max_age, seconds);
    }
    return body;
}

std::string encoded(notification_rule const& rule) {
    std::string body;
    byte_writer out(body);
    put(out, event_tag::id, rule.id);
    put(out, rule.is_queue ? event_tag::queue : event_tag::topic, rule.arn);
    for (auto const& event : rule.events) put(out, event_tag::event, event);
    if (!rule.prefix.empty()) put(out, event_tag::prefix, rule.prefix);
    if (!rule.suffix.empty()) put(out, event_tag::suffix, rule.suffix);
    return body;
}

// Fields in ascending order of their tags, each handed to `take`; false when one is not right.
template <class Take>
bool take_fields(std::string_view body, Take take) {
    byte_reader in(body);
    std::uint64_t last = 0;
    while (in.ok() && !in.at_end()) {
        auto const which = in.varint();
        auto const value = in.sized();
        if (!in.ok() || which < last || !take(which, value, which == last)) return false;
        last = which;
    }
    return in.ok();
}

bool take_rule(std::string_view body, cors_rule& into) {
    return take_fields(body, [&](std::uint64_t which, std::string_view value, bool again) {
        for (auto const& [named, member] : texts_of_rules) {
            if (which != static_cast<std::uint8_t>(named)) continue;
            (into.*member).emplace_back(value);
            return true;
        }
        if (again) return false;
        if (which == static_cast<std::uint8_t>(rule_tag::id)) {
            into.id = value;
            return !value.empty();
        }
        if (which != static_cast<std::uint8_t>(rule_tag::max_age)) return false;
        byte_reader in(value);
        auto const seconds = in.varint();
        into.max_age_seconds = static_cast<std::uint32_t>(seconds);
        return in.ok() && in.at_end() && seconds <= UINT32_MAX;
    });
}

bool take_notification(std::string_view body, notification_rule& into) {
    auto const taken = take_fields(body, [&](std::uint64_t which, std::string_view value, bool again) {
        auto const tag = static_cast<event_tag>(which);
        if (tag == event_tag::event) {
            into.events.emplace_back(value);
            return true;
        }
        into.is_queue = into.is_queue || tag == event_tag::queue;
        auto* const text = tag == event_tag::id                                   ? &into.id
                           : tag == event_tag::topic || tag == event_tag::queue ? &into.arn
                           : tag == event_tag::prefix                             ? &into.prefix
                           : tag == event_tag::suffix                             ? &into.suffix
                                                                                  : nullptr;
        if (again || text == nullptr) return false;
        *text = value;
        return true;
    });
    return taken && !into.id.empty() && !into.arn.empty() && !into.events.empty();
}

bool take_pair(std::string_view body, std::vector<std::pair<std::string, std::string>>& into) {
    byte_reader in(body);
    std::string key(in.sized());
    std::string value(in.sized());
    into.emplace_back(std::move(key), std::move(value));
    return in.ok() && in.at_end();
}

bool take_access(std::string_view body, std::optional<public_access_block>& into) {
    byte_reader in(body);
    auto const bits = in.little<std::uint8_t>();
    into.emplace();
    for (auto const& [bit, member] : access_bits) (*into).*member = (bits & bit) != 0;
    return in.ok() && in.at_end() && bits < 16;
}

bool take_encryption(std::string_view body, std::optional<default_encryption>& into) {
    byte_reader in(body);
    auto const kind = in.little<std::uint8_t>();
    auto const bits = in.little<std::uint8_t>();
    auto& taken = into.emplace();
    taken.key = in.sized();
    taken.method = static_cast<default_encryption::kind>(kind);
    if ((bits & bucket_key_on) != 0) taken.bucket_key = true;
    if ((bits & bucket_key_off) != 0) taken.bucket_key = false;
    taken.blocks_customer_keys = (bits & no_customer_keys) != 0;
    bool const both = (bits & bucket_key_on) != 0 && (bits & bucket_key_off) != 0;
    return in.ok() && in.at_end() && kind <= 2 && bits < 8 && !both;
}

std::string encoded(default_encryption const& value) {
    std::uint8_t bits = value.blocks_customer_keys ? no_customer_keys : 0;
    if (value.bucket_key)
        bits = static_cast<std::uint8_t>(bits | (*value.bucket_key ? bucket_key_on
                                                                   : bucket_key_off));
    std::string body;
    byte_writer(body)
        .little(static_cast<std::uint8_t>(value.method))
        .little(bits)
        .sized(value.key);
    return body;
}

std::string encoded(object_lock const& lock) {
    std::string body;
    if (!lock.rule) return body;
    byte_writer(body)
        .little(static_cast<std::uint8_t>(lock.rule->mode))
        .little(static_cast<std::uint8_t>(lock.rule->in_years ? 2 : 1))
        .varint(lock.rule->amount);
    return body;
}

bool take_lock(std::string_view body, std::optional<object_lock>& into) {
    into.emplace();
    if (body.empty()) return true;
    byte_reader in(body);
    auto const mode = in.little<std::uint8_t>();
    auto const unit = in.little<std::uint8_t>();
    auto const amount = in.varint();
    into->rule = default_retention{static_cast<store::retention_mode>(mode), unit == 2,
                                   static_cast<std::uint32_t>(amount)};
    return in.ok() && in.at_end() && mode >= 1 && mode <= 2 && unit >= 1 && unit <= 2 &&
           amount >= 1 && amount <= UINT32_MAX;
}

std::string encoded_number(std::uint64_t number) {
    std::string bytes;
    byte_writer(bytes).varint(number);
    return bytes;
}

bool take_status(std::string_view body, std::uint16_t& into) {
    byte_reader in(body);
    auto const number = in.varint();
    into = static_cast<std::uint16_t>(number);
    return in.ok() && in.at_end() && number >= 300 && number < 600;
}

std::string encoded(website_rule const& rule) {
    std::string body;
    byte_writer out(body);
    if (rule.key_prefix) put(out, route_tag::key_prefix, *rule.key_prefix);
    if (rule.error_code != 0) put(out, route_tag::error_code, encoded_number(rule.error_code));
    if (!rule.protocol.empty()) put(out, route_tag::protocol, rule.protocol);
    if (!rule.host.empty()) put(out, route_tag::host, rule.host);
    if (rule.replace_prefix) put(out, route_tag::replace_prefix, *rule.replace_prefix);
    if (rule.replace_key) put(out, route_tag::replace_key, *rule.replace_key);
    if (rule.status != 0) put(out, route_tag::status, encoded_number(rule.status));
    return body;
}

std::string encoded(website const& site) {
    std::string body;
    byte_writer out(body);
    if (!site.index_suffix.empty()) put(out, site_tag::index, site.index_suffix);
    if (!site.error_key.empty()) put(out, site_tag::error, site.error_key);
    if (!site.all_host.empty()) put(out, site_tag::all_host, site.all_host);
    if (!site.all_protocol.empty()) put(out, site_tag::all_protocol, site.all_protocol);
    for (auto const& rule : site.rules) put(out, site_tag::rule, encoded(rule));
    return body;
}

bool take_route(std::string_view body, website_rule& into) {
    return take_fields(body, [&](std::uint64_t which, std::string_view value, bool again) {
        if (again) return false;
        switch (static_cast<route_tag>(which)) {
            case route_tag::key_prefix: into.key_prefix = value; return true;
            case route_tag::error_code: return take_status(value, into.error_code);
            case route_tag::protocol: into.protocol = value; return true;
            case route_tag::host: into.host = value; return true;
            case route_tag::replace_prefix: into.replace_prefix = value; return true;
            case route_tag::replace_key: into.replace_key = value; return true;
            case route_tag::status: return take_status(value, into.status);
        }
        return false;
    });
}

bool take_site(std::string_view body, std::optional<website>& into) {
    auto& site = into.emplace();
    auto const taken =
        take_fields(body, [&](std::uint64_t which, std::string_view value, bool again) {
            switch (static_cast<site_tag>(which)) {
                case site_tag::index: site.index_suffix = value; return !again;
                case site_tag::error: site.error_key = value; return !again;
                case site_tag::all_host: site.all_host = value; return !again;
                case site_tag::all_protocol: site.all_protocol = value; return !again;
                case site_tag::rule: return take_route(value, site.rules.emplace_back());
            }
            return false;
        });
    return taken && site.index_suffix.empty() != site.all_host.empty();
}

bool take_field(std::uint64_t which, std::string_view value, bool again, bucket_settings& into) {
    switch (which) {
        case static_cast<std::uint8_t>(tag::bucket_tag): return take_pair(value, into.tags);
        case static_cast<std::uint8_t>(tag::cors_rule):
            return take_rule(value, into.cors.emplace_back());
        case static_cast<std::uint8_t>(tag::public_access):
            return !again && take_access(value, into.public_access);
        case static_cast<std::uint8_t>(tag::ownership_removed):
            into.ownership_removed = true;
            return !again && value.empty();
        case static_cast<std::uint8_t>(tag::acceleration_suspended):
            into.acceleration_suspended = true;
            return !again && value.empty();
        case static_cast<std::uint8_t>(tag::notification):
            return take_notification(value, into.notifications.emplace_back());
        case static_cast<std::uint8_t>(tag::lifecycle_rule):
            return take_lifecycle_rule(value, into.lifecycle.emplace_back());
        case static_cast<std::uint8_t>(tag::object_lock):
            return !again && take_lock(value, into.lock);
        case static_cast<std::uint8_t>(tag::encryption):
            return !again && take_encryption(value, into.encryption);
        case static_cast<std::uint8_t>(tag::website): return !again && take_site(value, into.site);
        case static_cast<std::uint8_t>(tag::access_log):
            return !again && take_access_log_target(value, into.access_log.emplace());
        default: return false;
    }
}

template <class Take>
result<void> take_settings(std::string_view bytes, Take const& take) {
    if (bytes.empty()) return success();
    byte_reader in(bytes);
    auto const version = in.little<std::uint8_t>();
    if (version > settings_version)
        return failure{error::unsupported, "bucket settings were written by a later version"};
    if (version != settings_version || !take_fields(in.rest(), take))
        return failure{error::corrupt, "bucket settings do not parse"};
    return success();
}

}  // namespace

std::string encode(bucket_settings const& settings) {
    std::string bytes;
    if (settings == bucket_settings{}) return bytes;
    byte_writer out(bytes);
    out.little(settings_version);
    for (auto const& [key, value] : settings.tags) {
        std::string body;
        byte_writer(body).sized(key).sized(value);
        put(out, tag::bucket_tag, body);
    }
    for (auto const& rule : settings.cors) put(out, tag::cors_rule, encoded(rule));
    if (settings.public_access) {
        std::uint8_t bits = 0;
        for (auto const& [bit, member] : access_bits)
            if ((*settings.public_access).*member) bits = static_cast<std::uint8_t>(bits | bit);
        put(out, tag::public_access, std::string_view(reinterpret_cast<char const*>(&bits), 1));
    }
    if (settings.ownership_removed) put(out, tag::ownership_removed, {});
    if (settings.acceleration_suspended) put(out, tag::acceleration_suspended, {});
    for (auto const& rule : settings.notifications) put(out, tag::notification, encoded(rule));
    for (auto const& rule : settings.lifecycle) put(out, tag::lifecycle_rule, encode(rule));
    if (settings.lock) put(out, tag::object_lock, encoded(*settings.lock));
    if (settings.encryption) put(out, tag::encryption, encoded(*settings.encryption));
    if (settings.site) put(out, tag::website, encoded(*settings.site));
    if (settings.access_log) put(out, tag::access_log, encode(*settings.access_log));
    return bytes;
}

result<bucket_settings> decode_bucket_settings(std::string_view bytes) {
    bucket_settings settings;
    auto const take = [&](std::uint64_t which, std::string_view value, bool again) {
        return take_field(which, value, again, settings);
    };
    SLUICE_CHECK(take_settings(bytes, take));
    return settings;
}

result<lifecycle_rules> lifecycle_of_settings(std::string_view bytes) {
    lifecycle_rules rules;
    auto const take = [&](std::uint64_t which, std::string_view value, bool) {
        return which != static_cast<std::uint8_t>(tag::lifecycle_rule) ||
               take_lifecycle_rule(value, rules.emplace_back());
    };
    SLUICE_CHECK(take_settings(bytes, take));
    return rules;
}

result<std::optional<access_log_target>> access_log_of_settings(std::string_view bytes) {
    std::optional<access_log_target> target;
    auto const take = [&](std::uint64_t which, std::string_view value, bool) {
        return which != static_cast<std::uint8_t>(tag::access_log) ||
               take_access_log_target(value, target.emplace());
    };
    SLUICE_CHECK(take_settings(bytes, take));
    return target;
}

}  // namespace sluice::s3
