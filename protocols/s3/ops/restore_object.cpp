// RestoreObject: makes an archived object readable for some days. It takes no time here, so the
// first one answers 202 and the object can be read at once.
#include <charconv>

#include "protocols/s3/ops/bucket_edit.hpp"
#include "protocols/s3/ops/handlers.hpp"
#include "protocols/s3/ops/object_versions.hpp"
#include "protocols/s3/wire/storage_classes.hpp"
#include "protocols/s3/wire/version_ids.hpp"

namespace sluice::s3 {
namespace {

constexpr std::int64_t day_millis = 24 * 3600 * std::int64_t{1000};
constexpr std::int64_t restore_days_max = 36'500;

s3_result<> check_tier(std::string_view tier) {
    if (tier == "Standard" || tier == "Bulk" || tier == "Expedited") return {};
    return error_code::malformed_xml;
}

struct restoration {
    std::int64_t days = 0;
    std::string tier;
};

s3_result<restoration> wanted_by(xml_element const& document) {
    for (std::string_view part : {"Type", "SelectParameters", "OutputLocation"})
        if (document.only(part) != nullptr) return part_not_implemented("RestoreObject", part);
    if (!document.holds_only({"Days", "GlacierJobParameters", "Tier", "Description"}))
        return error_code::malformed_xml;
    auto tier = document.text_of("Tier");
    if (auto const* job = document.only("GlacierJobParameters")) {
        if (job->children.size() != 1 || tier) return error_code::malformed_xml;
        tier = job->text_of("Tier").value_or("");
    }
    if (tier)
        if (auto const fine = check_tier(*tier); !fine) return fine.error();
    auto const text = document.text_of("Days").value_or("");
    std::int64_t days = 0;
    auto const* end = text.data() + text.size();
    auto const parsed = std::from_chars(text.data(), end, days);
    if (text.empty() || parsed.ec != std::errc{} || parsed.ptr != end)
        return error_code::malformed_xml;
    if (days < 1 || days > restore_days_max)
        return s3_failure(error_code::invalid_argument,
                          "restoration days should be at least 1, and at most " +
                              std::to_string(restore_days_max));
    return restoration{days, std::string(tier.value_or(""))};
}

// The end of that day, in UTC.
unix_millis expiry_of(std::int64_t days, unix_millis now) noexcept {
    auto const until = to_underlying(now) + days * day_millis;
    return unix_millis{(until / day_millis + 1) * day_millis};
}

}  // namespace

task<s3_result<answer>> ops::restore_object(operation_call& call) {
    auto const version = version_of(call.request);
    if (!version) co_return version.error();
    auto const document = co_await read_document(call, "RestoreRequest", body_digest::optional);
    if (!document) co_return document.error();
    auto const wanted = wanted_by(*document);
    if (!wanted) co_return wanted.error();
    auto const now = call.clock.now();
    auto const until = expiry_of(wanted->days, now);
    bool was_readable = false;
    std::optional<s3_failure> refused;
    auth::guarded_objects::attributes_change request;
    request.bucket = call.request.bucket();
    request.key = call.request.key();
    request.version = *version;
    request.change = [&](store::object_attributes& attributes) -> result<void> {
        if (!is_archived(attributes)) {
            refused = archived_failure(attributes);
            refused->message = "Restore is not allowed for the object's current storage class";
            return failure{error::precondition_failed, "the object is not archived"};
        }
        if (wanted->tier == "Expedited" && attributes.storage_class == "DEEP_ARCHIVE") {
            refused = invalid_argument("Tier", wanted->tier,
                                       "Retrieval option is not supported by this storage class");
            return failure{error::precondition_failed, "not of this storage class"};
        }
        was_readable = is_readable(attributes, now);
        keep_restored(attributes, until);
        return success();
    };
    auto const changed = co_await call.objects.change_attributes(call.who, std::move(request));
    if (!changed) {
        if (refused && changed.error().code == error::precondition_failed) co_return *refused;
        auto missing = to_s3(changed.error(), subject::object);
        co_return co_await refuse_change(call, *version, std::move(missing));
    }
    co_return empty_answer(was_readable ? 200 : 202);
}

}  // namespace sluice::s3
