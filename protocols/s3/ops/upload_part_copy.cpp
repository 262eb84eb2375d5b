#include "gateway/core/encoding.hpp"
#include "protocols/http/date.hpp"
#include "protocols/s3/ops/handlers.hpp"
#include "protocols/s3/ops/object_encryption.hpp"
#include "protocols/s3/ops/object_versions.hpp"
#include "protocols/s3/ops/transfer.hpp"
#include "protocols/s3/ops/upload_settings.hpp"
#include "protocols/s3/wire/object_headers.hpp"
#include "protocols/s3/wire/range.hpp"
#include "protocols/s3/wire/storage_classes.hpp"
#include "protocols/s3/wire/version_ids.hpp"

namespace sluice::s3 {
namespace {

// The part's bytes in the source; nothing when the source is empty.
s3_result<std::optional<store::byte_range>> select(s3_request const& request,
                                                   store::object_stat const& stat) {
    auto const text = request.header("x-amz-copy-source-range");
    if (!text) {
        if (stat.size == 0) return std::optional<store::byte_range>{};
        return std::optional(store::byte_range{0, stat.size});
    }
    auto const asked = parse_copy_range(*text);
    if (!asked)
        return invalid_argument(
            "x-amz-copy-source-range", *text,
            "The x-amz-copy-source-range value must be of the form bytes=first-last where first "
            "and last are the zero-based offsets of the first and last bytes to copy");
    if (*asked->first >= stat.size)
        return s3_failure(error_code::invalid_request,
                          "The specified copy range is invalid for the source object size");
    if (*asked->last >= stat.size)
        return invalid_argument(
            "x-amz-copy-source-range", *text,
            "Range specified is not valid for source object of size: " + std::to_string(stat.size));
    return std::optional(store::byte_range{*asked->first, *asked->last - *asked->first + 1});
}

s3_result<auth::readable_object> check_source(auth::guarded<auth::readable_object> source,
                                              std::optional<object_version> version,
                                              store::conditions const& when,
                                              unix_millis now) {
    if (!source) return missing_version(to_s3(source.error(), subject::object), version);
    if (auto const fine = refuse_source_marker(source->stat(), version); !fine) return fine.error();
    if (store::evaluate_read(when, source->stat()) != store::read_verdict::proceed)
        return error_code::precondition_failed;
    if (!is_readable(source->stat().attributes, now)) return error_code::object_not_in_active_tier;
    return *std::move(source);
}

}  // namespace

task<s3_result<answer>> ops::upload_part_copy(operation_call& call) {
    auto const number = part_number_of(call.request, call.options.upload_parts);
    if (!number) co_return number.error();
    auto const name = upload_named(call.request);
    if (!name) co_return name.error();
    auto const from = parse_copy_source(call.request.header("x-amz-copy-source").value_or(""));
    if (!from) co_return from.error();
    auto const version = parse_version(from->version);
    if (!version && !from->version.empty())
        co_return invalid_argument("x-amz-copy-source", from->version,
                                   "Invalid version id specified");
    auto const when = conditions_of(call.request, call.clock.now(), "x-amz-copy-source-");
    if (!when) co_return when.error();
    auto const upload = co_await call.uploads.find(call.who, *name);
    if (!upload) co_return to_s3(upload.error(), subject::object);
    auto const key = read_key(call);
    if (!key) co_return key.error();
    auto const source_key = read_key(call, keyed_object::copy_source);
    if (!source_key) co_return source_key.error();
    auto opened = co_await call.objects.open(call.who, from->bucket, from->key, version);
    auto source = check_source(std::move(opened), version, *when, call.clock.now());
    if (!source) co_return source.error();
    auto const unlocked = unlock(*source, *source_key, wanted_of_object::bytes);
    if (!unlocked) co_return unlocked.error();
    auto const range = select(call.request, source->stat());
    if (!range) co_return range.error();
    auto const length = *range ? (*range)->length : 0;
    if (length > call.options.object_bytes)
        co_return s3_failure(error_code::invalid_request,
                             "The specified copy source is larger than the maximum allowable size "
                             "for a copy source: " +
                                 std::to_string(call.options.object_bytes));

    auto target = co_await call.uploads.put_part(call.who, *name, *number, length,
                                                 pointer_to(*key));
    if (!target) co_return to_s3(target.error(), subject::upload);
    auto const facts = target->encryption();
    auto const settings = kept_settings(upload->attributes);
    std::vector<running_checksum> checks;
    checks.emplace_back(store::checksum_algorithm::md5);
    checks.emplace_back(settings.algorithm);
    if (*range) {
        auto reader = co_await source->read(**range);
        if (reader.has_error()) co_return to_s3(reader.error(), subject::object);
        auto const moved = co_await transfer(*reader, *target, checks);
        if (!moved) co_return moved.error();
    }
    std::vector checksums{store::object_checksum{
        settings.algorithm, store::checksum_scope::full_object, checks[1].finish()}};
    auto etag = hex_encode(checks[0].finish());
    if (hides_digest(facts.kind)) etag = target->fresh_etag();
    auto const part = co_await target->commit(std::move(etag), checksums);
    if (!part) co_return to_s3(part.error(), subject::object);

    xml_writer out("CopyPartResult");
    out.element("LastModified", http::iso_date(part->last_modified))
        .element("ETag", quoted(part->etag));
    out.element(spelling_of(settings.algorithm)->element, base64_encode(checksums.front().value));
    auto answered = xml_answer(std::move(out));
    set_encryption_headers(answered.head, facts, call.options, pointer_to(*key));
    bool const has_id = source->stat().version != object_version{};
    if (source->stat().is_versioned && (has_id || version))
        answered.head.set("x-amz-copy-source-version-id", version_text(source->stat().version));
    co_return answered;
}

}  // namespace sluice::s3
