#include <algorithm>
#include <charconv>

#include "gateway/core/encoding.hpp"
#include "protocols/http/date.hpp"
#include "protocols/s3/ops/handlers.hpp"
#include "protocols/s3/ops/list_parameters.hpp"
#include "protocols/s3/ops/object_encryption.hpp"
#include "protocols/s3/ops/object_versions.hpp"
#include "protocols/s3/wire/checksum_names.hpp"
#include "protocols/s3/wire/object_headers.hpp"
#include "protocols/s3/wire/storage_classes.hpp"
#include "protocols/s3/wire/version_ids.hpp"

namespace sluice::s3 {
namespace {

struct attributes_request {
    bool etag = false, checksum = false, parts = false, storage_class = false, size = false;
    std::uint32_t max_parts = 0;
    std::uint32_t part_marker = 0;
};

s3_result<std::uint32_t> header_number(s3_request const& request, std::string_view name,
                                       std::uint32_t standard, std::uint32_t most) {
    auto const text = request.header(name);
    if (!text) return standard;
    std::uint32_t number = 0;
    auto const* end = text->data() + text->size();
    auto const parsed = std::from_chars(text->data(), end, number);
    if (parsed.ec != std::errc{} || parsed.ptr != end)
        return invalid_argument(name, *text, "Not a number.");
    return std::min(number, most);
}

// All lines of the header, or the parameter of a presigned request.
std::string names_asked_for(s3_request const& request) {
    std::string all;
    for (auto const& field : request.head().headers)
        if (http::equal_ignoring_case(field.name, "x-amz-object-attributes"))
            all.append(all.empty() ? "" : ",").append(field.value);
    return all.empty() ? std::string(request.header("x-amz-object-attributes").value_or("")) : all;
}

s3_result<attributes_request> decode(operation_call const& call) {
    attributes_request wanted;
    auto const all_names = names_asked_for(call.request);
    std::string_view names = all_names;
    if (http::trimmed(names).empty())
        return s3_failure(error_code::invalid_request,
                          "The x-amz-object-attributes header specifying the attributes to be "
                          "retrieved is either missing or empty");
    while (!names.empty()) {
        auto const comma = names.find(',');
        auto const name = http::trimmed(names.substr(0, comma));
        names.remove_prefix(comma == names.npos ? names.size() : comma + 1);
        if (name == "ETag") wanted.etag = true;
        else if (name == "Checksum") wanted.checksum = true;
        else if (name == "ObjectParts") wanted.parts = true;
        else if (name == "StorageClass") wanted.storage_class = true;
        else if (name == "ObjectSize") wanted.size = true;
        else
            return invalid_argument("x-amz-object-attributes", name,
                                    "Invalid attribute name specified.");
    }
    auto const page = call.options.list_page;
    auto const most = header_number(call.request, "x-amz-max-parts", page, page);
    if (!most) return most.error();
    wanted.max_parts = *most;
    auto const marker = header_number(call.request, "x-amz-part-number-marker", 0,
                                      call.options.upload_parts);
    if (!marker) return marker.error();
    wanted.part_marker = *marker;
    return wanted;
}

// Without the number of parts, which this operation tells elsewhere.
void write_checksums(xml_writer& out, std::vector<store::object_checksum> const& checksums) {
    for (auto const& checksum : checksums)
        if (auto const* spelling = spelling_of(checksum.algorithm))
            out.element(spelling->element, base64_encode(checksum.value));
}

void write_checksum(xml_writer& out, store::object_stat const& stat) {
    auto const shown = [](store::object_checksum const& one) {
        return spelling_of(one.algorithm) != nullptr;
    };
    auto const& checksums = stat.attributes.checksums;
    auto const first = std::find_if(checksums.begin(), checksums.end(), shown);
    if (first == checksums.end()) return;
    out.open("Checksum");
    write_checksums(out, checksums);
    out.element("ChecksumType", name_of(first->scope)).close();
}

// Parts are listed one by one if they have checksums of their own, as S3 does.
void write_parts(xml_writer& out, store::object_stat const& stat,
                 std::vector<store::object_part> const& parts, attributes_request const& wanted) {
    if (stat.part_count == 0) return;
    std::vector<store::object_part const*> page;
    bool truncated = false;
    for (auto const& part : parts) {
        if (part.number <= wanted.part_marker || part.checksums.empty()) continue;
        truncated = page.size() == wanted.max_parts;
        if (truncated) break;
        page.push_back(&part);
    }
    out.open("ObjectParts").element("PartsCount", stat.part_count);
    out.element("PartNumberMarker", wanted.part_marker);
    out.element("NextPartNumberMarker", page.empty() ? wanted.part_marker : page.back()->number);
    out.element("MaxParts", wanted.max_parts).element("IsTruncated", truncated);
    for (auto const* part : page) {
        out.open("Part").element("PartNumber", part->number).element("Size", part->size);
        write_checksums(out, part->checksums);
        out.close();
    }
    out.close();
}

}  // namespace

task<s3_result<answer>> ops::get_object_attributes(operation_call& call) {
    auto const wanted = decode(call);
    if (!wanted) co_return wanted.error();
    auto const when = conditions_of(call.request, call.clock.now());
    if (!when) co_return when.error();
    auto const key = read_key(call);
    if (!key) co_return key.error();
    auto object = co_await open_version(call);
    if (!object) co_return object.error();
    auto const readable = unlock(*object, *key, wanted_of_object::description);
    if (!readable) co_return readable.error();
    auto const& stat = object->stat();
    switch (store::evaluate_read(*when, stat)) {
        case store::read_verdict::proceed: break;
        case store::read_verdict::not_modified: co_return empty_answer(304);
        case store::read_verdict::precondition_failed: co_return error_code::precondition_failed;
    }
    std::vector<store::object_part> parts;
    if (wanted->parts) {
        auto listed = co_await object->parts();
        if (listed.has_error()) co_return to_s3(listed.error(), subject::object);
        parts = *std::move(listed);
    }
    xml_writer out("GetObjectAttributesResponse");
    if (wanted->etag) out.element("ETag", stat.etag);
    if (wanted->checksum) write_checksum(out, stat);
    if (wanted->parts) write_parts(out, stat, parts, *wanted);
    if (wanted->storage_class) out.element("StorageClass", storage_class_of(stat.attributes));
    if (wanted->size) out.element("ObjectSize", stat.size);
    auto answered = xml_answer(std::move(out));
    answered.head.set("Last-Modified", http::http_date(stat.last_modified));
    set_version_header(answered.head, stat);
    co_return answered;
}

}  // namespace sluice::s3
