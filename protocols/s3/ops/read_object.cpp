#include "protocols/s3/ops/read_object.hpp"

#include <charconv>

#include "protocols/http/date.hpp"
#include "protocols/s3/model/bucket_settings.hpp"
#include "protocols/s3/ops/expiration_headers.hpp"
#include "protocols/s3/ops/object_encryption.hpp"
#include "protocols/s3/ops/object_versions.hpp"
#include "protocols/s3/wire/object_headers.hpp"
#include "protocols/s3/wire/range.hpp"
#include "protocols/s3/wire/storage_classes.hpp"
#include "protocols/s3/wire/version_ids.hpp"

namespace sluice::s3 {
namespace {

struct override_rule {
    std::string_view parameter;
    std::string store::object_attributes::*target;
};
constexpr std::array<override_rule, 6> overrides{{
    {"response-content-type", &store::object_attributes::content_type},
    {"response-content-language", &store::object_attributes::content_language},
    {"response-expires", &store::object_attributes::expires},
    {"response-cache-control", &store::object_attributes::cache_control},
    {"response-content-disposition", &store::object_attributes::content_disposition},
    {"response-content-encoding", &store::object_attributes::content_encoding},
}};

s3_result<> apply_overrides(operation_call const& call, store::object_attributes& attributes) {
    for (auto const& rule : overrides) {
        auto const value = call.request.parameter(rule.parameter);
        if (!value) continue;
        if (call.who.is_anonymous())
            return s3_failure(
                error_code::invalid_request,
                "Request specific response headers cannot be used for anonymous GET requests.");
        if (!http::valid_header_value(*value))
            return invalid_argument(rule.parameter, *value, "Not a legal header value.");
        attributes.*rule.target = *value;
    }
    return {};
}

s3_failure no_such_part(std::uint32_t number, std::size_t count) {
    return s3_failure(error_code::invalid_part_number)
        .detail("ActualPartCount", std::to_string(count))
        .detail("PartNumberRequested", std::to_string(number));
}

// What the answer covers.
struct selection {
    std::optional<store::byte_range> range;    // nothing: the whole object
    store::object_part const* part = nullptr;  // chosen by partNumber
    bool part_asked = false;
};

s3_failure range_refused(std::string_view text, std::uint64_t size) {
    return s3_failure(error_code::invalid_range)
        .detail("RangeRequested", text)
        .detail("ActualObjectSize", std::to_string(size));
}

// If-Range (RFC 9110 13.1.5): a changed object is answered whole.
bool range_still_applies(s3_request const& request, store::object_stat const& stat) {
    auto const validator = request.head().find("if-range");
    if (!validator) return true;
    if (auto const time = http::parse_http_date(*validator))
        return to_underlying(*time) / 1000 == to_underlying(stat.last_modified) / 1000;
    return !validator->starts_with("W/") && unquoted(*validator) == stat.etag;
}

s3_result<selection> select_part(std::string_view text, store::object_stat const& stat,
                                 std::vector<store::object_part> const& parts,
                                 std::uint32_t parts_max) {
    std::uint32_t number = 0;
    auto const parsed = std::from_chars(text.data(), text.data() + text.size(), number);
    if (parsed.ec != std::errc{} || parsed.ptr != text.data() + text.size() || number == 0 ||
        number > parts_max)
        return invalid_argument("partNumber", text,
                                "Part number must be an integer between 1 and 10000, inclusive");
    selection chosen;
    chosen.part_asked = true;
    if (parts.empty()) {
        if (number != 1) return no_such_part(number, 1);
        if (stat.size != 0) chosen.range = store::byte_range{0, stat.size};
        return chosen;
    }
    for (auto const& part : parts) {
        if (part.number != number) continue;
        chosen.part = &part;
        if (part.size != 0) chosen.range = store::byte_range{part.offset, part.size};
        return chosen;
    }
    return no_such_part(number, parts.size());
}

s3_result<selection> select_range(s3_request const& request, store::object_stat const& stat) {
    selection chosen;
    auto const text = request.head().find("range");
    if (!text || !range_still_applies(request, stat)) return chosen;
    auto const asked = parse_range(*text);
    if (!asked) return chosen;
    auto const range = store::resolve(*asked, stat.size);
    if (!range) return range_refused(*text, stat.size);
    chosen.range = *range;
    return chosen;
}

void set_part_checksums(http::response_head& head, store::object_part const& part) {
    for (auto const& checksum : part.checksums)
        if (auto const* spelling = spelling_of(checksum.algorithm))
            head.set(spelling->header, checksum_text(checksum, 0));
}

answer head_of(operation_call const& call, store::object_stat const& stat,
               selection const& chosen) {
    answer out;
    set_object_headers(out.head, stat);
    if (stat.part_count != 0 && chosen.part_asked)
        out.head.set("x-amz-mp-parts-count", std::to_string(stat.part_count));
    bool const whole =
        !chosen.range || (chosen.range->offset == 0 && chosen.range->length == stat.size);
    if (call.request.header("x-amz-checksum-mode")) {
        // A digest of other bytes than the answer's would only break the client's check.
        if (chosen.part != nullptr && !whole) set_part_checksums(out.head, *chosen.part);
        else if (whole) set_checksum_headers(out.head, stat);
    }
    auto const restored = restored_until(stat.attributes);
    if (is_archived(stat.attributes) && restored && *restored > call.clock.now())
        out.head.set("x-amz-restore", "ongoing-request=\"false\", expiry-date=\"" +
                                          http::http_date(*restored) + "\"");
    out.length = stat.size;
    if (chosen.range) {
        auto const [offset, length] = *chosen.range;
        out.head.status = 206;
        out.length = length;
        out.head.set("Content-Range", "bytes " + std::to_string(offset) + "-" +
                                          std::to_string(offset + length - 1) + "/" +
                                          std::to_string(stat.size));
    }
    return out;
}

// Of a version that was named it is not known here whether it is the newest.
s3_result<> tell_expiration(operation_call const& call, auth::readable_object const& object,
                            answer& out) {
    if (object.bucket_settings().empty()) return {};
    if (object.stat().is_versioned && call.request.parameter("versionId")) return {};
    auto const rules = lifecycle_of_settings(object.bucket_settings());
    if (rules.has_error()) return to_s3(rules.error(), subject::bucket);
    set_expiration_header(out.head, *rules, object.stat(), call.options);
    return {};
}

answer not_modified(store::object_stat const& stat) {
    auto out = empty_answer(304);
    out.head.set("ETag", quoted(stat.etag));
    out.head.set("Last-Modified", http::http_date(stat.last_modified));
    set_version_header(out.head, stat);
    if (!stat.attributes.cache_control.empty())
        out.head.set("Cache-Control", stat.attributes.cache_control);
    if (!stat.attributes.expires.empty()) out.head.set("Expires", stat.attributes.expires);
    return out;
}

}  // namespace

task<s3_result<object_answer>> describe_object(operation_call& call) {
    auto const when = conditions_of(call.request, call.clock.now());
    if (!when) co_return when.error();
    auto const part_number = call.request.parameter("partNumber");
    if (part_number && call.request.head().find("range"))
        co_return s3_failure(error_code::invalid_request,
                             "Cannot specify both Range header and partNumber query parameter");
    auto const key = read_key(call);
    if (!key) co_return key.error();
    auto object = co_await open_version(call);
    if (!object) co_return object.error();
    auto const what = call.request.head().verb == http::method::head
                          ? wanted_of_object::description
                          : wanted_of_object::bytes;
    if (auto const readable = unlock(*object, *key, what); !readable) co_return readable.error();
    auto stat = object->stat();
    switch (store::evaluate_read(*when, stat)) {
        case store::read_verdict::proceed: break;
        case store::read_verdict::not_modified:
            co_return object_answer{not_modified(stat), std::nullopt, *std::move(object)};
        case store::read_verdict::precondition_failed: co_return error_code::precondition_failed;
    }
    if (auto const applied = apply_overrides(call, stat.attributes); !applied)
        co_return applied.error();

    std::vector<store::object_part> parts;
    s3_result<selection> chosen = selection{};
    if (part_number) {
        auto listed = co_await object->parts();
        if (listed.has_error()) co_return to_s3(listed.error(), subject::object);
        parts = *std::move(listed);
        chosen = select_part(*part_number, stat, parts, call.options.upload_parts);
    } else {
        chosen = select_range(call.request, stat);
    }
    if (!chosen) co_return chosen.error();
    auto range = chosen->range;
    if (!range && stat.size != 0 && !chosen->part_asked) range = store::byte_range{0, stat.size};
    auto out = head_of(call, stat, *chosen);
    if (chosen->part != nullptr && !chosen->range) out.length = 0;
    if (auto const told = tell_expiration(call, *object, out); !told) co_return told.error();
    set_encryption_headers(out.head, object->encryption(), call.options, pointer_to(*key));
    co_return object_answer{std::move(out), range, *std::move(object)};
}

}  // namespace sluice::s3
