#include <charconv>

#include "protocols/s3/ops/bucket_rules.hpp"
#include "protocols/s3/ops/compose_upload.hpp"
#include "protocols/s3/ops/expiration_headers.hpp"
#include "protocols/s3/ops/handlers.hpp"
#include "protocols/s3/ops/object_encryption.hpp"
#include "protocols/s3/ops/object_events.hpp"
#include "protocols/s3/ops/upload_settings.hpp"
#include "protocols/s3/wire/object_headers.hpp"
#include "protocols/s3/wire/version_ids.hpp"
#include "protocols/s3/wire/xml_reader.hpp"

namespace sluice::s3 {
namespace {

// Asked again after it was done: of the same parts.
bool is_of(std::string const& etag, std::vector<store::named_part> const& named) {
    std::vector<store::part_info> parts(named.size());
    for (std::size_t i = 0; i < named.size(); ++i) parts[i].etag = named[i].etag;
    auto const composed = composed_etag(parts);
    return composed.has_value() && *composed == etag;
}

// What the client says the object will be; checked against what the parts make.
struct expectations {
    std::optional<std::pair<store::checksum_algorithm, std::string>> checksum;  // text form
    std::optional<std::string> checksum_type;
    std::optional<std::uint64_t> size;
};

template <class Integer>
std::optional<Integer> parse_number(std::string_view text) {
    Integer value{};
    auto const parsed = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.empty() || parsed.ec != std::errc{} || parsed.ptr != text.data() + text.size())
        return std::nullopt;
    return value;
}

s3_result<expectations> expectations_of(s3_request const& request) {
    expectations out;
    for (auto const& spelling : checksum_spellings) {
        auto const text = request.header(spelling.header);
        if (!text) continue;
        if (out.checksum)
            return s3_failure(error_code::invalid_request,
                              "Expecting a single x-amz-checksum- header. Multiple checksum Types "
                              "are not allowed.");
        out.checksum.emplace(spelling.algorithm, *text);
    }
    if (auto const type = request.header("x-amz-checksum-type")) out.checksum_type = *type;
    if (auto const text = request.header("x-amz-mp-object-size")) {
        out.size = parse_number<std::uint64_t>(*text);
        if (!out.size)
            return s3_failure(error_code::invalid_request,
                              "Value for x-amz-mp-object-size header is invalid.");
    }
    return out;
}

s3_result<store::named_part> parse_part(xml_element const& element) {
    if (element.name != "Part") return error_code::malformed_xml;
    store::named_part part;
    auto const number = parse_number<std::uint32_t>(element.text_of("PartNumber").value_or(""));
    auto const etag = element.text_of("ETag");
    if (!number || !etag) return error_code::malformed_xml;
    part.number = *number;
    part.etag = unquoted(*etag);
    for (auto const& child : element.children) {
        if (child.name == "PartNumber" || child.name == "ETag") continue;
        checksum_spelling const* spelling = nullptr;
        for (auto const& candidate : checksum_spellings)
            if (candidate.element == child.name) spelling = &candidate;
        if (spelling == nullptr) return error_code::malformed_xml;
        auto raw = parse_checksum(*spelling, child.text);
        if (!raw) return error_code::invalid_part;
        part.checksums.push_back(
            {spelling->algorithm, store::checksum_scope::full_object, *std::move(raw)});
    }
    return part;
}

s3_result<std::vector<store::named_part>> parse_parts(std::string_view text,
                                                      s3_options const& options) {
    if (text.empty())
        return s3_failure(error_code::invalid_request, "You must specify at least one part");
    auto const root = parse_xml(text, "CompleteMultipartUpload",
                                {options.document_bytes, options.document_elements});
    if (!root) return root.error();
    if (root->children.empty() || root->children.size() > options.upload_parts)
        return error_code::malformed_xml;
    std::vector<store::named_part> parts;
    parts.reserve(root->children.size());
    for (auto const& child : root->children) {
        auto part = parse_part(child);
        if (!part) return part.error();
        if (!parts.empty() && part->number <= parts.back().number)
            return error_code::invalid_part_order;
        parts.push_back(*std::move(part));
    }
    return parts;
}

// Runs under the upload's lock, once the parts are known to be the named ones. What it refuses for
// is left in `refused`, since only S3 has words for it.
class composition {
public:
    composition(expectations const& expected, std::vector<store::named_part> const& named)
        : expected_(expected) {
        for (auto const& part : named) with_checksum_ = with_checksum_ && !part.checksums.empty();
    }

