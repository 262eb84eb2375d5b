#include "protocols/s3/wire/lifecycle_document.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <set>

#include "gateway/core/crypto.hpp"
#include "gateway/core/ids.hpp"
#include "protocols/http/date.hpp"
#include "protocols/s3/wire/tag_set.hpp"

namespace sluice::s3 {
namespace {

constexpr std::int64_t day_millis = real_day.count();

s3_failure refused(std::string message) {
    return {error_code::invalid_request, std::move(message)};
}

s3_failure not_positive(std::string_view element, std::string_view action,
                        std::string_view value) {
    return invalid_argument(element, value,
                            "'" + std::string(element) + "' for " + std::string(action) +
                                " action must be a positive integer");
}

template <class Number>
std::optional<Number> number_in(std::string_view text) noexcept {
    Number value{};
    auto const* end = text.data() + text.size();
    auto const parsed = std::from_chars(text.data(), end, value);
    if (text.empty() || parsed.ec != std::errc{} || parsed.ptr != end) return std::nullopt;
    return value;
}

// A count of days or versions: an xs:int, of which S3 takes those above zero.
s3_result<std::uint32_t> positive_in(xml_element const& element, std::string_view action) {
    auto const value = number_in<std::int32_t>(element.text);
    if (!value || !element.children.empty()) return error_code::malformed_xml;
    if (*value <= 0) return not_positive(element.name, action, element.text);
    return static_cast<std::uint32_t>(*value);
}

s3_result<bool> truth_in(xml_element const& element) {
    if (element.text == "true") return true;
    if (element.text == "false") return false;
    return error_code::malformed_xml;
}

s3_result<unix_millis> date_in(xml_element const& element) {
    auto const date = http::parse_iso_date(element.text);
    if (!date) return error_code::malformed_xml;
    if (to_underlying(*date) % day_millis != 0)
        return invalid_argument("Date", element.text, "'Date' must be at midnight GMT");
    return *date;
}

s3_result<> take_prefix(lifecycle_rule& rule, xml_element const& element) {
    if (rule.prefix || !element.children.empty()) return error_code::malformed_xml;
    if (element.text.size() > lifecycle_prefix_bytes)
        return refused("The maximum size of a prefix is " +
                       std::to_string(lifecycle_prefix_bytes) + ".");
    rule.prefix = element.text;
    return {};
}

std::size_t characters_of(std::string_view text) noexcept {
    return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
        return (static_cast<unsigned char>(c) & 0xc0) != 0x80;
    }));
}

s3_result<> take_tag(lifecycle_rule& rule, xml_element const& element) {
    auto const key = element.text_of("Key");
    auto const value = element.text_of("Value");
    if (!key || !value || element.children.size() != 2) return error_code::malformed_xml;
    if (key->empty() || characters_of(*key) > tag_key_characters)
        return refused("A Tag's Key must be a length between 1 and " +
                       std::to_string(tag_key_characters) + ".");
    if (characters_of(*value) > tag_value_characters)
        return refused("A Tag's Value must be a length between 0 and " +
                       std::to_string(tag_value_characters) + ".");
    for (auto const& [other, unused] : rule.tags)
        if (other == *key) return refused("Duplicate Tag Keys are not allowed.");
    rule.tags.emplace_back(*key, *value);
    return {};
}

s3_result<> take_size(std::optional<std::uint64_t>& into, xml_element const& element,
                      std::int64_t least) {
    auto const bytes = number_in<std::int64_t>(element.text);
    if (into || !bytes) return error_code::malformed_xml;
    if (*bytes < least)
        return refused("'" + element.name + "' must be " +
                       (least == 0 ? "a non-negative" : "a positive") + " integer.");
    into = static_cast<std::uint64_t>(*bytes);
    return {};
}

// One condition of a Filter or an And.
s3_result<filter_form> take_condition(lifecycle_rule& rule, xml_element const& element) {
    filter_form form{};
    s3_result<> taken = error_code::malformed_xml;
    if (element.name == "Prefix") {
        form = filter_form::prefix;
        taken = take_prefix(rule, element);
    } else if (element.name == "Tag") {
        form = filter_form::tag;
        taken = take_tag(rule, element);
    } else if (element.name == "ObjectSizeGreaterThan") {
        form = filter_form::greater_than;
        taken = take_size(rule.greater_than, element, 0);
    } else if (element.name == "ObjectSizeLessThan") {
        form = filter_form::less_than;
        taken = take_size(rule.less_than, element, 1);
    }
    if (!taken) return taken.error();
    return form;
}

s3_result<> take_filter(lifecycle_rule& rule, xml_element const& filter) {
    if (filter.children.size() > 1) return error_code::malformed_xml;
    rule.form = filter_form::everything;
    if (filter.children.empty()) return {};
    auto const& only = filter.children.front();
    if (only.name != "And") {
        auto const form = take_condition(rule, only);
        if (!form) return form.error();
        rule.form = *form;
        return {};
    }
    rule.form = filter_form::all_of;
    if (only.children.size() < 2) return error_code::malformed_xml;
    for (auto const& child : only.children)
        if (auto const taken = take_condition(rule, child); !taken) return taken.error();
    if (rule.greater_than && rule.less_than && *rule.less_than <= *rule.greater_than)
        return refused("'ObjectSizeLessThan' has to be a value greater than "
                       "'ObjectSizeGreaterThan'.");
    return {};
}

