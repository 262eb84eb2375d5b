#include "protocols/s3/ops/listing.hpp"

#include "protocols/http/date.hpp"
#include "protocols/s3/ops/principal_names.hpp"
#include "protocols/s3/wire/checksum_names.hpp"
#include "protocols/s3/wire/object_headers.hpp"
#include "protocols/s3/wire/storage_classes.hpp"

namespace sluice::s3 {

s3_result<listing_request> listing_of(operation_call const& call) {
    auto const& request = call.request;
    auto const& options = call.options;
    listing_request wanted;
    wanted.prefix = request.parameter("prefix").value_or("");
    wanted.delimiter = request.parameter("delimiter").value_or("");
    auto const size = page_size(request, "max-keys", options.list_page, options.list_page);
    if (!size) return size.error();
    wanted.max_keys = *size;
    auto const spell = key_spelling::of(request);
    if (!spell) return spell.error();
    wanted.spell = *spell;
    if (request.header("x-amz-optional-object-attributes")) wanted.restored_at = call.clock.now();
    return wanted;
}

task<s3_result<store::list_page>> list_page_of(operation_call& call, listing_request const& wanted,
                                               std::string after) {
    auth::guarded_objects::list_request request;
    request.bucket = call.request.bucket();
    request.prefix = wanted.prefix;
    request.delimiter = wanted.delimiter;
    request.after = std::move(after);
    request.max_entries = wanted.max_keys == 0 ? 1 : wanted.max_keys;
    request.with_attributes = true;
    auto page = co_await call.objects.list(call.who, std::move(request));
    if (!page) co_return to_s3(page.error(), subject::bucket);
    if (wanted.max_keys == 0) co_return store::list_page{};
    co_return *std::move(page);
}

void write_entries(xml_writer& out, store::list_page const& page, listing_request const& wanted,
                   object_owners const* owners) {
    auto const& spell = wanted.spell;
    for (auto const& object : page.objects) {
        out.open("Contents").element("Key", spell(object.key));
        out.element("LastModified", http::iso_date(object.last_modified));
        out.element("ETag", quoted(object.etag));
        for (auto const& checksum : object.attributes.checksums) {
            auto const* spelling = spelling_of(checksum.algorithm);
            if (spelling == nullptr) continue;
            out.element("ChecksumAlgorithm", spelling->name);
            out.element("ChecksumType", name_of(checksum.scope));
        }
        out.element("Size", object.size);
        if (owners != nullptr) write_principal(out, "Owner", owners->of(object));
        out.element("StorageClass", storage_class_of(object.attributes));
        if (wanted.restored_at) write_restore_status(out, object.attributes, *wanted.restored_at);
        out.close();
    }
    for (auto const& prefix : page.common_prefixes)
        out.open("CommonPrefixes").element("Prefix", spell(prefix)).close();
}

answer listing_answer(operation_call const& call, xml_writer out) {
    auto answered = xml_answer(std::move(out));
    answered.head.set("x-amz-bucket-region", call.options.region);
    return answered;
}

task<s3_result<object_owners>> object_owners::of(operation_call& call) {
    auto bucket = co_await call.buckets.known(call.request.bucket());
    if (!bucket) co_return to_s3(bucket.error(), subject::bucket);
    object_owners out;
    out.guard_ = &call.guard;
    out.bucket_ = *std::move(bucket);
    out.bucket_owner_ = call.guard.label_of(out.bucket_.owner);
    co_return out;
}

auth::principal_label object_owners::of(store::object_stat const& object) const {
    auto const& access = object.attributes.access;
    if (bucket_.access.empty() || access.empty()) return bucket_owner_;
    auto const list = auth::decode_access_list(access);
    return list ? guard_->label_of(list->owner) : bucket_owner_;
}

}  // namespace sluice::s3
