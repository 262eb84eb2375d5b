#include "protocols/s3/ops/object_events.hpp"

#include <fmt/format.h>

#include <array>
#include <optional>

#include "auth/audit/audit_record.hpp"
#include "auth/authn/uri_encoding.hpp"
#include "protocols/http/date.hpp"
#include "protocols/s3/model/bucket_settings.hpp"
#include "protocols/s3/wire/version_ids.hpp"

namespace sluice::s3 {
namespace {

struct requester {
    std::string principal;
    std::string address;
    std::string request_id;
    std::string region;
    std::string operation;
    std::string created;
    std::string removed = "ObjectRemoved";  // family of removals
    bool keeps_journal = true;
};

std::string name_of(store::object_happening what, requester const& by) {
    switch (what) {
        case store::object_happening::put: return "ObjectCreated:" + by.created;
        case store::object_happening::removed: return by.removed + ":Delete";
        case store::object_happening::marker_put: return by.removed + ":DeleteMarkerCreated";
        case store::object_happening::changed: break;
    }
    if (by.operation == "PutObjectTagging") return "ObjectTagging:Put";
    if (by.operation == "DeleteObjectTagging") return "ObjectTagging:Delete";
    if (by.operation == "PutObjectAcl") return "ObjectAcl:Put";
    return {};  // of other changes S3 tells nothing
}

// What came later has a later version of the structure.
std::string_view version_of(std::string_view name) noexcept {
    for (std::string_view family : {"LifecycleExpiration:", "ObjectTagging:", "ObjectAcl:"})
        if (name.starts_with(family)) return "2.3";
    return "2.1";
}

std::string json(std::string_view text) {
    std::string out;
    auth::append_json_text(out, text);
    return out;
}

// Keys are encoded as forms are.
std::string form_encoded(std::string_view key) {
    auto text = auth::uri_encode(key, true);
    for (auto at = text.find("%20"); at != text.npos; at = text.find("%20", at))
        text.replace(at, 3, "+");
    return text;
}

std::string object_json(store::object_event const& event, std::uint64_t sequence) {
    auto const& object = event.object;
    auto out = fmt::format(R"({{"key":{})", json(form_encoded(object.key)));
    if (event.what == store::object_happening::put)
        out += fmt::format(R"(,"size":{},"eTag":{})", object.size, json(object.etag));
    if (event.what == store::object_happening::changed)
        out += fmt::format(R"(,"eTag":{})", json(object.etag));
    if (event.what == store::object_happening::marker_put)
        out += R"(,"eTag":"d41d8cd98f00b204e9800998ecf8427e")";
    if (object.is_versioned)
        out += fmt::format(R"(,"versionId":{})", json(version_text(object.version)));
    return out + fmt::format(R"(,"sequencer":"{:016X}"}})", sequence);
}

std::string event_json(store::object_event const& event, requester const& by,
                       std::string const& name, notification_rule const& rule,
                       std::string const& owner, std::uint64_t sequence) {
    return fmt::format(
        R"({{"Records":[{{"eventVersion":"{}","eventSource":"aws:s3","awsRegion":{},)"
        R"("eventTime":"{}","eventName":"{}","userIdentity":{{"principalId":{}}},)"
        R"("requestParameters":{{"sourceIPAddress":{}}},)"
        R"("responseElements":{{"x-amz-request-id":"{}","x-amz-id-2":"{}"}},)"
        R"("s3":{{"s3SchemaVersion":"1.0","configurationId":{},"bucket":{{"name":{},)"
        R"("ownerIdentity":{{"principalId":{}}},"arn":{}}},"object":{}}}}}]}})",
        version_of(name), json(by.region), http::iso_date(event.at), name, json(by.principal), json(by.address),
        by.request_id, by.request_id, json(rule.id), json(event.bucket.name), json(owner),
        json("arn:aws:s3:::" + event.bucket.name), object_json(event, sequence));
}

requester requester_of(auth::caller const& who, s3_options const& options) {
    return {who.name(), who.connection().client_address, who.request_id, options.region,
            who.operation};
}

// Nothing: no journal wants it.
std::optional<store::topic_record> record_of(store::object_event const& event,
                                             bucket_settings const& settings,
                                             auth::guard const& door, requester const& by) {
    auto const& target = settings.access_log;
    if (!by.keeps_journal || !target || !target->is_journal() || !target->covers(event.object.key))
        return std::nullopt;
    auto const operation = journal_operation(by.operation, event.what);
    if (operation.empty()) return std::nullopt;
    auto const owner = door.label_of(event.bucket.owner).canonical_id;
    auto const version = event.object.is_versioned ? version_text(event.object.version) : "";
    journal_entry entry{owner, event.bucket.name, event.at, operation, event.object.key};
    entry.version = version;
    if (event.what != store::object_happening::marker_put) {
        entry.size = event.object.size;
        entry.etag = event.object.etag;
    }
    store::topic_record out;
    out.key = event.object.key;
    out.value = encode(journal_record{event.bucket.owner, *target, journal_line(entry)});
    out.is_journal = true;
    return out;
}

store::object_announcer announcer_for(auth::guard const& door, requester by,
                                      lifecycle_rules* lifecycle) {
    // Read once for all objects of a request.
    struct {
        std::string bytes;
        bucket_settings settings;
    } known;
    return [&door, by = std::move(by), known, lifecycle](store::object_event const& event) mutable
               -> result<std::vector<store::topic_record>> {
        std::vector<store::topic_record> records;
        if (known.bytes != event.bucket.settings) {
            SLUICE_TRY(known.settings, decode_bucket_settings(event.bucket.settings));
            known.bytes = event.bucket.settings;
        }
        if (lifecycle != nullptr) *lifecycle = known.settings.lifecycle;
        if (auto record = record_of(event, known.settings, door, by))
            records.push_back(*std::move(record));
        auto const name = name_of(event.what, by);
        if (name.empty()) return records;
        for (auto const& rule : known.settings.notifications) {
            if (!rule.covers(name, event.object.key)) continue;
            SLUICE_TRY(auto const sequence, event.sequence());
            records.push_back({std::string(rule.topic()),
                               event.bucket.name + "/" + event.object.key,
                               event_json(event, by, name, rule,
                                          door.label_of(event.bucket.owner).canonical_id,
                                          sequence)});
        }
        return records;
    };
}

}  // namespace

std::string_view journal_operation(std::string_view operation, store::object_happening what) {
    using enum store::object_happening;
    struct name {
        std::string_view operation;
        store::object_happening what;
        std::string_view in_journal;
    };
    static constexpr std::array names{
        name{"CompleteMultipartUpload", put, "REST.POST.UPLOAD"},
        name{"PostObject", put, "REST.POST.OBJECT"},
        name{"DeleteObjects", removed, "REST.POST.DELETE_MULTI_OBJECT"},
        name{"DeleteObjects", marker_put, "REST.POST.DELETE_MULTI_OBJECT"},
        name{"LifecycleExpiration", removed, "S3.EXPIRE.OBJECT"},
        name{"LifecycleExpiration", marker_put, "S3.CREATE.DELETEMARKER"},
        name{"PutObjectAcl", changed, "REST.PUT.ACL"},
        name{"PutObjectTagging", changed, "REST.PUT.OBJECT_TAGGING"},
        name{"DeleteObjectTagging", changed, "REST.DELETE.OBJECT_TAGGING"},
        name{"PutObjectRetention", changed, "REST.PUT.RETENTION"},
        name{"PutObjectLegalHold", changed, "REST.PUT.LEGAL_HOLD"},
    };
    for (auto const& each : names)
        if (each.operation == operation && each.what == what) return each.in_journal;
    switch (what) {
        case put: return "REST.PUT.OBJECT";
        case removed:
        case marker_put: return "REST.DELETE.OBJECT";
        case changed: break;
    }
    return {};
}

store::object_announcer announcer_of(operation_call const& call, std::string_view created,
                                     lifecycle_rules* lifecycle) {
    return announcer_of(call.guard, call.who, call.options, created, lifecycle);
}

store::object_announcer announcer_of(auth::guard const& door, auth::caller const& who,
                                     s3_options const& options, std::string_view created,
                                     lifecycle_rules* lifecycle) {
    auto by = requester_of(who, options);
    by.created = created;
    return announcer_for(door, std::move(by), lifecycle);
}

store::object_announcer expiry_announcer_of(auth::guard const& door, auth::caller const& who,
                                            s3_options const& options) {
    auto by = requester_of(who, options);
    by.removed = "LifecycleExpiration";
    // As S3 calls itself where it acts by a bucket's rules.
    by.principal = by.address = "s3.amazonaws.com";
    return announcer_for(door, std::move(by), nullptr);
}

store::object_announcer journal_announcer_of(auth::guard const& door, auth::caller const& who,
                                             s3_options const& options) {
    auto by = requester_of(who, options);
    by.created = "Put";
    by.keeps_journal = false;
    return announcer_for(door, std::move(by), nullptr);
}

}  // namespace sluice::s3
