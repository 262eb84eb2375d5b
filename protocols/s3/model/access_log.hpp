// Where the requests of a bucket are logged to (API reference, PutBucketLogging), and the texts that
// S3 gives its access logs: the name of a log object and one line for one request (S3 user guide,
// "Amazon S3 server access log format"). Plain values and pure functions.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "gateway/core/clock.hpp"

namespace sluice::s3 {

// How log objects are named; stored numbers, never renumber.
enum class log_key_format : std::uint8_t {
    unsaid = 0,         // as simple
    simple = 1,         // prefix, time, something unique
    by_event_time = 2,  // in folders of account, region, bucket and the day of the requests
    by_delivery_time = 3,  // of the day of the writing
};
inline constexpr std::uint8_t log_key_formats = 4;

struct access_log_target {
    std::string bucket;
    std::string prefix;
    log_key_format format = log_key_format::unsaid;
    bool operator==(access_log_target const&) const = default;
};
inline constexpr std::size_t log_prefix_bytes = 800;

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
// knows: cipher suite, TLS version, access point, whether an ACL was needed.
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
    std::string_view authentication;  // "AuthHeader", "QueryString"
    std::string_view host;
};
// With its line end. Texts of clients are made harmless: they cannot end the line or a quoted field,
// and are cut at a bound.
std::string access_log_line(access_log_entry const& entry);

}  // namespace sluice::s3
