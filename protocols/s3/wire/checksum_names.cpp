#include "protocols/s3/wire/checksum_names.hpp"

#include "gateway/core/encoding.hpp"
#include "protocols/http/request.hpp"

namespace sluice::s3 {

checksum_spelling const* spelling_of(store::checksum_algorithm algorithm) noexcept {
    for (auto const& spelling : checksum_spellings)
        if (spelling.algorithm == algorithm) return &spelling;
    return nullptr;
}

checksum_spelling const* checksum_named(std::string_view name) noexcept {
    for (auto const& spelling : checksum_spellings)
        if (http::equal_ignoring_case(spelling.name, name)) return &spelling;
    return nullptr;
}

checksum_spelling const* checksum_of_header(std::string_view lower_case_header) noexcept {
    for (auto const& spelling : checksum_spellings)
        if (spelling.header == lower_case_header) return &spelling;
    return nullptr;
}

std::string_view name_of(store::checksum_scope scope) noexcept {
    return scope == store::checksum_scope::composite ? "COMPOSITE" : "FULL_OBJECT";
}

std::string checksum_text(store::object_checksum const& checksum, std::uint32_t part_count) {
    auto text = base64_encode(checksum.value);
    if (checksum.scope == store::checksum_scope::composite)
        text += "-" + std::to_string(part_count);
    return text;
}

std::optional<std::string> parse_checksum(checksum_spelling const& spelling,
                                          std::string_view text) {
    auto bytes = base64_decode(text);
    if (!bytes || bytes->size() != spelling.digest_bytes) return std::nullopt;
    return *std::move(bytes);
}

}  // namespace sluice::s3
