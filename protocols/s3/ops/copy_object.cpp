#include "protocols/http/date.hpp"
#include "protocols/s3/ops/handlers.hpp"
#include "protocols/s3/wire/object_headers.hpp"

namespace sluice::s3 {
namespace {

struct copy_object_request {
    copy_source source;
    store::conditions source_when;
    store::conditions when;
    bool replace = false;                         // metadata is the request's, not the source's
    checksum_spelling const* checksum = nullptr;  // asked for by x-amz-checksum-algorithm
};

s3_result<copy_object_request> decode(operation_call const& call) {
    copy_object_request wanted;
    auto source = parse_copy_source(call.request.header("x-amz-copy-source").value_or(""));
    if (!source) return source.error();
    wanted.source = *std::move(source);
    if (!wanted.source.version.empty() && wanted.source.version != "null")
        return error_code::no_such_version;
    auto source_when = conditions_of(call.request, "x-amz-copy-source-");
    if (!source_when) return source_when.error();
    wanted.source_when = *std::move(source_when);
    auto when = conditions_of(call.request);
    if (!when) return when.error();
    wanted.when = *std::move(when);
    auto const directive = call.request.header("x-amz-metadata-directive").value_or("COPY");
    if (directive != "COPY" && directive != "REPLACE")
        return invalid_argument("x-amz-metadata-directive", directive,
                                "Unknown metadata directive.");
    wanted.replace = directive == "REPLACE";
    if (auto const name = call.request.header("x-amz-checksum-algorithm")) {
        wanted.checksum = checksum_named(*name);
        if (wanted.checksum == nullptr)
            return s3_failure(error_code::invalid_request,
                              "Checksum algorithm provided is unsupported.");
    }
    bool const onto_itself =
        wanted.source.bucket == call.request.bucket() && wanted.source.key == call.request.key();
    if (onto_itself && !wanted.replace)
        return s3_failure(
            error_code::invalid_request,
            "This copy request is illegal because it is trying to copy an object to itself without "
            "changing the object's metadata, storage class, website redirect location or "
            "encryption "
            "attributes.");
    return wanted;
}

// The object's bytes past one digest.
task<s3_result<store::object_checksum>> checksum_of(auth::readable_object const& object,
                                                    store::checksum_algorithm algorithm,
                                                    std::size_t piece) {
    running_checksum running(algorithm);
    auto reader = co_await object.read();
    if (reader.has_error()) co_return to_s3(reader.error(), subject::object);
    while (true) {
        auto const chunk = co_await reader->next();
        if (chunk.has_error()) co_return to_s3(chunk.error(), subject::object);
        if (chunk->empty()) break;
        for (auto rest = as_bytes(chunk->bytes()); !rest.empty();
             rest = rest.subspan(std::min(piece, rest.size())))
            running.update(rest.first(std::min(piece, rest.size())));
    }
    co_return store::object_checksum{algorithm, store::checksum_scope::full_object,
                                     running.finish()};
}

bool has_full_checksum(store::object_stat const& stat, store::checksum_algorithm algorithm) {
    for (auto const& checksum : stat.attributes.checksums)
        if (checksum.algorithm == algorithm && checksum.scope == store::checksum_scope::full_object)
            return true;
    return false;
}

// What the copy says about itself where that is not simply what the source says. The source is held
// to what was looked at here by its ETag, so a change in between fails the copy.
task<s3_result<>> override_attributes(operation_call& call, copy_object_request const& wanted,
                                      auth::guarded_objects::copy_request& request) {
    auto const source =
        co_await call.objects.open(call.who, wanted.source.bucket, wanted.source.key);
    if (!source) co_return to_s3(source.error(), subject::object);
    auto const& stat = source->stat();
    if (store::evaluate_read(wanted.source_when, stat) != store::read_verdict::proceed)
        co_return error_code::precondition_failed;
    auto attributes = stat.attributes;
    if (wanted.replace) {
        auto replaced = attributes_of(call.request, call.options);
        if (!replaced) co_return replaced.error();
        replaced->checksums = attributes.checksums;
        replaced->extra = attributes.extra;
        attributes = *std::move(replaced);
    }
    if (wanted.checksum != nullptr && !has_full_checksum(stat, wanted.checksum->algorithm)) {
        auto computed =
            co_await checksum_of(*source, wanted.checksum->algorithm, call.options.read_bytes);
        if (!computed) co_return computed.error();
        attributes.checksums.assign(1, *std::move(computed));
    }
    request.attributes = std::move(attributes);
    request.source_when = {};
    request.source_when.if_match = store::etag_match{false, {stat.etag}};
    co_return s3_result<>{};
}

}  // namespace

task<s3_result<answer>> ops::copy_object(operation_call& call) {
    auto wanted = decode(call);
    if (!wanted) co_return wanted.error();
    auth::guarded_objects::copy_request request;
    request.source_bucket = wanted->source.bucket;
    request.source_key = wanted->source.key;
    request.source_when = wanted->source_when;
    request.bucket = call.request.bucket();
    request.key = call.request.key();
    request.when = wanted->when;
    if (wanted->replace || wanted->checksum != nullptr) {
        auto const overridden = co_await override_attributes(call, *wanted, request);
        if (!overridden) co_return overridden.error();
    }
    auto const copied = co_await call.objects.copy(call.who, std::move(request));
    if (!copied) co_return to_s3(copied.error(), subject::object);

    xml_writer out("CopyObjectResult");
    out.element("LastModified", http::iso_date(copied->last_modified))
        .element("ETag", quoted(copied->etag));
    for (auto const& checksum : copied->attributes.checksums) {
        auto const* spelling = spelling_of(checksum.algorithm);
        if (spelling == nullptr) continue;
        out.element("ChecksumType", name_of(checksum.scope));
        out.element(spelling->element, checksum_text(checksum, copied->part_count));
    }
    co_return xml_answer(std::move(out));
}

}  // namespace sluice::s3