s3_result<> take_expiration(lifecycle_rule& rule, xml_element const& action) {
    if (action.children.size() != 1) return error_code::malformed_xml;
    auto const& only = action.children.front();
    if (only.name == "Days") {
        auto const days = positive_in(only, "Expiration");
        if (!days) return days.error();
        rule.expiration_days = *days;
    } else if (only.name == "Date") {
        auto const date = date_in(only);
        if (!date) return date.error();
        rule.expiration_date = *date;
    } else if (only.name == "ExpiredObjectDeleteMarker") {
        auto const truth = truth_in(only);
        if (!truth) return truth.error();
        rule.expired_marker = *truth;
    } else {
        return error_code::malformed_xml;
    }
    return {};
}

s3_result<> take_noncurrent(lifecycle_rule& rule, xml_element const& action) {
    constexpr std::string_view name = "NoncurrentVersionExpiration";
    auto const* days = action.only("NoncurrentDays");
    auto const* kept = action.only("NewerNoncurrentVersions");
    std::size_t const known = (days != nullptr ? 1u : 0u) + (kept != nullptr ? 1u : 0u);
    if (days == nullptr || known != action.children.size()) return error_code::malformed_xml;
    auto const after = positive_in(*days, name);
    if (!after) return after.error();
    rule.noncurrent_days = *after;
    if (kept == nullptr) return {};
    auto const versions = positive_in(*kept, name);
    if (!versions) return versions.error();
    if (*versions > newer_noncurrent_versions_max)
        return invalid_argument(kept->name, kept->text,
                                "'NewerNoncurrentVersions' must be at most " +
                                    std::to_string(newer_noncurrent_versions_max));
    rule.newer_noncurrent_versions = *versions;
    return {};
}

s3_result<> take_abort(lifecycle_rule& rule, xml_element const& action) {
    auto const* after = action.only("DaysAfterInitiation");
    if (after == nullptr || action.children.size() != 1) return error_code::malformed_xml;
    auto const days = positive_in(*after, "AbortIncompleteMultipartUpload");
    if (!days) return days.error();
    rule.abort_days = *days;
    return {};
}

s3_result<> take_id(lifecycle_rule& rule, xml_element const& element) {
    if (!element.children.empty()) return error_code::malformed_xml;
    if (characters_of(element.text) > lifecycle_id_characters)
        return invalid_argument("ID", element.text,
                                "ID length should not exceed allowed limit of " +
                                    std::to_string(lifecycle_id_characters));
    rule.id = element.text;
    return {};
}

s3_result<> take_status(lifecycle_rule& rule, xml_element const& element) {
    rule.enabled = element.text == "Enabled";
    if (!rule.enabled && element.text != "Disabled") return error_code::malformed_xml;
    return {};
}

s3_result<> take_old_prefix(lifecycle_rule& rule, xml_element const& element) {
    rule.form = filter_form::old_prefix;
    return take_prefix(rule, element);
}

struct rule_part {
    std::string_view name;
    s3_result<> (*take)(lifecycle_rule&, xml_element const&);
};
constexpr std::array rule_parts{
    rule_part{"ID", &take_id},
    rule_part{"Status", &take_status},
    rule_part{"Filter", &take_filter},
    rule_part{"Prefix", &take_old_prefix},
    rule_part{"Expiration", &take_expiration},
    rule_part{"NoncurrentVersionExpiration", &take_noncurrent},
    rule_part{"AbortIncompleteMultipartUpload", &take_abort},
};

s3_result<> take_part(lifecycle_rule& rule, xml_element const& child) {
    for (auto const& part : rule_parts)
        if (part.name == child.name) return part.take(rule, child);
    if (child.name != "Transition" && child.name != "NoncurrentVersionTransition")
        return error_code::malformed_xml;
    return s3_failure(error_code::not_implemented,
                      "PutBucketLifecycleConfiguration: " + child.name + " is not implemented")
        .detail("Operation", "PutBucketLifecycleConfiguration");
}

// What the parts are to each other.
s3_result<> check_rule(lifecycle_rule const& rule) {
    if (!rule.is_about_objects() && !rule.abort_days && !rule.expired_marker)
        return refused("At least one action needs to be specified in a rule");
    bool const by_size = rule.greater_than || rule.less_than;
    if (rule.abort_days && !rule.tags.empty())
        return refused("AbortIncompleteMultipartUpload cannot be specified with Tags.");
    if (rule.abort_days && by_size)
        return refused("AbortIncompleteMultipartUpload cannot be specified with Object Size.");
    if (rule.expired_marker && !rule.tags.empty())
        return refused("ExpiredObjectDeleteMarker cannot be specified with Tags.");
    if (rule.expired_marker && by_size)
        return refused("ExpiredObjectDeleteMarker cannot be specified with Object Size.");
    if (rule.form == filter_form::old_prefix && rule.newer_noncurrent_versions)
        return refused("NewerNoncurrentVersions element can only be used in Lifecycle V2.");
    return {};
}

