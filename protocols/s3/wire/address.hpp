// What a request is about: the service, a bucket or an object, named by the path ("/bucket/key")
// or, on the configured domains, by the host ("bucket.s3.example.org/key"). Names come decoded,
// exactly as they were signed. Pure, thread-safe.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocols/s3/model/operations.hpp"
#include "protocols/s3/wire/s3_error.hpp"

namespace sluice::s3 {

struct address {
    resource_level level = resource_level::service;
    std::string bucket;
    std::string key;
    bool bucket_in_host = false;
};

// `host` may carry a port. `domains` are lower case and without port. invalid_uri; the names' own
// rules are not checked here.
s3_result<address> resolve_address(std::string_view host, std::string_view raw_path,
                                   std::vector<std::string> const& domains);

// The bucket whose website the host is; nothing: it is none of them.
std::optional<std::string> website_bucket(std::string_view host,
                                          std::vector<std::string> const& website_domains);

// x-amz-copy-source: "[/]bucket/key[?versionId=...]", percent-encoded.
struct copy_source {
    std::string bucket;
    std::string key;
    std::string version;  // empty: none was named
};
s3_result<copy_source> parse_copy_source(std::string_view header);

}  // namespace sluice::s3
