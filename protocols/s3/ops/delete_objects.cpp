#include "protocols/s3/access_log_sink.hpp"
#include "protocols/s3/ops/bucket_edit.hpp"
#include "protocols/s3/ops/delete_conditions.hpp"
#include "protocols/s3/ops/handlers.hpp"
#include "protocols/s3/ops/object_events.hpp"
#include "protocols/s3/wire/names.hpp"
#include "protocols/s3/wire/version_ids.hpp"
#include "protocols/s3/wire/xml_reader.hpp"

namespace sluice::s3 {
namespace {

struct named_key {
    std::string key;
    std::string version;
    std::optional<s3_failure> refused;  // by its own form; never reaches the guard
};

struct delete_objects_request {
    bool quiet = false;
    std::vector<named_key> keys;
    std::vector<auth::guarded_objects::removal> removals;  // of the keys not refused, in order
};

s3_result<> add_key(delete_objects_request& out, xml_element const& element) {
    auto const key = element.text_of("Key");
    if (!key || key->empty()) return error_code::malformed_xml;
    for (auto const& child : element.children)
        if (child.name != "Key" && child.name != "VersionId" && child.name != "ETag" &&
            child.name != "LastModifiedTime" && child.name != "Size")
            return error_code::malformed_xml;
    auto const version = element.text_of("VersionId");
    delete_condition_texts const texts{element.text_of("ETag"), element.text_of("LastModifiedTime"),
                                       element.text_of("Size")};
    auto when = delete_conditions_of(texts);
    auto& named = out.keys.emplace_back(
        named_key{std::string(*key), std::string(version.value_or("")), std::nullopt});
    auto const parsed = parse_version(named.version);
    if (auto const legal = check_key(*key); !legal) named.refused = legal.error();
    else if (!named.version.empty() && !parsed)
        named.refused = s3_failure(error_code::no_such_version);
    else if (!when) named.refused = when.error();
    else out.removals.push_back({named.key, *std::move(when), parsed});
    return {};
}

s3_result<delete_objects_request> decode(std::string_view text, s3_options const& options) {
    auto const root =
        parse_xml(text, "Delete", {options.document_bytes, options.document_elements});
    if (!root) return root.error();
    delete_objects_request out;
    for (auto const& child : root->children) {
        if (child.name == "Quiet") {
            if (child.text != "true" && child.text != "false") return error_code::malformed_xml;
            out.quiet = child.text == "true";
        } else if (child.name == "Object") {
            if (out.keys.size() == options.delete_page) return error_code::malformed_xml;
            if (auto added = add_key(out, child); !added) return added.error();
        } else {
            return error_code::malformed_xml;
        }
    }
    if (out.keys.empty()) return error_code::malformed_xml;
    return out;
}

void write_refused(xml_writer& out, named_key const& named, s3_failure const& what) {
    auto const& row = row_of(what.code);
    out.open("Error").element("Key", named.key);
    if (!named.version.empty()) out.element("VersionId", named.version);
    out.element("Code", row.code);
    out.element("Message", what.message.empty() ? row.message : std::string_view(what.message))
        .close();
}

void write_deleted(xml_writer& out, named_key const& named, store::deletion const& what) {
    out.open("Deleted").element("Key", named.key);
    if (!named.version.empty()) out.element("VersionId", named.version);
    if (what.marker || what.removed_marker) {
        out.element("DeleteMarker", true);
        out.element("DeleteMarkerVersionId",
                    what.marker ? version_text(*what.marker) : named.version);
    }
    out.close();
}

void note(operation_call& call, named_key const& named, s3_failure const* refused) {
    if (call.logged == nullptr) return;
    if (refused == nullptr) {
        call.logged->add_deletion(named.key, named.version, 204, "");
        return;
    }
    auto const& row = row_of(refused->code);
    call.logged->add_deletion(named.key, named.version, row.status, row.code);
}

}  // namespace

task<s3_result<answer>> ops::delete_objects(operation_call& call) {
    if (!call.body.check().declares_digest())
        co_return s3_failure(
            error_code::invalid_request,
            "Missing required header for this request: Content-MD5 OR x-amz-checksum-*");
    auto const text = co_await call.body.read_all(call.options.document_bytes);
    if (!text) co_return text.error();
    auto wanted = decode(*text, call.options);
    if (!wanted) co_return wanted.error();
    auto const bypass = co_await bypass_of(call);
    if (!bypass) co_return bypass.error();
    for (auto& removal : wanted->removals) removal.bypasses_governance = *bypass;
    auto announce = announcer_of(call);
    auto removed = co_await call.objects.remove_many(
        call.who, call.request.bucket(), std::move(wanted->removals), std::move(announce));
    if (!removed) co_return to_s3(removed.error(), subject::bucket);

    xml_writer out("DeleteResult");
    auto next = removed->begin();
    for (auto const& named : wanted->keys) {
        if (named.refused) {
            write_refused(out, named, *named.refused);
            note(call, named, &*named.refused);
            continue;
        }
        auto const& outcome = *next++;
        if (!outcome) {
            auto refused = to_s3(outcome.error(), subject::object);
            write_refused(out, named, refused);
            note(call, named, &refused);
            if (call.cause.empty()) call.cause = std::move(refused.cause);
            continue;
        }
        note(call, named, nullptr);
        if (!wanted->quiet) write_deleted(out, named, *outcome);
    }
    co_return xml_answer(std::move(out));
}

}  // namespace sluice::s3
