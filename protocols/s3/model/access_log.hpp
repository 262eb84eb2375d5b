// Where the requests of a bucket are logged to (API reference, PutBucketLogging), and the texts that
// S3 gives its access logs: the name of a log object and one line for one request (S3 user guide,
// "Amazon S3 server access log format"). The journal form, one line for one change of an object, is
// Ceph's (radosgw documentation, "Bucket Logging"). Plain values and pure functions.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/core/clock.hpp"
#include "gateway/core/ids.hpp"
#include "gateway/core/result.hpp"

namespace sluice::s3 {

// How log objects are named; stored numbers, never renumber.
enum class log_key_format : std::uint8_t {
    unsaid = 0,         // as simple
    simple = 1,         // prefix, time, something unique
    by_event_time = 2,  // in folders of account, region, bucket and the day of the requests
    by_delivery_time = 3,  // of the day of the writing
};
inline constexpr std::uint8_t log_key_formats = 4;

// What is logged; stored numbers, never renumber.
enum class log_type : std::uint8_t {
    unsaid = 0,    // as standard
    standard = 1,  // requests, best effort
    journal = 2,   // changes of objects, in the commit of each
};
inline constexpr std::uint8_t log_types = 3;

struct access_log_target {
    std::string bucket;
    std::string prefix;
    log_key_format format = log_key_format::unsaid;
    log_type type = log_type::unsaid;
    // Of a journal: the keys whose changes are recorded.
    std::optional<std::string> key_prefix{};
    std::optional<std::string> key_suffix{};
    std::uint32_t roll_seconds = 0;  // lines wait so long to be written out; 0: the server's choice

    bool is_journal() const noexcept { return type == log_type::journal; }
    bool covers(std::string_view key) const noexcept;
    bool operator==(access_log_target const&) const = default;
};
inline constexpr std::size_t log_prefix_bytes = 800;
inline constexpr std::uint32_t log_roll_seconds_max = 24 * 60 * 60;

// The stored form: gateway/design/0005-store.md, "Settings of a bucket".
std::string encode(access_log_target const& target);
bool take_access_log_target(std::string_view bytes, access_log_target& into);

// What makes a log object's name besides its target.
struct log_object {
    std::string_view source_bucket;
    std::string_view account_id;
    std::string_view region;
    unix_millis event{};     // of the requests
    unix_millis delivery{};  // of the writing
    std::string_view unique;
};
std::string log_object_key(access_log_target const& target, log_object const& object);

// One answered request. Empty texts are written as "-", and so are those that this server never
// knows: access point, whether an ACL was needed.
struct access_log_entry {
    std::string_view owner;  // canonical ids
    std::string_view bucket;
    unix_millis time{};
    std::string_view address;
    std::string_view requester;
    std::string_view request_id;
    std::string_view operation;  // "REST.GET.OBJECT"
    std::string_view key;
    std::string_view request_line;  // "GET /bucket/key HTTP/1.1"
    unsigned status = 0;
    std::string_view error_code;
    std::uint64_t bytes_sent = 0;
    bool has_object = false;  // its size is known
    std::uint64_t object_bytes = 0;
    std::chrono::milliseconds total{0};
    std::chrono::milliseconds turn_around{-1};  // negative: unknown
    std::string_view referer;
    std::string_view user_agent;
    std::string_view version;
    std::string_view host_id;
    std::string_view signature;       // "SigV4"
    std::string_view cipher;          // "ECDHE-RSA-AES128-GCM-SHA256"
    std::string_view authentication;  // "AuthHeader", "QueryString"
    std::string_view host;
    std::string_view tls_version;     // "TLSv1.3"
};
// With its line end. Texts of clients are made harmless: they cannot end the line or a quoted field,
// and are cut at a bound.
std::string access_log_line(access_log_entry const& entry);

// One change of an object. Empty texts are written as "-".
struct journal_entry {
    std::string_view owner;  // canonical id
    std::string_view bucket;
    unix_millis time{};
    std::string_view operation;  // "REST.PUT.OBJECT"
    std::string_view key;
    std::optional<std::uint64_t> size{};
    std::string_view version;
    std::string_view etag;
};
// With its line end.
std::string journal_line(journal_entry const& entry);

// What a bucket's journal keeps of a change until it is written out. The stored form:
// gateway/design/0007-logs.md, "Journals of buckets".
struct journal_record {
    principal_id owner{};      // of the bucket
    access_log_target target;  // as it was when the change happened
    std::string line;
};
std::string encode(journal_record const& record);
result<journal_record> decode_journal_record(std::string_view bytes);

}  // namespace sluice::s3
