#include "protocols/s3/wire/logging_document.hpp"

#include <charconv>

namespace sluice::s3 {
namespace {

s3_result<log_key_format> format_in(xml_element const& element) {
    if (element.children.size() != 1) return error_code::malformed_xml;
    auto const& only = element.children.front();
    if (only.name == "SimplePrefix" && only.children.empty()) return log_key_format::simple;
    if (only.name != "PartitionedPrefix" || !only.holds_only({"PartitionDateSource"}))
        return error_code::malformed_xml;
    auto const source = only.text_of("PartitionDateSource");
    // S3's default is the time of delivery.
    if (!source && only.children.empty()) return log_key_format::by_delivery_time;
    if (source == "EventTime") return log_key_format::by_event_time;
    if (source == "DeliveryTime") return log_key_format::by_delivery_time;
    return error_code::malformed_xml;
}

// Ceph's extensions (radosgw documentation, bucket operations); S3 has one type of log.
constexpr std::size_t log_filter_bytes = 1024;

s3_result<log_type> type_in(xml_element const& element) {
    auto const text = element.text;
    if (!element.children.empty()) return error_code::malformed_xml;
    if (text == "Standard") return log_type::standard;
    if (text == "Journal") return log_type::journal;
    return error_code::malformed_xml;
}

s3_failure refused_part(std::string_view part) {
    return s3_failure(error_code::not_implemented,
                      "PutBucketLogging: " + std::string(part) + " is not implemented")
        .detail("Operation", "PutBucketLogging");
}

s3_result<std::uint32_t> roll_time_in(xml_element const& element) {
    std::uint32_t seconds = 0;
    auto const* begin = element.text.data();
    auto const* end = begin + element.text.size();
    auto const read = std::from_chars(begin, end, seconds);
    if (!element.children.empty() || read.ec != std::errc{} || read.ptr != end)
        return error_code::malformed_xml;
    if (seconds == 0 || seconds > log_roll_seconds_max)
        return s3_failure(error_code::invalid_argument,
                          "ObjectRollTime is from 1 to " + std::to_string(log_roll_seconds_max) +
                              " seconds.");
    return seconds;
}

s3_result<> filter_in(xml_element const& element, access_log_target& into) {
    auto const* key = element.only("S3Key");
    if (key == nullptr || element.children.size() != 1) return error_code::malformed_xml;
    for (auto const& rule : key->children) {
        auto const name = rule.text_of("Name");
        auto const value = rule.text_of("Value");
        if (rule.name != "FilterRule" || !name || !value || rule.children.size() != 2)
            return error_code::malformed_xml;
        if (*name == "regex") return refused_part("a Filter by regex");
        auto* part = *name == "prefix"   ? &into.key_prefix
                     : *name == "suffix" ? &into.key_suffix
                                         : nullptr;
        if (part == nullptr || part->has_value()) return error_code::malformed_xml;
        if (value->size() > log_filter_bytes)
            return s3_failure(error_code::invalid_argument,
                              "The value of a FilterRule is longer than a key.");
        *part = std::string(*value);
    }
    return {};
}

// How many of the element's children were understood.
s3_result<std::size_t> extensions_in(xml_element const& enabled, access_log_target& into) {
    std::size_t known = 0;
    if (enabled.only("RecordsBatchSize") != nullptr) return refused_part("RecordsBatchSize");
    if (auto const* given = enabled.only("LoggingType")) {
        ++known;
        auto const type = type_in(*given);
        if (!type) return type.error();
        into.type = *type;
    }
    if (auto const* given = enabled.only("ObjectRollTime")) {
        ++known;
        auto const seconds = roll_time_in(*given);
        if (!seconds) return seconds.error();
        into.roll_seconds = *seconds;
    }
    if (auto const* given = enabled.only("Filter")) {
        ++known;
        if (!into.is_journal())
            return s3_failure(error_code::invalid_request,
                              "A Filter is only for logs of the LoggingType Journal.");
        if (auto const fine = filter_in(*given, into); !fine) return fine.error();
    }
    return known;
}

void write_filter(xml_writer& out, access_log_target const& target) {
    if (!target.key_prefix && !target.key_suffix) return;
    out.open("Filter").open("S3Key");
    auto const rule = [&](std::string_view name, std::optional<std::string> const& value) {
        if (value)
            out.open("FilterRule").element("Name", name).element("Value", *value).close();
    };
    rule("prefix", target.key_prefix);
    rule("suffix", target.key_suffix);
    out.close().close();
}

}  // namespace

s3_result<std::optional<access_log_target>> access_log_in(xml_element const& status) {
    std::optional<access_log_target> target;
    if (status.children.empty()) return target;
    auto const* enabled = status.only("LoggingEnabled");
    if (enabled == nullptr || status.children.size() != 1) return error_code::malformed_xml;
    auto const bucket = enabled->text_of("TargetBucket");
    auto const prefix = enabled->text_of("TargetPrefix");
    if (!bucket || bucket->empty() || !prefix) return error_code::malformed_xml;
    bool grants = false;
    std::size_t known = 2;
    target = access_log_target{std::string(*bucket), std::string(*prefix), {}};
    if (auto const* given = enabled->only("TargetGrants")) {
        ++known;
        grants = !given->children.empty();
    }
    if (auto const* given = enabled->only("TargetObjectKeyFormat")) {
        ++known;
        auto const format = format_in(*given);
        if (!format) return format.error();
        target->format = *format;
    }
    auto const more = extensions_in(*enabled, *target);
    if (!more) return more.error();
    if (enabled->children.size() != known + *more) return error_code::malformed_xml;
    // ACLs are disabled, here as everywhere.
    if (grants) return refused_part("TargetGrants");
    if (prefix->size() > log_prefix_bytes)
        return s3_failure(error_code::invalid_request,
                          "The TargetPrefix is longer than " + std::to_string(log_prefix_bytes) +
                              " bytes, so that names of log objects would not fit.");
    return target;
}

void write_access_log(xml_writer& out, access_log_target const& target) {
    out.open("LoggingEnabled").element("TargetBucket", target.bucket);
    out.element("TargetPrefix", target.prefix);
    if (target.format != log_key_format::unsaid) {
        out.open("TargetObjectKeyFormat");
        if (target.format == log_key_format::simple) {
            out.open("SimplePrefix").close();
        } else {
            bool const by_event = target.format == log_key_format::by_event_time;
            out.open("PartitionedPrefix")
                .element("PartitionDateSource", by_event ? "EventTime" : "DeliveryTime")
                .close();
        }
        out.close();
    }
    if (target.type != log_type::unsaid)
        out.element("LoggingType", target.is_journal() ? "Journal" : "Standard");
    if (target.roll_seconds != 0)
        out.element("ObjectRollTime", std::to_string(target.roll_seconds));
    write_filter(out, target);
    out.close();
}

}  // namespace sluice::s3
