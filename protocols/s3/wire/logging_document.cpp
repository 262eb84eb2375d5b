#include "protocols/s3/wire/logging_document.hpp"

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

}  // namespace

s3_result<std::optional<access_log_target>> access_log_in(xml_element const& status) {
    std::optional<access_log_target> target;
    if (status.children.empty()) return target;
    auto const* enabled = status.only("LoggingEnabled");
    if (enabled == nullptr || status.children.size() != 1) return error_code::malformed_xml;
    if (!enabled->holds_only({"TargetBucket", "TargetPrefix", "TargetGrants", "TargetObjectKeyFormat"}))
        return error_code::malformed_xml;
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
    if (enabled->children.size() != known) return error_code::malformed_xml;
    // ACLs are disabled, here as everywhere.
    if (grants)
        return s3_failure(error_code::not_implemented,
                          "PutBucketLogging: TargetGrants is not implemented")
            .detail("Operation", "PutBucketLogging");
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
    out.close();
}

}  // namespace sluice::s3
