#include "protocols/s3/wire/object_lock_document.hpp"

#include <charconv>
#include <chrono>

#include "gateway/core/ids.hpp"
#include "protocols/http/date.hpp"

namespace sluice::s3 {
namespace {

constexpr std::string_view enabled = "Enabled";

std::optional<store::retention_mode> mode_named(std::string_view name) noexcept {
    if (name == "GOVERNANCE") return store::retention_mode::governance;
    if (name == "COMPLIANCE") return store::retention_mode::compliance;
    return std::nullopt;
}

s3_result<std::uint32_t> period_in(std::string_view text, std::uint32_t most) {
    std::int64_t amount = 0;
    auto const* end = text.data() + text.size();
    auto const parsed = std::from_chars(text.data(), end, amount);
    if (text.empty() || parsed.ec != std::errc{} || parsed.ptr != end)
        return error_code::malformed_xml;
    if (amount < 1)
        return s3_failure(error_code::invalid_argument,
                          "Default retention period must be a positive integer value.");
    if (amount > most)
        return s3_failure(error_code::invalid_argument, "Default retention period too large.");
    return static_cast<std::uint32_t>(amount);
}

s3_result<default_retention> rule_in(xml_element const& rule) {
    auto const* document = rule.only("DefaultRetention");
    if (document == nullptr || rule.children.size() != 1 || document->children.size() != 2)
        return error_code::malformed_xml;
    auto const mode = mode_named(document->text_of("Mode").value_or(""));
    auto const days = document->text_of("Days");
    auto const years = document->text_of("Years");
    if (!mode || days.has_value() == years.has_value()) return error_code::malformed_xml;
    auto const amount =
        days ? period_in(*days, retention_days_max) : period_in(*years, retention_years_max);
    if (!amount) return amount.error();
    return default_retention{*mode, years.has_value(), *amount};
}

}  // namespace

std::string_view name_of(store::retention_mode mode) noexcept {
    return mode == store::retention_mode::governance ? "GOVERNANCE" : "COMPLIANCE";
}

s3_result<object_lock> object_lock_in(xml_element const& configuration) {
    if (!configuration.holds_only({"ObjectLockEnabled", "Rule"}) ||
        configuration.text_of("ObjectLockEnabled") != enabled)
        return error_code::malformed_xml;
    object_lock lock;
    if (configuration.children.size() == 1) return lock;
    auto const* rule = configuration.only("Rule");
    if (rule == nullptr || configuration.children.size() != 2) return error_code::malformed_xml;
    auto const parsed = rule_in(*rule);
    if (!parsed) return parsed.error();
    lock.rule = *parsed;
    return lock;
}

void write_object_lock(xml_writer& out, object_lock const& lock) {
    out.element("ObjectLockEnabled", enabled);
    if (!lock.rule) return;
    out.open("Rule").open("DefaultRetention").element("Mode", name_of(lock.rule->mode));
    out.element(lock.rule->in_years ? "Years" : "Days", lock.rule->amount).close().close();
}

s3_result<std::optional<store::retention>> retention_in(xml_element const& document) {
    if (document.children.empty()) return std::optional<store::retention>{};
    auto const mode = mode_named(document.text_of("Mode").value_or(""));
    auto const until = http::parse_iso_date(document.text_of("RetainUntilDate").value_or(""));
    if (!mode || !until || document.children.size() != 2) return error_code::malformed_xml;
    return std::optional(store::retention{*mode, *until});
}

void write_retention(xml_writer& out, store::retention const& retained) {
    out.element("Mode", name_of(retained.mode))
        .element("RetainUntilDate", http::iso_date(retained.until));
}

s3_result<bool> legal_hold_in(xml_element const& document) {
    auto const status = document.text_of("Status").value_or("");
    if (document.children.size() != 1 || (status != "ON" && status != "OFF"))
        return error_code::malformed_xml;
    return status == "ON";
}

std::string_view legal_hold_text(bool held) noexcept { return held ? "ON" : "OFF"; }

s3_result<> read_lock_headers(s3_request const& request, store::object_attributes& into) {
    auto const mode = request.header("x-amz-object-lock-mode");
    auto const until = request.header("x-amz-object-lock-retain-until-date");
    auto const hold = request.header("x-amz-object-lock-legal-hold");
    if (mode.has_value() != until.has_value())
        return s3_failure(error_code::invalid_argument,
                          "x-amz-object-lock-retain-until-date and x-amz-object-lock-mode must "
                          "both be supplied");
    if (mode) {
        auto const parsed = mode_named(*mode);
        if (!parsed)
            return invalid_argument("x-amz-object-lock-mode", *mode, "Unknown wormMode directive.");
        auto const time = http::parse_iso_date(*until);
        if (!time)
            return invalid_argument("x-amz-object-lock-retain-until-date", *until,
                                    "The retain until date must be provided in ISO 8601 format");
        into.retained = store::retention{*parsed, *time};
    }
    if (!hold) return {};
    if (*hold != "ON" && *hold != "OFF")
        return invalid_argument("x-amz-object-lock-legal-hold", *hold,
                                "Legal Hold must be either of 'ON' or 'OFF'");
    into.legal_hold = *hold == "ON";
    return {};
}

s3_result<bool> asks_to_bypass(s3_request const& request) {
    auto const text = request.header("x-amz-bypass-governance-retention");
    if (!text || http::equal_ignoring_case(*text, "false")) return false;
    if (http::equal_ignoring_case(*text, "true")) return true;
    return invalid_argument("x-amz-bypass-governance-retention", *text, "Not true or false.");
}

void set_lock_headers(http::response_head& head, store::object_attributes const& attributes) {
    if (attributes.retained) {
        head.set("x-amz-object-lock-mode", name_of(attributes.retained->mode));
        head.set("x-amz-object-lock-retain-until-date",
                 http::iso_date(attributes.retained->until));
    }
    if (attributes.legal_hold)
        head.set("x-amz-object-lock-legal-hold", legal_hold_text(*attributes.legal_hold));
}

unix_millis retained_until(default_retention const& rule, unix_millis at) noexcept {
    using std::chrono::days;
    std::chrono::milliseconds const time(to_underlying(at));
    if (!rule.in_years)
        return unix_millis{(time + std::chrono::days(rule.amount)) / std::chrono::milliseconds(1)};
    auto const day = std::chrono::floor<days>(std::chrono::sys_time<std::chrono::milliseconds>(time));
    auto date = std::chrono::year_month_day(day) + std::chrono::years(rule.amount);
    // The 29th of February of a year without one is the day behind it: never shorter.
    if (!date.ok()) date = date.year() / std::chrono::March / 1;
    auto const moved = std::chrono::sys_days(date) - day;
    return unix_millis{(time + moved) / std::chrono::milliseconds(1)};
}

}  // namespace sluice::s3
