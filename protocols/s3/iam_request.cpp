#include "protocols/s3/iam_request.hpp"

#include <algorithm>
#include <array>

#include "auth/authn/amz_date.hpp"
#include "protocols/http/date.hpp"
#include "protocols/s3/model/iam_actions.hpp"

namespace sluice::s3 {
namespace {

// Parameters of the query string and headers, and the condition keys that are their values.
struct named_key {
    std::string_view name;
    std::string_view key;
};
constexpr std::array query_keys{
    named_key{"prefix", "s3:prefix"},
    named_key{"delimiter", "s3:delimiter"},
    named_key{"max-keys", "s3:max-keys"},
    named_key{"versionId", "s3:VersionId"},
};
constexpr std::array header_keys{
    named_key{"user-agent", "aws:UserAgent"},
    named_key{"referer", "aws:Referer"},
    named_key{"if-match", "s3:if-match"},
    named_key{"if-none-match", "s3:if-none-match"},
    named_key{"x-amz-acl", "s3:x-amz-acl"},
    named_key{"x-amz-content-sha256", "s3:x-amz-content-sha256"},
    named_key{"x-amz-grant-full-control", "s3:x-amz-grant-full-control"},
    named_key{"x-amz-grant-read", "s3:x-amz-grant-read"},
    named_key{"x-amz-grant-read-acp", "s3:x-amz-grant-read-acp"},
    named_key{"x-amz-grant-write", "s3:x-amz-grant-write"},
    named_key{"x-amz-grant-write-acp", "s3:x-amz-grant-write-acp"},
    named_key{"x-amz-metadata-directive", "s3:x-amz-metadata-directive"},
    named_key{"x-amz-object-ownership", "s3:x-amz-object-ownership"},
    named_key{"x-amz-server-side-encryption", "s3:x-amz-server-side-encryption"},
    named_key{"x-amz-server-side-encryption-aws-kms-key-id",
              "s3:x-amz-server-side-encryption-aws-kms-key-id"},
    named_key{"x-amz-server-side-encryption-customer-algorithm",
              "s3:x-amz-server-side-encryption-customer-algorithm"},
    named_key{"x-amz-storage-class", "s3:x-amz-storage-class"},
    named_key{"x-amz-website-redirect-location", "s3:x-amz-website-redirect-location"},
};

// Headers of a write that say more than it does.
constexpr std::array header_actions{
    named_key{"x-amz-tagging", " s3:PutObjectTagging"},
    named_key{"x-amz-object-lock-mode", " s3:PutObjectRetention"},
    named_key{"x-amz-object-lock-legal-hold", " s3:PutObjectLegalHold"},
};

void add_actions(s3_request const& request, auth::caller& who) {
    for (auto const& [name, action] : header_actions)
        if (request.has_header(name)) who.action += action;
}

constexpr std::string_view signature_version = "AWS4-HMAC-SHA256";

using context_values = std::vector<auth::context_value>;

void add(context_values& into, std::string_view key, std::string_view value) {
    into.push_back({std::string(key), std::string(value)});
}

void add_signature(context_values& into, std::string_view type,
                   std::optional<unix_millis> signed_at, unix_millis now) {
    add(into, "s3:authType", type);
    add(into, "s3:signatureversion", signature_version);
    if (!signed_at) return;
    auto const age = to_underlying(now) - to_underlying(*signed_at);
    add(into, "s3:signatureAge", std::to_string(std::max<std::int64_t>(age, 0)));
}

void add_tags(context_values& into, tag_list const& tags) {
    for (auto const& [key, value] : tags) {
        into.push_back({"s3:RequestObjectTag/" + key, value});
        add(into, "s3:RequestObjectTagKeys", key);
    }
}

void add_retention(context_values& into, std::string_view mode, std::optional<unix_millis> until,
                   unix_millis now) {
    constexpr std::int64_t day = 24 * 3600 * 1000;
    if (!mode.empty()) add(into, "s3:object-lock-mode", mode);
    if (!until) return;
    add(into, "s3:object-lock-retain-until-date", std::to_string(to_underlying(*until)));
    // A day that has begun counts: what is asked for in days is a moment short of them when it comes.
    auto const left = std::max<std::int64_t>(to_underlying(*until) - to_underlying(now), 0);
    add(into, "s3:object-lock-remaining-retention-days", std::to_string((left + day - 1) / day));
}

// The headers of a put that lock what is put.
void add_locks(context_values& into, s3_request const& request, unix_millis now) {
    auto const mode = request.header("x-amz-object-lock-mode");
    auto const until = request.header("x-amz-object-lock-retain-until-date");
    if (mode || until)
        add_retention(into, mode.value_or(""), until ? http::parse_iso_date(*until) : std::nullopt,
                      now);
    if (auto const hold = request.header("x-amz-object-lock-legal-hold"))
        add(into, "s3:object-lock-legal-hold", *hold);
}

// Whether s3:PutObject is asked for the object itself or for what leads to one.
void add_creation(context_values& into, operation id) {
    switch (id) {
        case operation::put_object:
        case operation::post_object:
        case operation::copy_object:
        case operation::complete_multipart_upload:
            return add(into, "s3:ObjectCreationOperation", "true");
        case operation::create_multipart_upload:
        case operation::upload_part:
        case operation::upload_part_copy:
            return add(into, "s3:ObjectCreationOperation", "false");
        default: return;
    }
}

std::optional<unix_millis> signing_time(s3_request const& request) {
    if (auto const date = request.header("x-amz-date")) return auth::parse_amz_date(*date);
    if (auto const date = request.head().find("date")) return auth::parse_http_date(*date);
    return std::nullopt;
}

std::optional<copy_source> source_of(s3_request const& request) {
    auto const header = request.header("x-amz-copy-source");
    if (!header) return std::nullopt;
    auto source = parse_copy_source(*header);
    return source ? std::optional(*std::move(source)) : std::nullopt;
}

}  // namespace

void describe_tags(tag_list const& tags, auth::caller& who) { add_tags(who.context, tags); }

void name_actions(operation_row const& row, s3_request const& request, auth::caller& who) {
    who.action = iam_actions_of(row.id, request.has_query("versionId"));
    add_actions(request, who);
    auto const source = source_of(request);
    if (source && !source->version.empty()) who.action += " s3:GetObjectVersion";
}

void request_conditions::add_to(std::vector<auth::context_value>& values) const {
    for (auto const& [name, key] : query_keys)
        if (auto const value = request_.parameter(name)) add(values, key, *value);
    for (auto const& [name, key] : header_keys)
        if (auto const value = request_.header(name)) add(values, key, *value);
    if (auto const text = request_.header("x-amz-tagging"))
        if (auto const tags = tags_of_header(*text, object_tags_max)) add_tags(values, *tags);
    add_locks(values, request_, now_);
    add_creation(values, row_.id);
    add(values, "aws:RequestedRegion", region_);
    if (auto const source = source_of(request_))
        add(values, "s3:x-amz-copy-source", source->bucket + "/" + source->key);
    if (is_anonymous_) return;
    add_signature(values, is_in_query_ ? "REST-QUERY-STRING" : "REST-HEADER",
                  signing_time(request_), now_);
}

void describe_form(s3_request const& put, std::optional<std::string_view> signed_at,
                   tag_list const* tags, unix_millis now, auth::caller& who) {
    for (auto const& [name, key] : header_keys) {
        auto const value = put.header(name);
        if (value && name.starts_with("x-amz-")) add(who.context, key, *value);
    }
    add_locks(who.context, put, now);
    add_actions(put, who);
    if (tags != nullptr) {
        who.action += " s3:PutObjectTagging";
        describe_tags(*tags, who);
    }
    if (who.is_anonymous()) return;
    auto const at = signed_at ? auth::parse_amz_date(*signed_at) : std::nullopt;
    add_signature(who.context, "POST", at, now);
}

void describe_location(std::string_view location, auth::caller& who) {
    if (!location.empty()) add(who.context, "s3:LocationConstraint", location);
}

void describe_retention(std::string_view mode, std::optional<unix_millis> until, unix_millis now,
                        auth::caller& who) {
    add_retention(who.context, mode, until, now);
}

void describe_legal_hold(std::string_view status, auth::caller& who) {
    add(who.context, "s3:object-lock-legal-hold", status);
}

std::vector<std::string> buckets_of(s3_request const& request) {
    std::vector<std::string> out;
    if (!request.bucket().empty()) out.push_back(request.bucket());
    if (auto source = source_of(request)) out.push_back(std::move(source->bucket));
    return out;
}

}  // namespace sluice::s3
