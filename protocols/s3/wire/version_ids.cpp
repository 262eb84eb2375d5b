#include "protocols/s3/wire/version_ids.hpp"

#include <charconv>

#include <fmt/format.h>

namespace sluice::s3 {
namespace {

constexpr std::string_view null_text = "null";
constexpr std::size_t digits = 16;

}  // namespace

std::string version_text(object_version version) {
    if (version == object_version{}) return std::string(null_text);
    return fmt::format("{:016x}", to_underlying(version));
}

std::optional<object_version> parse_version(std::string_view text) noexcept {
    if (text == null_text) return object_version{};
    if (text.size() != digits) return std::nullopt;
    if (text.find_first_not_of("0123456789abcdef") != text.npos) return std::nullopt;
    std::uint64_t number = 0;
    std::from_chars(text.data(), text.data() + text.size(), number, 16);
    if (number == 0) return std::nullopt;
    return object_version{number};
}

s3_result<std::optional<object_version>> version_of(s3_request const& request) {
    auto const text = request.parameter("versionId");
    if (!text) return std::optional<object_version>{};
    auto const version = parse_version(*text);
    if (!version) return invalid_argument("versionId", *text, "Invalid version id specified");
    return version;
}

void set_version_header(http::response_head& head, store::object_stat const& stat) {
    if (stat.is_versioned) head.set("x-amz-version-id", version_text(stat.version));
}

void set_new_version_header(http::response_head& head, store::object_stat const& stat) {
    if (stat.version != object_version{}) set_version_header(head, stat);
}

}  // namespace sluice::s3
