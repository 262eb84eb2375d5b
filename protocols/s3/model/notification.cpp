#include "protocols/s3/model/notification.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "gateway/core/checksum.hpp"

namespace sluice::s3 {
namespace {

constexpr std::string_view event_prefix = "s3:";
constexpr std::size_t rules_max = 100;

constexpr std::array<std::string_view, 15> events_served{
    "s3:ObjectCreated:*",
    "s3:ObjectCreated:Put",
    "s3:ObjectCreated:Copy",
    "s3:ObjectCreated:CompleteMultipartUpload",
    "s3:ObjectRemoved:*",
    "s3:ObjectRemoved:Delete",
    "s3:ObjectRemoved:DeleteMarkerCreated",
    "s3:ObjectCreated:Post",
    "s3:LifecycleExpiration:*",
    "s3:LifecycleExpiration:Delete",
    "s3:LifecycleExpiration:DeleteMarkerCreated",
    "s3:ObjectTagging:*",
    "s3:ObjectTagging:Put",
    "s3:ObjectTagging:Delete",
    "s3:ObjectAcl:Put",
};

// S3 has them. A restored object is readable at once and its end is no event here; the others are of
// things that do not happen.
constexpr std::array<std::string_view, 6> families_refused{
    "s3:ObjectRestore:",      "s3:ReducedRedundancyLostObject", "s3:Replication:",
    "s3:LifecycleTransition", "s3:IntelligentTiering",          "s3:ObjectAnnotation:",
};

bool any_of(std::vector<std::string> const& events, std::string_view event) {
    return std::find(events.begin(), events.end(), event) != events.end();
}

// "s3:ObjectCreated:*" and what it stands for.
bool event_covers(std::string_view rule, std::string_view event) {
    if (rule == event) return true;
    return rule.ends_with(":*") && event.starts_with(rule.substr(0, rule.size() - 1));
}

bool share_an_event(notification_rule const& a, notification_rule const& b) {
    for (auto const& one : a.events)
        for (auto const& other : b.events)
            if (event_covers(one, other) || event_covers(other, one)) return true;
    return false;
}

bool overlap(notification_rule const& a, notification_rule const& b) {
    return (a.prefix.starts_with(b.prefix) || b.prefix.starts_with(a.prefix)) &&
           (a.suffix.ends_with(b.suffix) || b.suffix.ends_with(a.suffix)) && share_an_event(a, b);
}

s3_result<> add_event(notification_rule& rule, std::string const& event) {
    if (std::find(events_served.begin(), events_served.end(), event) == events_served.end()) {
        bool const is_known = std::any_of(
            families_refused.begin(), families_refused.end(),
            [&](std::string_view family) { return event.starts_with(family); });
        if (!is_known)
            return invalid_argument("Event", event,
                                    "The event '" + event +
                                        "' is not supported for notifications");
        return s3_failure(error_code::not_implemented, "Events of this kind are not implemented")
            .detail("Event", event);
    }
    if (any_of(rule.events, event))
        return invalid_argument("Event", event, "An event is named twice in one configuration");
    rule.events.push_back(event);
    return {};
}

s3_result<> add_filter(notification_rule& rule, xml_element const& filter) {
    auto const* key = filter.only("S3Key");
    if (key == nullptr || filter.children.size() != 1) return error_code::malformed_xml;
    bool with_prefix = false, with_suffix = false;
    for (auto const& one : key->children) {
        auto const name = one.text_of("Name");
        auto const value = one.text_of("Value");
        if (one.name != "FilterRule" || !name || !value) return error_code::malformed_xml;
        bool const is_prefix = *name == "prefix" || *name == "Prefix";
        if (!is_prefix && *name != "suffix" && *name != "Suffix")
            return invalid_argument("FilterRule", *name,
                                    "filter rule name must be either prefix or suffix");
        auto& given = is_prefix ? with_prefix : with_suffix;
        if (given)
            return invalid_argument("FilterRule", *name,
                                    "Cannot specify more than one prefix or suffix rule in a "
                                    "filter.");
        given = true;
        (is_prefix ? rule.prefix : rule.suffix) = *value;
    }
    return {};
}

// "arn:aws:sns:region:account:topic", and sqs of the same shape.
bool is_destination(std::string_view arn, bool is_queue) {
    if (std::count(arn.begin(), arn.end(), ':') != 5 || arn.back() == ':') return false;
    auto const partition_end = arn.find(':', 4);
    if (!arn.starts_with("arn:") || partition_end == arn.npos) return false;
    return arn.substr(partition_end).starts_with(is_queue ? ":sqs:" : ":sns:");
}

s3_result<notification_rule> parse_rule(xml_element const& element, bool is_queue) {
    notification_rule rule;
    rule.is_queue = is_queue;
    std::string_view const destination = is_queue ? "Queue" : "Topic";
    for (auto const& child : element.children) {
        if (child.name == "Id") rule.id = child.text;
        else if (child.name == destination) rule.arn = child.text;
        else if (child.name == "Event") {
            if (auto added = add_event(rule, child.text); !added) return added.error();
        } else if (child.name == "Filter") {
            if (auto added = add_filter(rule, child); !added) return added.error();
        } else {
            return error_code::malformed_xml;
        }
    }
    if (rule.arn.empty() || rule.events.empty()) return error_code::malformed_xml;
    if (!is_destination(rule.arn, is_queue))
        return invalid_argument(destination, rule.arn, "The ARN could not be parsed");
    if (rule.id.size() > 255) return invalid_argument("Id", rule.id, "Id is longer than 255");
    return rule;
}

// For rules without an id, which S3 names too.
std::string made_id(notification_rule const& rule) {
    auto text = rule.arn + '\n' + rule.prefix + '\n' + rule.suffix;
    for (auto const& event : rule.events) text += '\n' + event;
    return fmt::format("rule-{:08x}", crc32c(as_bytes(text)));
}

s3_result<> check_rules(std::vector<notification_rule> const& rules) {
    for (auto one = rules.begin(); one != rules.end(); ++one)
        for (auto other = rules.begin(); other != one; ++other) {
            if (one->id == other->id)
                return invalid_argument("Id", one->id, "Same ID used for multiple configurations.");
            if (overlap(*one, *other))
                return s3_failure(error_code::invalid_argument,
                                  "Configuration is ambiguously defined. Cannot have overlapping "
                                  "suffixes in two rules if the prefixes are overlapping for the "
                                  "same event type.");
        }
    return {};
}

}  // namespace

std::string_view notification_rule::topic() const noexcept {
    return std::string_view(arn).substr(arn.rfind(':') + 1);
}

bool notification_rule::covers(std::string_view event, std::string_view key) const noexcept {
    if (!key.starts_with(prefix) || !key.ends_with(suffix)) return false;
    return std::any_of(events.begin(), events.end(), [&](std::string_view rule) {
        return event_covers(rule.substr(event_prefix.size()), event);
    });
}

s3_result<std::vector<notification_rule>> notifications_of(xml_element const& document) {
    std::vector<notification_rule> rules;
    for (auto const& child : document.children) {
        bool const is_queue = child.name == "QueueConfiguration";
        if (child.name == "CloudFunctionConfiguration" ||
            child.name == "LambdaFunctionConfiguration" ||
            child.name == "EventBridgeConfiguration")
            return s3_failure(error_code::not_implemented,
                              "Destinations of this kind are not implemented")
                .detail("Destination", child.name);
        if (!is_queue && child.name != "TopicConfiguration") return error_code::malformed_xml;
        auto rule = parse_rule(child, is_queue);
        if (!rule) return rule.error();
        if (rule->id.empty()) rule->id = made_id(*rule);
        rules.push_back(*std::move(rule));
    }
    if (rules.size() > rules_max)
        return s3_failure(error_code::invalid_argument,
                          "A bucket can have up to 100 notification configurations.");
    if (auto const fine = check_rules(rules); !fine) return fine.error();
    return rules;
}

void write_notifications(xml_writer& out, std::vector<notification_rule> const& rules) {
    for (auto const& rule : rules) {
        out.open(rule.is_queue ? "QueueConfiguration" : "TopicConfiguration");
        out.element("Id", rule.id).element(rule.is_queue ? "Queue" : "Topic", rule.arn);
        for (auto const& event : rule.events) out.element("Event", event);
        if (!rule.prefix.empty() || !rule.suffix.empty()) {
            out.open("Filter").open("S3Key");
            auto write = [&](char const* name, std::string const& value) {
                if (value.empty()) return;
                out.open("FilterRule").element("Name", name).element("Value", value).close();
            };
            write("prefix", rule.prefix);
            write("suffix", rule.suffix);
            out.close().close();
        }
        out.close();
    }
}

}  // namespace sluice::s3
