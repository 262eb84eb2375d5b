#include "protocols/s3/error_details.hpp"

#include <algorithm>
#include <array>

namespace sluice::s3 {
namespace {

// A header and how S3 spells it in Condition.
struct condition {
    std::string_view header;
    std::string_view shown;
};
constexpr std::array conditions{
    condition{"if-match", "If-Match"},
    condition{"if-none-match", "If-None-Match"},
    condition{"if-modified-since", "If-Modified-Since"},
    condition{"if-unmodified-since", "If-Unmodified-Since"},
    condition{"x-amz-copy-source-if-match", "x-amz-copy-source-If-Match"},
    condition{"x-amz-copy-source-if-none-match", "x-amz-copy-source-If-None-Match"},
    condition{"x-amz-copy-source-if-modified-since", "x-amz-copy-source-If-Modified-Since"},
    condition{"x-amz-copy-source-if-unmodified-since", "x-amz-copy-source-If-Unmodified-Since"},
    condition{"x-amz-if-match-last-modified-time", "x-amz-if-match-last-modified-time"},
    condition{"x-amz-if-match-size", "x-amz-if-match-size"},
};

void add(s3_failure& shown, std::string_view name, std::string_view value) {
    auto const same = [&](auto const& one) { return one.first == name; };
    if (!std::any_of(shown.details.begin(), shown.details.end(), same)) shown.detail(name, value);
}

// Which of several did not hold is not known here: then none is named.
void add_condition(s3_failure& shown, s3_request const& request) {
    std::string_view found;
    for (auto const& one : conditions) {
        if (!request.header(one.header)) continue;
        if (!found.empty()) return;
        found = one.shown;
    }
    if (!found.empty()) add(shown, "Condition", found);
}

std::string_view resource_type(s3_failure const& shown, s3_request const& request) {
    for (auto const& [name, value] : shown.headers)
        if (name == "x-amz-delete-marker") return "DeleteMarker";
    switch (request.where().level) {
        case resource_level::service: return "SERVICE";
        case resource_level::bucket: return "BUCKET";
        case resource_level::object: return "OBJECT";
    }
    return "OBJECT";
}

// The key that is missing is the source's.
bool is_copy(operation_row const* row) noexcept {
    return row != nullptr && (row->id == operation::copy_object ||
                              row->id == operation::upload_part_copy ||
                              row->id == operation::rename_object);
}

void add_key(s3_failure& shown, s3_request const& request, operation_row const* row) {
    if (!is_copy(row)) return add(shown, "Key", request.key());
    auto const header = request.header("x-amz-copy-source");
    if (!header) return;
    if (auto const source = parse_copy_source(*header)) add(shown, "Key", source->key);
}

}  // namespace

void tell_details(s3_failure& shown, s3_request const& request, operation_row const* row) {
    switch (shown.code) {
        case error_code::no_such_bucket:
            if (!is_copy(row)) add(shown, "BucketName", request.bucket());
            break;
        case error_code::bucket_already_exists:
        case error_code::bucket_already_owned_by_you:
        case error_code::bucket_not_empty:
        case error_code::no_such_bucket_policy:
        case error_code::no_such_tag_set:
        case error_code::no_such_website_configuration:
            add(shown, "BucketName", request.bucket());
            break;
        case error_code::no_such_key:
        case error_code::no_such_version: add_key(shown, request, row); break;
        case error_code::no_such_upload:
            add(shown, "UploadId", request.parameter("uploadId").value_or(""));
            break;
        case error_code::invalid_part_order:
            add(shown, "UploadId", request.parameter("uploadId").value_or(""));
            break;
        case error_code::invalid_digest:
            if (auto const sent = request.head().find("content-md5")) add(shown, "Content-MD5", *sent);
            break;
        case error_code::precondition_failed: add_condition(shown, request); break;
        case error_code::method_not_allowed:
            add(shown, "Method", request.head().verb_text);
            add(shown, "ResourceType", resource_type(shown, request));
            break;
        default: break;
    }
}

}  // namespace sluice::s3
