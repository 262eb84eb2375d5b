// A bucket's lifecycle rules and what they say about one object (S3 user guide, "Managing the
// lifecycle of objects"): whether it goes, and when it will. Plain values and pure functions; the
// worker and the answers of GET and PUT ask the same ones.
//
// Days are counted as S3 counts them: an action is due at the first midnight UTC after the object's
// age. A configured day of another length is for tests and counts from the object's own moment.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gateway/core/clock.hpp"

namespace sluice::s3 {

inline constexpr std::size_t lifecycle_rules_max = 1000;
inline constexpr std::size_t lifecycle_id_characters = 255;
inline constexpr std::size_t lifecycle_prefix_bytes = 1024;
inline constexpr std::uint32_t newer_noncurrent_versions_max = 100;

// How the client wrote what a rule is about; kept so that it reads back what it wrote.
enum class filter_form : std::uint8_t {
    old_prefix = 0,    // a Prefix beside the actions
    everything = 1,    // an empty Filter
    prefix = 2,
    tag = 3,
    greater_than = 4,
    less_than = 5,
    all_of = 6,        // an And
};
inline constexpr std::uint8_t filter_forms = 7;

struct lifecycle_rule {
    std::string id;
    bool enabled = true;

    filter_form form = filter_form::everything;
    std::optional<std::string> prefix;
    std::vector<std::pair<std::string, std::string>> tags;  // all of them
    std::optional<std::uint64_t> greater_than;              // bytes
    std::optional<std::uint64_t> less_than;

    std::optional<std::uint32_t> expiration_days;
    std::optional<unix_millis> expiration_date;
    std::optional<bool> expired_marker;
    std::optional<std::uint32_t> noncurrent_days;
    std::optional<std::uint32_t> newer_noncurrent_versions;
    std::optional<std::uint32_t> abort_days;

    bool operator==(lifecycle_rule const&) const = default;

    bool expires() const noexcept { return expiration_days || expiration_date; }
    bool is_about_objects() const noexcept { return expires() || expired_marker || noncurrent_days; }
};
using lifecycle_rules = std::vector<lifecycle_rule>;

// How long a day of the rules is.
using lifecycle_day = std::chrono::milliseconds;
inline constexpr lifecycle_day real_day = std::chrono::hours(24);

// What is known of one version of an object. Views are valid for the call.
struct object_facts {
    std::string_view key;
    std::uint64_t size = 0;
    std::vector<std::pair<std::string, std::string>> const* tags = nullptr;  // null: none
    unix_millis modified{};
    bool is_latest = true;
    bool is_delete_marker = false;
    bool is_only_version = true;           // of its key
    unix_millis noncurrent_since{};        // modified of the next newer version
    std::uint32_t newer_noncurrent = 0;    // versions with bytes between it and the newest
};

enum class lifecycle_verdict : std::uint8_t {
    keep,
    expire,  // the newest: as a deletion that names no version
    erase,   // this version, for good
};
// A delete marker that is the only version of its key goes by ExpiredObjectDeleteMarker, or as old as
// Days; it matches no filter by tags or size. Disabled rules say nothing.
lifecycle_verdict decide(lifecycle_rules const& rules, object_facts const& object, unix_millis now,
                         lifecycle_day day);

// Whether some rule ends an upload of `key` that began at `initiated`.
bool ends_upload(lifecycle_rules const& rules, std::string_view key, unix_millis initiated,
                 unix_millis now, lifecycle_day day);

// When the newest version will expire, by the rule that is first; nothing: by none.
struct expiry {
    unix_millis at{};
    std::string_view rule_id;  // of `rules`
};
std::optional<expiry> expiry_of(lifecycle_rules const& rules, object_facts const& object,
                                lifecycle_day day);
// The same for an upload (x-amz-abort-date).
std::optional<expiry> abort_of(lifecycle_rules const& rules, std::string_view key,
                               unix_millis initiated, lifecycle_day day);

// What all enabled rules have in common: where a walk has to look, and at what.
struct lifecycle_scope {
    bool objects = false;
    bool uploads = false;
    bool tags = false;           // some rule asks for them
    std::string object_prefix;   // of every key that a rule is about
    std::string upload_prefix;
};
lifecycle_scope scope_of(lifecycle_rules const& rules);

// The stored form of one rule: gateway/design/0005-store.md, "Settings of a bucket".
std::string encode(lifecycle_rule const& rule);
// False: not the stored form.
bool take_lifecycle_rule(std::string_view bytes, lifecycle_rule& into);

}  // namespace sluice::s3
