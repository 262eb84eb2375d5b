// What a bucket is configured with, and its form in the opaque `settings` of the bucket's record.
// Plain values, copyable between threads.
//
// Stored form (version 1): nothing at all when nothing is configured, else u8 1, then fields as
// (varint tag, sized value), tags ascending: gateway/design/0005-store.md, "Settings of a bucket".
// A tag this version does not know is `corrupt` and a later version `unsupported`: what a client
// stored is never dropped in silence by writing back less than was read.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "backend/store/model/attributes.hpp"
#include "gateway/core/result.hpp"
#include "protocols/s3/model/access_log.hpp"
#include "protocols/s3/model/lifecycle.hpp"
#include "protocols/s3/model/notification.hpp"
#include "protocols/s3/model/website.hpp"

namespace sluice::s3 {

// Whether an origin's browser may send what: one CORSRule. Patterns hold at most one '*'.
struct cors_rule {
    std::string id;  // empty: none
    std::vector<std::string> origins;
    std::vector<std::string> methods;
    std::vector<std::string> headers;  // allowed in the request
    std::vector<std::string> exposed;  // of the answer
    std::optional<std::uint32_t> max_age_seconds;
    bool operator==(cors_rule const&) const = default;
};

// Kept as it was put. Each of the four bounds what ACLs and bucket policies may grant to everyone.
// The two about ACLs are the guard's too, in the bucket's auth::bucket_access, where lists count; of
// policies, the one keeps a public one from being put, the other keeps strangers out of a bucket that has
// one.
struct public_access_block {
    bool block_public_acls = false;
    bool ignore_public_acls = false;
    bool block_public_policy = false;
    bool restrict_public_buckets = false;
    bool operator==(public_access_block const&) const = default;
};

// How objects are encrypted whose writers say nothing about it.
struct default_encryption {
    // Stored numbers: never renumber.
    enum class kind : std::uint8_t { none = 0, server_key = 1, named_key = 2 };
    static constexpr std::size_t key_bytes_max = 256;

    kind method = kind::none;
    std::string key;                 // of named_key, as it was named; may be empty
    std::optional<bool> bucket_key;  // only said again in answers
    bool blocks_customer_keys = false;
    bool operator==(default_encryption const&) const = default;
};

// What objects are retained by that name no retention of their own.
struct default_retention {
    store::retention_mode mode = store::retention_mode::governance;
    bool in_years = false;     // calendar years, else days
    std::uint32_t amount = 0;  // at least 1
    bool operator==(default_retention const&) const = default;
};
// The bucket keeps versions, and goes on keeping them: this is never taken away.
struct object_lock {
    std::optional<default_retention> rule;
    bool operator==(object_lock const&) const = default;
};

struct bucket_settings {
    std::vector<std::pair<std::string, std::string>> tags;  // in the client's order
    std::vector<cors_rule> cors;
    std::optional<public_access_block> public_access;
    std::vector<notification_rule> notifications;
    // DeleteBucketOwnershipControls came: the rule is not there. Whether lists count is said by the
    // bucket's auth::bucket_access alone.
    bool ownership_removed = false;
    // PutBucketAccelerateConfiguration said Suspended: same effect as nothing, but answered.
    bool acceleration_suspended = false;
    lifecycle_rules lifecycle;  // in the client's order
    std::optional<access_log_target> access_log;
    std::optional<default_encryption> encryption;
    std::optional<object_lock> lock;
    std::optional<website> site;
    bool operator==(bucket_settings const&) const = default;
};

// Empty when nothing is configured.
std::string encode(bucket_settings const&);
// corrupt when the bytes are not the stored form, unsupported for a later version.
result<bucket_settings> decode_bucket_settings(std::string_view);

// One part of the stored form alone, for the way of every request; as empty as the part is.
result<lifecycle_rules> lifecycle_of_settings(std::string_view);
result<std::optional<access_log_target>> access_log_of_settings(std::string_view);

}  // namespace sluice::s3
