// Access lists on the wire: the AccessControlPolicy document, the canned names of x-amz-acl, and the
// x-amz-grant-* headers (API reference, PutObjectAcl; S3 user guide, "Access control list (ACL) overview").
// Who a grantee is stays a text here: whoever can looks it up. Pure, thread-safe.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "auth/policy/access_list.hpp"
#include "protocols/s3/s3_request.hpp"
#include "protocols/s3/wire/xml_reader.hpp"
#include "protocols/s3/wire/xml_writer.hpp"

namespace sluice::s3 {

struct named_grant {
    enum class naming : std::uint8_t { canonical_id, email, group };
    naming by = naming::canonical_id;
    std::string text;
    auth::access_permission what = auth::access_permission::read;
    bool operator==(named_grant const&) const = default;
};

// What a request says about a list.
struct asked_access {
    auth::access_choice::canned name = auth::access_choice::canned::owner_only;
    std::optional<std::vector<named_grant>> grants;
    bool says_something = false;  // by header
};
enum class access_subject : std::uint8_t { bucket, object };
// By x-amz-acl or x-amz-grant-*. invalid_request: by both; invalid_argument; not_implemented for
// aws-exec-read, since there is nobody whom it could mean.
s3_result<asked_access> access_asked_by(s3_request const& request, access_subject about);

struct access_document {
    std::string owner;  // a canonical id
    std::vector<named_grant> grants;
};
// malformed_acl.
s3_result<access_document> access_document_in(std::string_view text);

// nullopt: no such group.
std::optional<auth::access_grantee> group_named(std::string_view uri) noexcept;
// Empty for a principal.
std::string_view uri_of(auth::access_grantee group) noexcept;
std::string_view name_of(auth::access_permission what) noexcept;

}  // namespace sluice::s3
