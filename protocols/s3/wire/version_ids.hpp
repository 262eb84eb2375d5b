// Version ids as clients see them: "null", or 16 hexadecimal digits. Opaque to clients; pure,
// thread-safe.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "backend/store/model/object_stat.hpp"
#include "protocols/http/response.hpp"
#include "protocols/s3/s3_request.hpp"

namespace sluice::s3 {

std::string version_text(object_version version);
// nullopt: no text that version_text makes.
std::optional<object_version> parse_version(std::string_view text) noexcept;

// The versionId parameter; invalid_argument. Nothing: the newest is meant.
s3_result<std::optional<object_version>> version_of(s3_request const& request);

// x-amz-version-id, of objects in buckets that keep or kept versions.
void set_version_header(http::response_head& head, store::object_stat const& stat);
// The same for what was just put: S3 does not name the version that has no id.
void set_new_version_header(http::response_head& head, store::object_stat const& stat);

}  // namespace sluice::s3