    result<auth::guarded_uploads::composed> operator()(store::upload_info const& upload,
                                                       std::vector<store::part_info> const& parts);
    std::optional<s3_failure> const& refused() const { return refused_; }

private:
    failure refuse(s3_failure why) {
        refused_ = std::move(why);
        return failure{error::precondition_failed, "the parts do not make what was promised"};
    }
    std::optional<s3_failure> check(upload_settings const& settings, std::string const& checksum,
                                    std::uint64_t size) const;

    expectations const& expected_;
    bool with_checksum_ = true;  // every named part came with one
    std::optional<s3_failure> refused_;
};

std::optional<s3_failure> composition::check(upload_settings const& settings,
                                             std::string const& checksum,
                                             std::uint64_t size) const {
    auto const* spelling = spelling_of(settings.algorithm);
    if (settings.scope == store::checksum_scope::composite && !with_checksum_)
        return s3_failure(
            error_code::invalid_request,
            "The upload was created using a " + http::lower_cased(spelling->name) +
                " checksum. The complete request must include the checksum for each part.");
    if (expected_.checksum_type && *expected_.checksum_type != name_of(settings.scope))
        return s3_failure(error_code::invalid_request,
                          "The x-amz-checksum-type is not the one the upload was created with.");
    if (expected_.size && *expected_.size != size)
        return s3_failure(
            error_code::invalid_request,
            "The provided 'x-amz-mp-object-size' header does not match what was computed.");
    if (!expected_.checksum) return std::nullopt;
    if (expected_.checksum->first != settings.algorithm)
        return s3_failure(error_code::invalid_request,
                          "The checksum is not of the algorithm of the upload.");
    // A composite one may come without the number of its parts.
    auto const& text = expected_.checksum->second;
    if (text != checksum && text != checksum.substr(0, checksum.find('-')))
        return s3_failure(error_code::bad_digest,
                          "The " + std::string(spelling->name) +
                              " you specified did not match the calculated checksum.");
    return std::nullopt;
}

result<auth::guarded_uploads::composed> composition::operator()(
    store::upload_info const& upload, std::vector<store::part_info> const& parts) {
    auto const settings = kept_settings(upload.attributes);
    SLUICE_TRY(auto etag, composed_etag(parts));
    SLUICE_TRY(auto checksum, composed_checksum(settings, parts));
    std::uint64_t size = 0;
    for (auto const& part : parts) size += part.size;
    auto const text = checksum_text(checksum, static_cast<std::uint32_t>(parts.size()));
    if (auto wrong = check(settings, text, size)) return refuse(*std::move(wrong));
    auth::guarded_uploads::composed out{std::move(etag), upload.attributes};
    drop_settings(out.attributes);
    out.attributes.checksums.assign(1, std::move(checksum));
    return out;
}

std::string etag_of(std::uint32_t number, std::vector<store::named_part> const& named) {
    for (auto const& part : named)
        if (part.number == number) return part.etag;
    return {};
}

s3_failure invalid_part(std::uint32_t number, std::vector<store::named_part> const& named,
                        operation_call const& call) {
    s3_failure out(error_code::invalid_part);
    out.detail("UploadId", call.request.parameter("uploadId").value_or(""));
    out.detail("PartNumber", std::to_string(number));
    out.detail("ETag", etag_of(number, named));
    return out;
}

std::optional<s3_failure> refusal_of(auth::guarded_uploads::completed const& outcome,
                                     std::vector<store::named_part> const& named,
                                     operation_call const& call) {
    auto const number = std::to_string(outcome.part);
    switch (outcome.refused) {
        case auth::guarded_uploads::refused::none: return std::nullopt;
        case auth::guarded_uploads::refused::part_missing_or_different:
            return invalid_part(outcome.part, named, call);
        case auth::guarded_uploads::refused::part_too_small:
            return s3_failure(error_code::entity_too_small)
                .detail("ETag", etag_of(outcome.part, named))
                .detail("PartNumber", number)
                .detail("MinSizeAllowed", std::to_string(call.options.minimum_part_bytes));
        case auth::guarded_uploads::refused::order:
            return s3_failure(error_code::invalid_part_order);
    }
    return s3_failure(error_code::internal_error);
}

answer answer_for(operation_call const& call, store::object_stat const& object) {
    auto const& where = call.request.where();
    std::string location = call.who.connection().tls ? "https://" : "http://";
    location.append(call.request.head().host);
    if (!where.bucket_in_host) location.append("/").append(where.bucket);
    location.append("/").append(auth::uri_encode(where.key, true));
    xml_writer out("CompleteMultipartUploadResult");
    out.element("Location", location).element("Bucket", where.bucket).element("Key", where.key);
    out.element("ETag", quoted(object.etag));
    for (auto const& checksum : object.attributes.checksums) {
        auto const* spelling = spelling_of(checksum.algorithm);
        if (spelling == nullptr) continue;
        out.element(spelling->element, checksum_text(checksum, object.part_count));
        out.element("ChecksumType", name_of(checksum.scope));
    }
    auto answered = xml_answer(std::move(out));
    set_new_version_header(answered.head, object);
    set_encryption_headers(answered.head, object.attributes.encryption, call.options, nullptr);
    return answered;
}

}  // namespace

