#include "protocols/s3/wire/storage_classes.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "gateway/core/ids.hpp"
#include "protocols/http/date.hpp"

namespace sluice::s3 {
namespace {

constexpr std::string_view standard = "STANDARD";
constexpr std::string_view restored_key = "s3.restored-until";   // milliseconds, decimal

constexpr std::array<std::string_view, 7> labels{
    "REDUCED_REDUNDANCY", "STANDARD_IA", "ONEZONE_IA",  "INTELLIGENT_TIERING",
    "GLACIER_IR",         "GLACIER",     "DEEP_ARCHIVE"};

}  // namespace

s3_result<std::string> parse_storage_class(std::string_view name) {
    if (name == standard) return std::string();
    if (std::find(labels.begin(), labels.end(), name) == labels.end())
        return s3_failure(error_code::invalid_storage_class).detail("StorageClassRequested", name);
    return std::string(name);
}

std::string_view storage_class_of(store::object_attributes const& attributes) noexcept {
    return attributes.storage_class.empty() ? standard : attributes.storage_class;
}

bool is_archived(store::object_attributes const& attributes) noexcept {
    return attributes.storage_class == "GLACIER" || attributes.storage_class == "DEEP_ARCHIVE";
}

std::optional<unix_millis> restored_until(store::object_attributes const& attributes) noexcept {
    for (auto const& [name, value] : attributes.extra) {
        if (name != restored_key) continue;
        std::int64_t until = 0;
        auto const* end = value.data() + value.size();
        auto const parsed = std::from_chars(value.data(), end, until);
        if (parsed.ec == std::errc{} && parsed.ptr == end) return unix_millis{until};
    }
    return std::nullopt;
}

bool is_readable(store::object_attributes const& attributes, unix_millis now) noexcept {
    if (!is_archived(attributes)) return true;
    auto const until = restored_until(attributes);
    return until && *until > now;
}

void keep_restored(store::object_attributes& attributes, unix_millis until) {
    drop_restored(attributes);
    attributes.extra.emplace_back(restored_key, std::to_string(to_underlying(until)));
}

void drop_restored(store::object_attributes& attributes) {
    std::erase_if(attributes.extra, [](auto const& one) { return one.first == restored_key; });
}

s3_failure archived_failure(store::object_attributes const& attributes) {
    return s3_failure(error_code::invalid_object_state)
        .detail("StorageClass", storage_class_of(attributes));
}

void write_restore_status(xml_writer& out, store::object_attributes const& attributes,
                          unix_millis now) {
    auto const until = restored_until(attributes);
    if (!is_archived(attributes) || !until || *until <= now) return;
    out.open("RestoreStatus").element("IsRestoreInProgress", false);
    out.element("RestoreExpiryDate", http::iso_date(*until)).close();
}

}  // namespace sluice::s3