s3_result<lifecycle_rule> rule_in(xml_element const& element) {
    lifecycle_rule rule;
    for (auto const& part : rule_parts) {
        auto const same = [&](xml_element const& child) { return child.name == part.name; };
        if (std::count_if(element.children.begin(), element.children.end(), same) > 1)
            return error_code::malformed_xml;
    }
    // About the same: a rule has one of them.
    bool const old = element.only("Prefix") != nullptr;
    if (element.only("Status") == nullptr || old == (element.only("Filter") != nullptr))
        return error_code::malformed_xml;
    for (auto const& child : element.children)
        if (auto const taken = take_part(rule, child); !taken) return taken.error();
    if (auto const fine = check_rule(rule); !fine) return fine.error();
    return rule;
}

// For rules that come without one: the same for the same rules at the same places.
std::string made_id(lifecycle_rule const& rule, std::size_t place) {
    auto digest = hash(digest_kind::sha256, std::to_string(place) + "\n" + encode(rule)).hex();
    digest.resize(48);
    return digest;
}

s3_result<> check_together(lifecycle_rules const& rules) {
    std::set<std::string_view> ids;
    bool old = false, with_filter = false;
    for (auto const& rule : rules) {
        if (!ids.insert(rule.id).second)
            return invalid_argument("ID", rule.id,
                                    "Rule ID must be unique. Found same ID for more than one rule");
        (rule.form == filter_form::old_prefix ? old : with_filter) = true;
    }
    if (old && with_filter)
        return refused("Base level prefix cannot be used in Lifecycle V2, prefixes are only "
                       "supported in the Filter.");
    return {};
}

void write_tag(xml_writer& out, std::pair<std::string, std::string> const& tag) {
    out.open("Tag").element("Key", tag.first).element("Value", tag.second).close();
}

void write_conditions(xml_writer& out, lifecycle_rule const& rule) {
    if (rule.prefix) out.element("Prefix", *rule.prefix);
    for (auto const& tag : rule.tags) write_tag(out, tag);
    if (rule.greater_than) out.element("ObjectSizeGreaterThan", *rule.greater_than);
    if (rule.less_than) out.element("ObjectSizeLessThan", *rule.less_than);
}

void write_filter(xml_writer& out, lifecycle_rule const& rule) {
    if (rule.form == filter_form::old_prefix) {
        out.element("Prefix", rule.prefix.value_or(""));
        return;
    }
    out.open("Filter");
    if (rule.form == filter_form::all_of) out.open("And");
    write_conditions(out, rule);
    if (rule.form == filter_form::all_of) out.close();
    out.close();
}

void write_expiration(xml_writer& out, lifecycle_rule const& rule) {
    if (!rule.expires() && !rule.expired_marker) return;
    out.open("Expiration");
    if (rule.expiration_days) out.element("Days", *rule.expiration_days);
    if (rule.expiration_date) out.element("Date", http::iso_date(*rule.expiration_date));
    if (rule.expired_marker) out.element("ExpiredObjectDeleteMarker", *rule.expired_marker);
    out.close();
}

}  // namespace

s3_result<lifecycle_rules> lifecycle_rules_in(xml_element const& configuration) {
    if (configuration.children.empty() || !configuration.holds_only({"Rule"}))
        return error_code::malformed_xml;
    if (configuration.children.size() > lifecycle_rules_max)
        return refused("The number of lifecycle rules must not exceed the allowed limit of " +
                       std::to_string(lifecycle_rules_max) + " rules");
    lifecycle_rules rules;
    for (auto const& element : configuration.children) {
        auto rule = rule_in(element);
        if (!rule) return rule.error();
        if (rule->id.empty()) rule->id = made_id(*rule, rules.size());
        rules.push_back(*std::move(rule));
    }
    if (auto const fine = check_together(rules); !fine) return fine.error();
    return rules;
}

void write_lifecycle_rules(xml_writer& out, lifecycle_rules const& rules) {
    for (auto const& rule : rules) {
        out.open("Rule").element("ID", rule.id);
        write_filter(out, rule);
        out.element("Status", rule.enabled ? "Enabled" : "Disabled");
        write_expiration(out, rule);
        if (rule.noncurrent_days) {
            out.open("NoncurrentVersionExpiration").element("NoncurrentDays", *rule.noncurrent_days);
            if (rule.newer_noncurrent_versions)
                out.element("NewerNoncurrentVersions", *rule.newer_noncurrent_versions);
            out.close();
        }
        if (rule.abort_days)
            out.open("AbortIncompleteMultipartUpload")
                .element("DaysAfterInitiation", *rule.abort_days)
                .close();
        out.close();
    }
}

}  // namespace sluice::s3
