// What a bucket is as a website (S3 user guide, "Hosting a static website"), and where its rules
// send a request. Plain values; pure, thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::s3 {

// A RoutingRule: sends what fits its conditions elsewhere.
struct website_rule {
    std::optional<std::string> key_prefix;      // condition
    std::uint16_t error_code = 0;               // condition: the status it would answer; 0: none
    std::string protocol;                       // empty: the request's
    std::string host;                           // empty: the request's
    std::optional<std::string> replace_prefix;  // in place of key_prefix
    std::optional<std::string> replace_key;     // the whole key
    std::uint16_t status = 0;                   // 0: 301
    bool operator==(website_rule const&) const = default;
};

struct website {
    std::string index_suffix;   // of keys that end in '/'; empty with all_host
    std::string error_key;      // empty: none
    std::string all_host;       // every request goes there; empty: not so
    std::string all_protocol;   // empty: the request's
    std::vector<website_rule> rules;
    bool operator==(website const&) const = default;
};

struct website_request {
    std::string_view protocol;  // "http" or "https"
    std::string_view host;      // port included
    std::string_view key;       // decoded
    std::string_view raw_query;
};
struct website_redirect {
    unsigned status = 301;
    std::string location;
};
// RedirectAllRequestsTo. Nothing: there is none.
std::optional<website_redirect> redirect_of_all(website const& site, website_request const& asked);
// The first rule that fits. `error_status` 0: before anything was looked up, so that rules about
// errors do not fit yet.
std::optional<website_redirect> redirect_by_rule(website const& site, website_request const& asked,
                                                 unsigned error_status);

}  // namespace sluice::s3
