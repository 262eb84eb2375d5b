#include "protocols/http/date.hpp"
#include "protocols/s3/ops/handlers.hpp"
#include "protocols/s3/ops/listing.hpp"
#include "protocols/s3/ops/principal_names.hpp"
#include "protocols/s3/wire/object_headers.hpp"
#include "protocols/s3/wire/storage_classes.hpp"
#include "protocols/s3/wire/version_ids.hpp"

namespace sluice::s3 {
namespace {

struct list_versions_request {
    listing_request listing;
    std::string key_marker;
    std::string version_marker;
    std::optional<object_version> version_after;
};

s3_result<list_versions_request> decode(operation_call const& call) {
    list_versions_request wanted;
    auto listing = listing_of(call);
    if (!listing) return listing.error();
    wanted.listing = *std::move(listing);
    wanted.key_marker = call.request.parameter("key-marker").value_or("");
    wanted.version_marker = call.request.parameter("version-id-marker").value_or("");
    if (wanted.version_marker.empty()) return wanted;
    if (wanted.key_marker.empty())
        return invalid_argument("version-id-marker", wanted.version_marker,
                                "A version-id marker cannot be specified without a key marker.");
    wanted.version_after = parse_version(wanted.version_marker);
    if (!wanted.version_after)
        return invalid_argument("version-id-marker", wanted.version_marker,
                                "Invalid version id specified");
    return wanted;
}

void write_version(xml_writer& out, store::object_stat const& version,
                   listing_request const& shown, auth::principal_label const& owner) {
    auto const& spell = shown.spell;
    out.open(version.is_delete_marker ? "DeleteMarker" : "Version");
    out.element("Key", spell(version.key));
    out.element("VersionId", version_text(version.version));
    out.element("IsLatest", version.is_latest);
    out.element("LastModified", http::iso_date(version.last_modified));
    if (!version.is_delete_marker) {
        out.element("ETag", quoted(version.etag));
        for (auto const& checksum : version.attributes.checksums) {
            auto const* spelling = spelling_of(checksum.algorithm);
            if (spelling == nullptr) continue;
            out.element("ChecksumAlgorithm", spelling->name);
            out.element("ChecksumType", name_of(checksum.scope));
        }
        out.element("Size", version.size)
            .element("StorageClass", storage_class_of(version.attributes));
        if (shown.restored_at) write_restore_status(out, version.attributes, *shown.restored_at);
    }
    write_principal(out, "Owner", owner);
    out.close();
}

}  // namespace

task<s3_result<answer>> ops::list_object_versions(operation_call& call) {
    auto const wanted = decode(call);
    if (!wanted) co_return wanted.error();
    auto const& listing = wanted->listing;
    auth::guarded_objects::list_versions_request request;
    request.bucket = call.request.bucket();
    request.prefix = listing.prefix;
    request.delimiter = listing.delimiter;
    request.key_after =
        position_behind(wanted->key_marker, listing.prefix, listing.delimiter);
    // Versions of a key that stands for itself, not of a common prefix.
    auto const below = position_behind(wanted->key_marker + listing.delimiter, listing.prefix,
                                       listing.delimiter);
    bool const is_key = listing.delimiter.empty() ||
                        below.size() > wanted->key_marker.size();
    if (is_key) request.version_after = wanted->version_after;
    request.max_entries = listing.max_keys == 0 ? 1 : listing.max_keys;
    request.with_attributes = true;
    auto page = co_await call.objects.list_versions(call.who, std::move(request));
    if (!page) co_return to_s3(page.error(), subject::bucket);
    if (listing.max_keys == 0) *page = {};
    auto const owners = co_await object_owners::of(call);
    if (!owners) co_return owners.error();

    auto const& spell = listing.spell;
    xml_writer out("ListVersionsResult");
    out.element("Name", call.request.bucket()).element("Prefix", spell(listing.prefix));
    out.element("KeyMarker", spell(wanted->key_marker));
    out.element("VersionIdMarker", wanted->version_marker);
    if (page->truncated) {
        out.element("NextKeyMarker", spell(page->next_key));
        if (page->next_version)
            out.element("NextVersionIdMarker", version_text(*page->next_version));
    }
    out.element("MaxKeys", listing.max_keys);
    if (!listing.delimiter.empty()) out.element("Delimiter", spell(listing.delimiter));
    out.element("IsTruncated", page->truncated);
    if (spell.encoded()) out.element("EncodingType", "url");
    for (auto const& version : page->versions) write_version(out, version, listing, owners->of(version));
    for (auto const& prefix : page->common_prefixes)
        out.open("CommonPrefixes").element("Prefix", spell(prefix)).close();
    co_return xml_answer(std::move(out));
}

}  // namespace sluice::s3
