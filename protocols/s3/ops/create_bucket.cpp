#include <algorithm>

#include "protocols/s3/iam_request.hpp"
#include "protocols/s3/model/bucket_settings.hpp"
#include "protocols/s3/ops/access_lists.hpp"
#include "protocols/s3/ops/handlers.hpp"
#include "protocols/s3/wire/tag_set.hpp"
#include "protocols/s3/wire/names.hpp"
#include "protocols/s3/wire/xml_reader.hpp"

namespace sluice::s3 {
namespace {

constexpr std::string_view default_region = "us-east-1";

// "eu-west-1", or the name that one had before.
bool is_region(std::string_view name) noexcept {
    auto const is_letter = [](char c) { return c >= 'a' && c <= 'z'; };
    if (name == "EU") return true;
    auto const last = name.rfind('-');
    if (last == name.npos || last < 4 || last + 2 != name.size()) return false;
    bool const digit = name.back() >= '1' && name.back() <= '9';
    auto const area = name.substr(0, last);
    return digit && area[2] == '-' && area.back() != '-' &&
           std::all_of(area.begin(), area.end(),
                       [&](char c) { return is_letter(c) || c == '-'; });
}

s3_failure bad_location(std::string_view location, std::string_view region) {
    // S3 knows no constraint for its first region: there it must be left out.
    if (location.empty() || location == default_region || !is_region(location))
        return s3_failure(error_code::invalid_location_constraint)
            .detail("LocationConstraint", location);
    return s3_failure(error_code::illegal_location_constraint,
                      "The " + std::string(location) +
                          " location constraint is incompatible for the region specific endpoint "
                          "this request "
                          "was sent to.")
        .detail("Region", region);
}

struct bucket_document {
    bucket_settings settings;
    std::string location;
};

// The tags to make it with; everything else must say what is so.
s3_result<bucket_document> check_document(std::string_view text, std::string_view region) {
    bucket_document out;
    auto& [settings, location] = out;
    if (!text.empty()) {
        auto const root = parse_xml(text, "CreateBucketConfiguration");
        if (!root) return root.error();
        for (auto const& child : root->children) {
            if (child.name == "Tags" && settings.tags.empty()) {
                auto tags = tags_in(child, bucket_tags_max);
                if (!tags) return tags.error();
                settings.tags = *std::move(tags);
                continue;
            }
            if (child.name != "LocationConstraint") {
                // Location and Bucket speak of things that do not exist here.
                return s3_failure(error_code::not_implemented,
                                  "CreateBucketConfiguration: " + child.name + " is not served");
            }
            if (!location.empty() || child.text.empty()) return error_code::malformed_xml;
            location = child.text;
        }
        bool const located = root->only("LocationConstraint") != nullptr;
        if (located && (location != region || location == default_region))
            return bad_location(location, region);
    }
    if (location.empty() && region != default_region)
        return s3_failure(error_code::illegal_location_constraint).detail("Region", region);
    return out;
}

s3_result<bool> asks_for_lock(s3_request const& request) {
    auto const text = request.header("x-amz-bucket-object-lock-enabled");
    if (!text || http::equal_ignoring_case(*text, "false")) return false;
    if (http::equal_ignoring_case(*text, "true")) return true;
    return invalid_argument("x-amz-bucket-object-lock-enabled", *text, "Not true or false.");
}

// What the bucket's record says of ownership and lists: nothing where they do not count.
s3_result<std::string> access_of_new(operation_call const& call) {
    auto const named =
        call.request.header("x-amz-object-ownership").value_or(enforced_ownership);
    auto const which = ownership_named(named);
    if (!which) return which.error();
    auto const choice = access_choice_of(call, call.request, access_subject::bucket);
    if (!choice) return choice.error();
    if (!*which) {
        if (!choice->is_plain()) return error_code::invalid_bucket_acl;
        return std::string();
    }
    auth::bucket_access access;
    access.objects = **which;
    access.grants = auth::grants_of(*choice, call.who.id(), call.who.id());
    return encode(access);
}

}  // namespace

task<s3_result<answer>> ops::create_bucket(operation_call& call) {
    if (auto const legal = check_bucket_name(call.request.bucket()); !legal)
        co_return legal.error();
    auto const text = co_await call.body.read_all(call.options.small_document_bytes);
    if (!text) co_return text.error();
    auto wanted = check_document(*text, call.options.region);
    if (!wanted) co_return wanted.error();
    auto who = call.who;
    describe_location(wanted->location, who);
    auto made = wanted->settings;
    if (call.options.encrypts_new_buckets)
        made.encryption.emplace().method = default_encryption::kind::server_key;
    auto const locked = asks_for_lock(call.request);
    if (!locked) co_return locked.error();
    if (*locked) made.lock.emplace();
    auto const versions = *locked ? store::versioning::enabled : store::versioning::never;
    auto access = access_of_new(call);
    if (!access) co_return access.error();
    bool const has_lists = !access->empty();
    auto settings = encode(made);
    auto const created = co_await call.buckets.create(
        who, call.request.bucket(), std::move(settings), versions, *std::move(access));
    if (created.has_error() && created.error().code == error::already_exists) {
        auto const held = co_await call.buckets.head(call.who, call.request.bucket());
        if (held.has_error() || held->owner != call.who.id())
            co_return error_code::bucket_already_exists;
        // Creating one's own bucket again succeeds in S3's first region, and nowhere else. Tags,
        // a lock and lists would not reach the bucket that is there.
        if (call.options.region != default_region || !wanted->settings.tags.empty() || *locked || has_lists)
            co_return error_code::bucket_already_owned_by_you;
    } else if (created.has_error()) {
        co_return to_s3(created.error(), subject::bucket);
    }
    auto out = empty_answer();
    out.head.set("Location", "/" + call.request.bucket());
    co_return out;
}

}  // namespace sluice::s3
