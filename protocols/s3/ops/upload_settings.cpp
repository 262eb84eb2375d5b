#include "protocols/s3/ops/upload_settings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "gateway/core/ids.hpp"

namespace sluice::s3 {
namespace {

constexpr std::string_view algorithm_key = "s3.upload.checksum";
constexpr std::string_view scope_key = "s3.upload.checksum-type";

std::optional<std::string_view> extra(store::object_attributes const& attributes,
                                      std::string_view key) {
    for (auto const& [name, value] : attributes.extra)
        if (name == key) return value;
    return std::nullopt;
}

}  // namespace

s3_result<upload_settings> upload_settings_of(s3_request const& request) {
    upload_settings settings;
    auto const name = request.header("x-amz-checksum-algorithm");
    auto const type = request.header("x-amz-checksum-type");
    if (name) {
        auto const* spelling = checksum_named(*name);
        if (spelling == nullptr)
            return s3_failure(error_code::invalid_request,
                              "Checksum algorithm provided is unsupported.");
        settings.algorithm = spelling->algorithm;
        settings.chosen = true;
        if (settings.algorithm != store::checksum_algorithm::crc64nvme)
            settings.scope = store::checksum_scope::composite;
    }
    if (!type) return settings;
    if (!name)
        return s3_failure(error_code::invalid_request,
                          "The x-amz-checksum-type header can only be used with the "
                          "x-amz-checksum-algorithm header.");
    if (*type == "FULL_OBJECT") settings.scope = store::checksum_scope::full_object;
    else if (*type == "COMPOSITE") settings.scope = store::checksum_scope::composite;
    else
        return s3_failure(error_code::invalid_request,
                          "Value for x-amz-checksum-type header is invalid.");
    bool const crc64 = settings.algorithm == store::checksum_algorithm::crc64nvme;
    bool const composite = settings.scope == store::checksum_scope::composite;
    if (composite ? crc64 : !is_crc(settings.algorithm))
        return s3_failure(
            error_code::invalid_request,
            fmt::format("The {} checksum type cannot be used with the {} checksum algorithm.",
                        *type, http::lower_cased(*name)));
    return settings;
}

void keep(upload_settings const& settings, store::object_attributes& attributes) {
    if (!settings.chosen) return;
    attributes.extra.emplace_back(algorithm_key, spelling_of(settings.algorithm)->name);
    attributes.extra.emplace_back(scope_key, name_of(settings.scope));
}

upload_settings kept_settings(store::object_attributes const& attributes) {
    upload_settings settings;
    auto const name = extra(attributes, algorithm_key);
    auto const* spelling = name ? checksum_named(*name) : nullptr;
    if (spelling == nullptr) return settings;
    settings.algorithm = spelling->algorithm;
    settings.chosen = true;
    if (extra(attributes, scope_key) == name_of(store::checksum_scope::composite))
        settings.scope = store::checksum_scope::composite;
    return settings;
}

void drop_settings(store::object_attributes& attributes) {
    auto const ours = [](auto const& one) {
        return one.first == algorithm_key || one.first == scope_key;
    };
    auto& extra = attributes.extra;
    extra.erase(std::remove_if(extra.begin(), extra.end(), ours), extra.end());
}

std::string upload_id_text(store::upload_id id) {
    return fmt::format("{:016x}", to_underlying(id));
}

std::optional<store::upload_id> parse_upload_id(std::string_view text) noexcept {
    std::uint64_t id = 0;
    auto const* end = text.data() + text.size();
    auto const parsed = std::from_chars(text.data(), end, id, 16);
    if (text.size() != 16 || parsed.ec != std::errc{} || parsed.ptr != end) return std::nullopt;
    return static_cast<store::upload_id>(id);
}

s3_result<auth::guarded_uploads::name> upload_named(s3_request const& request) {
    auto const id = parse_upload_id(request.parameter("uploadId").value_or(""));
    if (!id) return error_code::no_such_upload;
    return auth::guarded_uploads::name{request.bucket(), request.key(), *id};
}

s3_result<std::uint32_t> part_number_of(s3_request const& request, std::uint32_t most) {
    auto const text = request.parameter("partNumber").value_or("");
    std::uint32_t number = 0;
    auto const* end = text.data() + text.size();
    auto const parsed = std::from_chars(text.data(), end, number);
    if (parsed.ec != std::errc{} || parsed.ptr != end || number == 0 || number > most)
        return invalid_argument(
            "partNumber", text,
            fmt::format("Part number must be an integer between 1 and {}, inclusive", most));
    return number;
}

}  // namespace sluice::s3
