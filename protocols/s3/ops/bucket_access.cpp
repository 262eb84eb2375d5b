// Get, Put and Delete of BucketOwnershipControls and PublicAccessBlock: what bounds ACLs and
// policies.
#include <array>

#include "protocols/s3/ops/access_lists.hpp"
#include "protocols/s3/ops/bucket_edit.hpp"
#include "protocols/s3/ops/handlers.hpp"

namespace sluice::s3 {
namespace {

using ownership = auth::bucket_access::ownership;

// What is in force; of a bucket in which lists do not count, what would be.
result<auth::bucket_access> access_in(store::bucket_info const& bucket) {
    if (!bucket.access.empty()) return auth::decode_bucket_access(bucket.access);
    auth::bucket_access out;
    out.grants = auth::access_list::of_owner(bucket.owner).grants;
    return out;
}

struct block_element {
    std::string_view name;
    bool public_access_block::*member;
};
constexpr std::array block_elements{
    block_element{"BlockPublicAcls", &public_access_block::block_public_acls},
    block_element{"IgnorePublicAcls", &public_access_block::ignore_public_acls},
    block_element{"BlockPublicPolicy", &public_access_block::block_public_policy},
    block_element{"RestrictPublicBuckets", &public_access_block::restrict_public_buckets},
};

s3_result<public_access_block> block_in(xml_element const& document) {
    if (document.children.empty())
        return s3_failure(error_code::invalid_request,
                          "Must specify at least one configuration.");
    public_access_block block;
    std::size_t taken = 0;
    for (auto const& [name, member] : block_elements) {
        auto const text = document.text_of(name);
        if (!text) continue;
        block.*member = http::equal_ignoring_case(*text, "true");
        if (!(block.*member) && !http::equal_ignoring_case(*text, "false"))
            return error_code::malformed_xml;
        ++taken;
    }
    if (taken != document.children.size()) return error_code::malformed_xml;
    return block;
}

s3_result<std::optional<ownership>> ownership_in(xml_element const& document) {
    auto const* rule = document.only("Rule");
    auto const named = rule == nullptr ? std::nullopt : rule->text_of("ObjectOwnership");
    if (!named || document.children.size() != 1 || rule->children.size() != 1)
        return error_code::malformed_xml;
    auto const which = ownership_named(*named);
    if (!which) return error_code::malformed_xml;
    return *which;
}

// Lists begin to count with FULL_CONTROL for the bucket's owner, and those of objects as they are. They stop
// only when the bucket's own gives nobody else anything.
s3_result<> own_by(std::optional<ownership> which, store::bucket_info& bucket,
                   bucket_settings& settings) {
    settings.ownership_removed = false;
    auto access = access_in(bucket);
    if (access.has_error()) return to_s3(std::move(access).error(), subject::bucket);
    if (!which) {
        if (auth::shares(access->grants, bucket.owner)) return error_code::invalid_bucket_acl;
        bucket.access.clear();
        return {};
    }
    access->objects = *which;
    bound_by(settings.public_access, *access);
    bucket.access = encode(*access);
    return {};
}

s3_result<> block_by(std::optional<public_access_block> const& block, store::bucket_info& bucket,
                     bucket_settings& settings) {
    settings.public_access = block;
    if (bucket.access.empty()) return {};
    auto access = access_in(bucket);
    if (access.has_error()) return to_s3(std::move(access).error(), subject::bucket);
    bound_by(block, *access);
    bucket.access = encode(*access);
    return {};
}

}  // namespace

task<s3_result<answer>> ops::get_bucket_ownership_controls(operation_call& call) {
    auto const bucket = co_await call.buckets.head(call.who, call.request.bucket());
    if (!bucket) co_return to_s3(bucket.error(), subject::bucket);
    auto const settings = decode_bucket_settings(bucket->settings);
    if (settings.has_error()) co_return to_s3(settings.error(), subject::bucket);
    if (settings->ownership_removed)
        co_return not_configured(call, error_code::ownership_controls_not_found);
    auto which = enforced_ownership;
    if (!bucket->access.empty()) {
        auto const access = access_in(*bucket);
        if (access.has_error()) co_return to_s3(access.error(), subject::bucket);
        which = name_of(access->objects);
    }
    xml_writer out("OwnershipControls");
    out.open("Rule").element("ObjectOwnership", which);
    co_return xml_answer(std::move(out));
}

task<s3_result<answer>> ops::put_bucket_ownership_controls(operation_call& call) {
    auto const document = co_await read_document(call, "OwnershipControls", body_digest::demanded);
    if (!document) co_return document.error();
    auto const which = ownership_in(*document);
    if (!which) co_return which.error();
    checked_edit const edit = [&](store::bucket_info& bucket, bucket_settings& settings) {
        return own_by(*which, bucket, settings);
    };
    co_return co_await edit_bucket(call, edit, 200);
}

// Without a rule S3 takes objects to be owned by who writes them, and lists count.
task<s3_result<answer>> ops::delete_bucket_ownership_controls(operation_call& call) {
    checked_edit const edit = [](store::bucket_info& bucket, bucket_settings& settings) {
        auto owned = own_by(ownership::writer, bucket, settings);
        settings.ownership_removed = true;
        return owned;
    };
    co_return co_await edit_bucket(call, edit, 204);
}

task<s3_result<answer>> ops::get_public_access_block(operation_call& call) {
    auto const settings = co_await read_settings(call);
    if (!settings) co_return settings.error();
    if (!settings->public_access)
        co_return not_configured(call, error_code::no_such_public_access_block);
    xml_writer out("PublicAccessBlockConfiguration");
    for (auto const& [name, member] : block_elements)
        out.element(name, (*settings->public_access).*member);
    co_return xml_answer(std::move(out));
}

task<s3_result<answer>> ops::put_public_access_block(operation_call& call) {
    auto const document =
        co_await read_document(call, "PublicAccessBlockConfiguration", body_digest::demanded);
    if (!document) co_return document.error();
    auto const block = block_in(*document);
    if (!block) co_return block.error();
    checked_edit const edit = [&](store::bucket_info& bucket, bucket_settings& settings) {
        return block_by(*block, bucket, settings);
    };
    co_return co_await edit_bucket(call, edit, 200);
}

task<s3_result<answer>> ops::delete_public_access_block(operation_call& call) {
    checked_edit const edit = [](store::bucket_info& bucket, bucket_settings& settings) {
        return block_by(std::nullopt, bucket, settings);
    };
    co_return co_await edit_bucket(call, edit, 204);
}

}  // namespace sluice::s3
