// One S3 request, decoded but not yet judged: where it goes and the parameters it carries, from
// headers and from the query string alike (presigned URLs carry x-amz-* headers as query
// parameters). Owns everything; views it gives live as long as it does. Plain data, not
// thread-safe.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "auth/authn/uri_encoding.hpp"
#include "protocols/http/request.hpp"
#include "protocols/s3/model/operations.hpp"
#include "protocols/s3/s3_options.hpp"
#include "protocols/s3/wire/address.hpp"

namespace sluice::s3 {

class s3_request final : public selector_source {
public:
    // invalid_uri, invalid_argument (a parameter named twice).
    static s3_result<s3_request> from(http::request_head head, s3_options const& options);

    http::request_head const& head() const noexcept { return head_; }
    address const& where() const noexcept { return where_; }
    std::string const& bucket() const noexcept { return where_.bucket; }
    std::string const& key() const noexcept { return where_.key; }
    auth::query_parameters const& query() const noexcept { return query_; }

    std::optional<std::string_view> parameter(std::string_view name) const noexcept;
    // Headers, and for x-amz-* names the query string too.
    std::optional<std::string_view> header(std::string_view lower_case_name) const noexcept;

    bool has_query(std::string_view name) const override { return parameter(name).has_value(); }
    bool query_equals(std::string_view name, std::string_view value) const override {
        return parameter(name) == value;
    }
    bool has_header(std::string_view name) const override { return header(name).has_value(); }

private:
    http::request_head head_;
    address where_;
    auth::query_parameters query_;
};

}  // namespace sluice::s3
