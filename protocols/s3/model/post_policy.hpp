// The policy of a form upload (S3 API reference, "POST Policy"): a JSON document that whoever signs
// it gives to a browser, and that the browser's form must fit.
//
//     {"expiration": "2026-01-01T00:00:00Z",
//      "conditions": [{"bucket": "b"}, ["eq", "$acl", "private"], ["starts-with", "$key", "user/"],
//                     ["content-length-range", 1, 1048576]]}
//
// Names are compared without case, values with it; every field needs a condition, every condition a
// field. Pure, thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/core/clock.hpp"
#include "protocols/s3/wire/form_reader.hpp"
#include "protocols/s3/wire/s3_error.hpp"

namespace sluice::s3 {

struct size_bounds {
    std::uint64_t least = 0;
    std::uint64_t most = UINT64_MAX;
};

class post_policy {
public:
    // The document in base64, as the form carries it. invalid_policy_document.
    static s3_result<post_policy> parse(std::string_view base64);

    // access_denied, naming the condition or field. `fields` have their variables expanded,
    // `bucket` is the one of the request.
    s3_result<> check(std::vector<form_field> const& fields, std::string_view bucket,
                      unix_millis now) const;
    // For the file, all ranges together.
    size_bounds const& bounds() const noexcept { return bounds_; }

private:
    friend class post_policy_parser;
    enum class test : std::uint8_t { equals, starts_with, never };
    struct condition {
        test kind = test::never;
        std::string name;   // lower case
        std::string value;
        std::string text;   // as messages show it
    };
    bool holds(condition const& one, std::vector<form_field> const& fields,
               std::string_view bucket) const;
    bool covers(std::string_view name) const noexcept;

    unix_millis expiration_{};
    std::vector<condition> conditions_;
    size_bounds bounds_;
};

}  // namespace sluice::s3
