#include "protocols/s3/wire/object_headers.hpp"

#include <algorithm>

#include "gateway/core/encoding.hpp"
#include "protocols/http/date.hpp"
#include "protocols/s3/wire/checksum_names.hpp"
#include "protocols/s3/wire/object_lock_document.hpp"
#include "protocols/s3/wire/storage_classes.hpp"
#include "protocols/s3/wire/tag_set.hpp"
#include "protocols/s3/wire/version_ids.hpp"

namespace sluice::s3 {
namespace {

constexpr std::string_view metadata_prefix = "x-amz-meta-";
constexpr std::size_t redirect_location_bytes_max = 2048;

// "aws-chunked" describes the transfer, not the object.
std::string without_aws_chunked(std::string_view encodings) {
    std::string out;
    while (!encodings.empty()) {
        auto const comma = encodings.find(',');
        auto const one = http::trimmed(encodings.substr(0, comma));
        encodings.remove_prefix(comma == std::string_view::npos ? encodings.size() : comma + 1);
        if (one.empty() || http::equal_ignoring_case(one, "aws-chunked")) continue;
        if (!out.empty()) out += ", ";
        out += one;
    }
    return out;
}

s3_result<> add_metadata(store::object_attributes& out, std::string name, std::string_view value) {
    name.erase(0, metadata_prefix.size());
    if (!http::valid_header_name(name) || !http::valid_header_value(value))
        return invalid_argument("x-amz-meta-" + name, value,
                                "User metadata must be a legal header.");
    for (auto& [known, held] : out.user_metadata)
        if (known == name) {
            held.append(",").append(value);
            return {};
        }
    out.user_metadata.emplace_back(std::move(name), value);
    return {};
}

s3_result<> read_metadata(s3_request const& request, store::object_attributes& out) {
    for (auto const& field : request.head().headers)
        if (http::starts_with_ignoring_case(field.name, metadata_prefix))
            if (auto added = add_metadata(out, http::lower_cased(field.name), field.value); !added)
                return added;
    for (auto const& [name, value] : request.query())
        if (http::starts_with_ignoring_case(name, metadata_prefix))
            if (auto added = add_metadata(out, http::lower_cased(name), value); !added)
                return added;
    return {};
}

s3_result<store::etag_match> parse_etags(std::string_view name, std::string_view text) {
    store::etag_match match;
    if (http::trimmed(text) == "*") {
        match.any = true;
        return match;
    }
    while (!text.empty()) {
        auto const comma = text.find(',');
        auto const one = http::trimmed(text.substr(0, comma));
        text.remove_prefix(comma == std::string_view::npos ? text.size() : comma + 1);
        if (!one.empty()) match.etags.push_back(unquoted(one));
    }
    if (match.etags.empty()) return invalid_argument(name, "", "An entity tag is missing.");
    return match;
}

}  // namespace

std::string quoted(std::string_view etag) {
    std::string out;
    out.reserve(etag.size() + 2);
    return out.append("\"").append(etag).append("\"");
}

std::string unquoted(std::string_view etag) {
    if (etag.starts_with("W/")) etag.remove_prefix(2);
    if (etag.size() >= 2 && etag.front() == '"' && etag.back() == '"')
        etag = etag.substr(1, etag.size() - 2);
    return std::string(etag);
}

std::string mail_safe(std::string_view value) {
    auto const plain = std::all_of(value.begin(), value.end(),
                                   [](char c) { return (c >= 0x20 && c < 0x7f) || c == '\t'; });
    if (plain) return std::string(value);
    return "=?UTF-8?B?" + base64_encode(value) + "?=";
}

s3_result<store::object_attributes> labels_of(s3_request const& request) {
    store::object_attributes out;
    if (auto const name = request.header("x-amz-storage-class")) {
        auto parsed = parse_storage_class(*name);
        if (!parsed) return parsed.error();
        out.storage_class = *std::move(parsed);
    }
    if (auto const to = request.header("x-amz-website-redirect-location")) {
        bool const leads = to->starts_with('/') || to->starts_with("http://") ||
                           to->starts_with("https://");
        if (!leads || to->size() > redirect_location_bytes_max || !http::valid_header_value(*to))
            return s3_failure(error_code::invalid_redirect_location);
        out.redirect_location = *to;
    }
    if (auto const read = read_lock_headers(request, out); !read) return read.error();
    return out;
}

s3_result<store::object_attributes> attributes_of(s3_request const& request,
                                                  s3_options const& options) {
    auto labels = labels_of(request);
    if (!labels) return labels.error();
    auto& out = *labels;
    auto const& head = request.head();
    out.content_type = head.find("content-type").value_or("");
    out.content_encoding = without_aws_chunked(head.find("content-encoding").value_or(""));
    out.content_disposition = head.find("content-disposition").value_or("");
    out.content_language = head.find("content-language").value_or("");
    out.cache_control = head.find("cache-control").value_or("");
    out.expires = head.find("expires").value_or("");
    for (auto const* value : {&out.content_type, &out.content_encoding, &out.content_disposition,
                              &out.content_language, &out.cache_control, &out.expires})
        if (!http::valid_header_value(*value)) return error_code::invalid_argument;
    if (auto read = read_metadata(request, out); !read) return read.error();
    if (auto const text = request.header("x-amz-tagging")) {
        auto tags = tags_of_header(*text, object_tags_max);
        if (!tags) return tags.error();
        out.tags = *std::move(tags);
    }
    std::size_t bytes = 0;
    for (auto const& [name, value] : out.user_metadata) bytes += name.size() + value.size();
    if (bytes > options.user_metadata_bytes)
        return s3_failure(error_code::metadata_too_large)
            .detail("Size", std::to_string(bytes))
            .detail("MaxSizeAllowed", std::to_string(options.user_metadata_bytes));
    return labels;
}

s3_result<store::conditions> conditions_of(s3_request const& request, unix_millis now,
                                           std::string_view prefix) {
    store::conditions out;
    auto const value = [&](std::string_view name) {
        return request.header(std::string(prefix).append(name));
    };
    if (auto const text = value("if-match")) {
        auto match = parse_etags("If-Match", *text);
        if (!match) return match.error();
        out.if_match = *std::move(match);
    }
    if (auto const text = value("if-none-match")) {
        auto match = parse_etags("If-None-Match", *text);
        if (!match) return match.error();
        out.if_none_match = *std::move(match);
    }
    if (auto const text = value("if-modified-since"))
        out.if_modified_since = http::parse_http_date(*text);
    // Nothing was changed since a moment that has not come: such a date says nothing.
    if (out.if_modified_since && *out.if_modified_since > now) out.if_modified_since.reset();
    if (auto const text = value("if-unmodified-since"))
        out.if_unmodified_since = http::parse_http_date(*text);
    return out;
}

s3_result<store::conditions> write_conditions_of(s3_request const& request, unix_millis now) {
    auto out = conditions_of(request, now);
    bool const any_other = out && out->if_none_match && !out->if_none_match->any;
    bool const whatever = out && out->if_match && out->if_match->any;
    bool const both = out && out->if_none_match && out->if_match;
    if (any_other || both || whatever)
        return s3_failure(error_code::not_implemented,
                          "A header you provided implies functionality that is not implemented")
            .detail("Header", both       ? "If-Match,If-None-Match"
                              : whatever ? "If-Match"
                                         : "If-None-Match");
    return out;
}

void set_object_headers(http::response_head& head, store::object_stat const& stat) {
    auto const& about = stat.attributes;
    head.set("ETag", quoted(stat.etag));
    head.set("Last-Modified", http::http_date(stat.last_modified));
    head.set("Accept-Ranges", "bytes");
    head.set("Content-Type",
             about.content_type.empty() ? default_content_type : about.content_type);
    if (!about.content_encoding.empty()) head.set("Content-Encoding", about.content_encoding);
    if (!about.content_disposition.empty())
        head.set("Content-Disposition", about.content_disposition);
    if (!about.content_language.empty()) head.set("Content-Language", about.content_language);
    if (!about.cache_control.empty()) head.set("Cache-Control", about.cache_control);
    if (!about.expires.empty()) head.set("Expires", about.expires);
    for (auto const& [name, value] : about.user_metadata)
        head.set(std::string(metadata_prefix) + name, mail_safe(value));
    if (!about.tags.empty()) head.set("x-amz-tagging-count", std::to_string(about.tags.size()));
    if (!about.storage_class.empty()) head.set("x-amz-storage-class", about.storage_class);
    if (!about.redirect_location.empty())
        head.set("x-amz-website-redirect-location", about.redirect_location);
    set_lock_headers(head, about);
    set_version_header(head, stat);
}

void set_checksum_headers(http::response_head& head, store::object_stat const& stat) {
    for (auto const& checksum : stat.attributes.checksums) {
        auto const* spelling = spelling_of(checksum.algorithm);
        if (spelling == nullptr) continue;
        head.set(spelling->header, checksum_text(checksum, stat.part_count));
        head.set("x-amz-checksum-type", name_of(checksum.scope));
    }
}

}  // namespace sluice::s3
