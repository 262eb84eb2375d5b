#include "gateway/core/encoding.hpp"
#include "protocols/http/date.hpp"
#include "protocols/s3/ops/access_lists.hpp"
#include "protocols/s3/ops/bucket_rules.hpp"
#include "protocols/s3/ops/expiration_headers.hpp"
#include "protocols/s3/ops/handlers.hpp"
#include "protocols/s3/ops/object_encryption.hpp"
#include "protocols/s3/ops/object_events.hpp"
#include "protocols/s3/ops/object_versions.hpp"
#include "protocols/s3/ops/transfer.hpp"
#include "protocols/s3/wire/object_headers.hpp"
#include "protocols/s3/wire/storage_classes.hpp"
#include "protocols/s3/wire/version_ids.hpp"

namespace sluice::s3 {
namespace {

struct copy_object_request {
    copy_source source;
    store::conditions source_when;
    store::conditions when;
    std::optional<object_version> version;        // of the source; nothing: the newest
    bool replace = false;                         // metadata is the request's, not the source's
    bool replace_tags = false;
    store::object_attributes labels;
    bool relabels = false;                        // names some of them
    checksum_spelling const* checksum = nullptr;  // asked for by x-amz-checksum-algorithm
    std::optional<auth::secret_key> source_key;   // the client's
    bool changes_nothing = false;                 // onto itself; the bucket's encryption may
};

s3_result<copy_object_request> decode(operation_call const& call) {
    copy_object_request wanted;
    auto source = parse_copy_source(call.request.header("x-amz-copy-source").value_or(""));
    if (!source) return source.error();
    wanted.source = *std::move(source);
    if (!wanted.source.version.empty()) {
        wanted.version = parse_version(wanted.source.version);
        if (!wanted.version)
            return invalid_argument("x-amz-copy-source", wanted.source.version,
                                    "Invalid version id specified");
    }
    auto source_when = conditions_of(call.request, call.clock.now(), "x-amz-copy-source-");
    if (!source_when) return source_when.error();
    wanted.source_when = *std::move(source_when);
    auto when = write_conditions_of(call.request, call.clock.now());
    if (!when) return when.error();
    wanted.when = *std::move(when);
    auto const directive = call.request.header("x-amz-metadata-directive").value_or("COPY");
    if (directive != "COPY" && directive != "REPLACE")
        return invalid_argument("x-amz-metadata-directive", directive,
                                "Unknown metadata directive.");
    wanted.replace = directive == "REPLACE";
    auto const tagging = call.request.header("x-amz-tagging-directive").value_or("COPY");
    if (tagging != "COPY" && tagging != "REPLACE")
        return invalid_argument("x-amz-tagging-directive", tagging, "Unknown tagging directive.");
    wanted.replace_tags = tagging == "REPLACE";
    if (auto const name = call.request.header("x-amz-checksum-algorithm")) {
        wanted.checksum = checksum_named(*name);
        if (wanted.checksum == nullptr)
            return s3_failure(error_code::invalid_request,
                              "Checksum algorithm provided is unsupported.");
    }
    auto key = read_key(call, keyed_object::copy_source);
    if (!key) return key.error();
    wanted.source_key = *std::move(key);
    bool const encrypts =
        call.request.header("x-amz-server-side-encryption") ||
        call.request.header("x-amz-server-side-encryption-customer-algorithm");
    auto labels = labels_of(call.request);
    if (!labels) return labels.error();
    wanted.labels = *std::move(labels);
    wanted.relabels = call.request.header("x-amz-storage-class").has_value() ||
                      call.request.header("x-amz-website-redirect-location").has_value();
    bool const onto_itself = !wanted.version && wanted.source.bucket == call.request.bucket() &&
                             wanted.source.key == call.request.key();
    wanted.changes_nothing = onto_itself && !wanted.replace && !encrypts && !wanted.relabels &&
                             wanted.checksum == nullptr;
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
    auto source = co_await call.objects.open(call.who, wanted.source.bucket, wanted.source.key,
                                             wanted.version);
    if (!source) co_return missing_version(to_s3(source.error(), subject::object), wanted.version);
    auto const& stat = source->stat();
    auto const readable = refuse_source_marker(stat, wanted.version);
    if (!readable) co_return readable.error();
    if (store::evaluate_read(wanted.source_when, stat) != store::read_verdict::proceed)
        co_return error_code::precondition_failed;
    if (!is_readable(stat.attributes, call.clock.now()))
        co_return error_code::object_not_in_active_tier;
    auto attributes = stat.attributes;
    if (wanted.replace || wanted.replace_tags) {
        auto given = attributes_of(call.request, call.options);
        if (!given) co_return given.error();
        if (wanted.replace_tags) attributes.tags = given->tags;
        if (wanted.replace) {
            given->checksums = attributes.checksums;
            given->extra = attributes.extra;
            given->tags = attributes.tags;
            attributes = *std::move(given);
        }
    }
    if (wanted.checksum != nullptr && !has_full_checksum(stat, wanted.checksum->algorithm)) {
        auto const unlocked = unlock(*source, wanted.source_key, wanted_of_object::bytes);
        if (!unlocked) co_return unlocked.error();
        auto computed =
            co_await checksum_of(*source, wanted.checksum->algorithm, call.options.read_bytes);
        if (!computed) co_return computed.error();
        attributes.checksums.assign(1, *std::move(computed));
    }
    attributes.storage_class.clear();  // the rule gives it its own
    request.attributes = std::move(attributes);
    request.source_when = {};
    request.source_when.if_match = store::etag_match{false, {stat.etag}};
    co_return s3_result<>{};
}

// The checksums that the copy carries; those of a multipart upload's parts say nothing about bytes
// in one piece, so they are computed anew.
task<s3_result<>> move_bytes(auth::readable_object const& source, auth::writable_object& target,
                             store::object_attributes& attributes, std::string& etag) {
    std::vector<running_checksum> checks;
    bool const hides = hides_digest(target.encryption().kind);
    if (!hides) checks.emplace_back(store::checksum_algorithm::md5);
    auto const first = checks.size();
    std::vector<store::object_checksum*> computed;
    for (auto& checksum : attributes.checksums) {
        if (checksum.scope == store::checksum_scope::full_object) continue;
        checks.emplace_back(checksum.algorithm);
        computed.push_back(&checksum);
    }
    if (source.stat().size > 0) {
        auto reader = co_await source.read();
        if (reader.has_error()) co_return to_s3(reader.error(), subject::object);
        auto const moved = co_await transfer(*reader, target, checks);
        if (!moved) co_return moved.error();
    }
    for (std::size_t i = 0; i < computed.size(); ++i) {
        computed[i]->scope = store::checksum_scope::full_object;
        computed[i]->value = checks[first + i].finish();
    }
    etag = hides ? target.fresh_etag() : hex_encode(checks.front().finish());
    co_return s3_result<>{};
}

// Where one of source and target is encrypted and the other is not, the bytes are written anew; the
// copy is an object in one piece then.
task<s3_result<store::object_stat>> rewrite(operation_call& call, copy_object_request const& wanted,
                                            auth::guarded_objects::copy_request request) {
    auto source = co_await call.objects.open(call.who, request.source_bucket, request.source_key,
                                             wanted.version);
    if (!source) co_return missing_version(to_s3(source.error(), subject::object), wanted.version);
    auto const& stat = source->stat();
    auto const readable = refuse_source_marker(stat, wanted.version);
    if (!readable) co_return readable.error();
    if (store::evaluate_read(request.source_when, stat) != store::read_verdict::proceed)
        co_return error_code::precondition_failed;
    if (!is_readable(stat.attributes, call.clock.now()))
        co_return error_code::object_not_in_active_tier;
    auto const unlocked = unlock(*source, wanted.source_key, wanted_of_object::bytes);
    if (!unlocked) co_return unlocked.error();
    if (stat.size > call.options.object_bytes)
        co_return s3_failure(error_code::invalid_request,
                             "The specified copy source is larger than the maximum allowable size "
                             "for a copy source: " +
                                 std::to_string(call.options.object_bytes));
    auto attributes = request.attributes ? *std::move(request.attributes) : stat.attributes;
    auto target = co_await call.objects.create(call.who, request.bucket, request.key, stat.size,
                                               request.encryption, request.access);
    if (!target) co_return to_s3(target.error(), subject::object);
    std::string etag;
    auto const moved = co_await move_bytes(*source, *target, attributes, etag);
    if (!moved) co_return moved.error();
    auth::writable_object::finish how{std::move(etag), std::move(attributes),
                                      std::move(request.when), std::move(request.announce),
                                      std::move(request.rule)};
    auto stored = co_await target->commit(std::move(how));
    if (!stored) co_return to_s3(stored.error(), subject::object);
    if (stat.is_versioned) stored->copied_from = stat.version;
    co_return *std::move(stored);
}

// A named source that is not there may be a delete marker.
task<s3_failure> why_missing(operation_call& call, copy_object_request const& wanted,
                             s3_failure refused) {
    if (refused.code != error_code::no_such_key || !wanted.version) co_return refused;
    auto const source = co_await call.objects.open(call.who, wanted.source.bucket,
                                                   wanted.source.key, wanted.version);
    if (!source) co_return missing_version(std::move(refused), wanted.version);
    auto const readable = refuse_source_marker(source->stat(), wanted.version);
    co_return readable ? refused : readable.error();
}

}  // namespace

task<s3_result<answer>> ops::copy_object(operation_call& call) {
    auto wanted = decode(call);
    if (!wanted) co_return wanted.error();
    auth::guarded_objects::copy_request request;
    request.source_bucket = wanted->source.bucket;
    request.source_key = wanted->source.key;
    request.source_version = wanted->version;
    request.source_when = wanted->source_when;
    request.bucket = call.request.bucket();
    request.key = call.request.key();
    request.when = wanted->when;
    lifecycle_rules rules;
    request.announce = announcer_of(call, "Copy", &rules);
    if (wanted->replace || wanted->replace_tags || wanted->checksum != nullptr) {
        auto const overridden = co_await override_attributes(call, *wanted, request);
        if (!overridden) co_return overridden.error();
    }
    auto encryption = co_await choose_encryption(call, call.request);
    if (!encryption) co_return encryption.error();
    if (wanted->changes_nothing && encryption->kind == auth::encryption_kind::none)
        co_return s3_failure(
            error_code::invalid_request,
            "This copy request is illegal because it is trying to copy an object to itself without "
            "changing the object's metadata, storage class, website redirect location or "
            "encryption attributes.");
    request.encryption = *encryption;
    request.source_customer = wanted->source_key;
    auto access = access_choice_of(call, call.request, access_subject::object);
    if (!access) co_return access.error();
    request.access = *std::move(access);
    bool archived = false;
    request.rule = rule_for_copy(wanted->labels, archived);
    auto const by_reference = co_await call.objects.copy(call.who, request);
    s3_result<store::object_stat> copied = store::object_stat{};
    if (by_reference) {
        copied = *by_reference;
    } else if (by_reference.error().key == auth::key_trouble::other_form) {
        copied = co_await rewrite(call, *wanted, std::move(request));
        if (!copied) co_return copied.error();
    } else {
        if (archived) co_return error_code::object_not_in_active_tier;
        auto refused = to_s3(by_reference.error(), subject::object);
        co_return co_await why_missing(call, *wanted, std::move(refused));
    }

    xml_writer out("CopyObjectResult");
    out.element("LastModified", http::iso_date(copied->last_modified))
        .element("ETag", quoted(copied->etag));
    for (auto const& checksum : copied->attributes.checksums) {
        auto const* spelling = spelling_of(checksum.algorithm);
        if (spelling == nullptr) continue;
        out.element("ChecksumType", name_of(checksum.scope));
        out.element(spelling->element, checksum_text(checksum, copied->part_count));
    }
    auto answered = xml_answer(std::move(out));
    set_version_header(answered.head, *copied);
    set_expiration_header(answered.head, rules, *copied, call.options);
    set_encryption_headers(answered.head, copied->attributes.encryption, call.options,
                           &encryption->customer);
    set_context_header(answered.head, *encryption);
    bool const source_has_id = copied->copied_from && *copied->copied_from != object_version{};
    if (source_has_id || (copied->copied_from && wanted->version))
        answered.head.set("x-amz-copy-source-version-id", version_text(*copied->copied_from));
    co_return answered;
}

}  // namespace sluice::s3