task<s3_result<answer>> ops::complete_multipart_upload(operation_call& call) {
    auto const name = upload_named(call.request);
    if (!name) co_return name.error();
    auto const expected = expectations_of(call.request);
    if (!expected) co_return expected.error();
    auto when = write_conditions_of(call.request, call.clock.now());
    if (!when) co_return when.error();
    auto const key = read_key(call);
    if (!key) co_return key.error();
    auto const text = co_await call.body.read_all(call.options.document_bytes);
    if (!text) co_return text.error();
    auto parts = parse_parts(*text, call.options);
    if (!parts) co_return parts.error();

    composition compose(*expected, *parts);
    auth::guarded_uploads::completion request;
    request.upload = *name;
    request.parts = *parts;
    request.minimum_part_bytes = call.options.minimum_part_bytes;
    request.compose = std::ref(compose);
    bool const asks_for_object = when->if_match.has_value();
    request.when = *std::move(when);
    lifecycle_rules rules;
    request.announce = announcer_of(call, "CompleteMultipartUpload", &rules);
    request.customer = *key;
    request.rule = rule_for_completion();
    auto const outcome = co_await call.uploads.complete(call.who, std::move(request));
    if (compose.refused()) co_return *compose.refused();
    if (!outcome) {
        auto shown = to_s3(outcome.error(), subject::upload);
        // Either the upload or the object that If-Match asks for.
        if (asks_for_object && shown.code == error_code::no_such_upload) {
            auto const upload = co_await call.uploads.find(call.who, *name);
            if (upload) shown = error_code::no_such_key;
        }
        co_return shown;
    }
    if (auto refused = refusal_of(*outcome, *parts, call)) co_return *std::move(refused);
    if (outcome->repeated && !is_of(outcome->object.etag, *parts))
        co_return error_code::no_such_upload;
    auto answered = answer_for(call, outcome->object);
    set_expiration_header(answered.head, rules, outcome->object, call.options);
    co_return answered;
}

}  // namespace sluice::s3
