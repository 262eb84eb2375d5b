#include "protocols/s3/ops/object_events.hpp"

#include <fmt/format.h>

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
    std::string created;
    std::string removed = "ObjectRemoved";  // family of removals
};

std::string name_of(store::object_happening what, requester const& by) {
    switch (what) {
        case store::object_happening::put: return "ObjectCreated:" + by.created;
        case store::object_happening::removed: return by.removed + ":Delete";
        case store::object_happening::marker_put: return by.removed + ":DeleteMarkerCreated";
    }
    return {};
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
    if (event.what == store::object_happening::marker_put)
        out += R"(,"eTag":"d41d8cd98f00b204e9800998ecf8427e")";
    if (object.is_versioned)
        out += fmt::format(R"(,"versionId":{})", json(version_text(object.version)));
    return out + fmt::format(R"(,"sequencer":"{:016X}"}})", sequence);
}

std::string event_json(store::object_event const& event, requester const& by,
                       std::string const& name, notification_rule const& rule,
                       std::uint64_t sequence) {
    auto const owner = to_underlying(event.bucket.owner);
    return fmt::format(
        R"({{"Records":[{{"eventVersion":"2.1","eventSource":"aws:s3","awsRegion":{},)"
        R"("eventTime":"{}","eventName":"{}","userIdentity":{{"principalId":{}}},)"
        R"("requestParameters":{{"sourceIPAddress":{}}},)"
        R"("responseElements":{{"x-amz-request-id":"{}","x-amz-id-2":"{}"}},)"
        R"("s3":{{"s3SchemaVersion":"1.0","configurationId":{},"bucket":{{"name":{},)"
        R"("ownerIdentity":{{"principalId":"{}"}},"arn":{}}},"object":{}}}}}]}})",
        json(by.region), http::iso_date(event.at), name, json(by.principal), json(by.address),
        by.request_id, by.request_id, json(rule.id), json(event.bucket.name), owner,
        json("arn:aws:s3:::" + event.bucket.name), object_json(event, sequence));
}

requester requester_of(auth::caller const& who, s3_options const& options) {
    return {who.name(), who.connection().client_address, who.request_id, options.region};
}

store::object_announcer announcer_for(requester by, lifecycle_rules* lifecycle) {
    // Read once for all objects of a request.
    struct {
        std::string bytes;
        bucket_settings settings;
    } known;
    return [by = std::move(by), known, lifecycle](store::object_event const& event) mutable
               -> result<std::vector<store::topic_record>> {
        std::vector<store::topic_record> records;
        if (known.bytes != event.bucket.settings) {
            SLUICE_TRY(known.settings, decode_bucket_settings(event.bucket.settings));
            known.bytes = event.bucket.settings;
        }
        if (lifecycle != nullptr) *lifecycle = known.settings.lifecycle;
        auto const name = name_of(event.what, by);
        for (auto const& rule : known.settings.notifications) {
            if (!rule.covers(name, event.object.key)) continue;
            SLUICE_TRY(auto const sequence, event.sequence());
            records.push_back({std::string(rule.topic()),
                               event.bucket.name + "/" + event.object.key,
                               event_json(event, by, name, rule, sequence)});
        }
        return records;
    };
}

}  // namespace

store::object_announcer announcer_of(operation_call const& call, std::string_view created,
                                     lifecycle_rules* lifecycle) {
    return announcer_of(call.who, call.options, created, lifecycle);
}

store::object_announcer announcer_of(auth::caller const& who, s3_options const& options,
                                     std::string_view created, lifecycle_rules* lifecycle) {
    auto by = requester_of(who, options);
    by.created = created;
    return announcer_for(std::move(by), lifecycle);
}

store::object_announcer expiry_announcer_of(auth::caller const& who, s3_options const& options) {
    auto by = requester_of(who, options);
    by.removed = "LifecycleExpiration";
    return announcer_for(std::move(by), nullptr);
}

}  // namespace sluice::s3
