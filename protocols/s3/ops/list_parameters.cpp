#include "protocols/s3/ops/list_parameters.hpp"

#include <algorithm>
#include <charconv>

#include "gateway/core/checksum.hpp"
#include "gateway/core/cursor.hpp"
#include "gateway/core/encoding.hpp"

namespace sluice::s3 {
namespace {

constexpr std::uint8_t token_version = 1;

std::uint32_t seal_of(std::string_view scope, std::string_view position) {
    std::string text;
    byte_writer(text).little(token_version).sized(scope).sized(position);
    return crc32c(as_bytes(text));
}

}  // namespace

s3_result<std::uint32_t> page_size(s3_request const& request, std::string_view parameter,
                                   std::uint32_t standard, std::uint32_t most,
                                   std::uint32_t least) {
    auto const text = request.parameter(parameter);
    if (!text || text->empty()) return std::min(standard, most);
    std::uint32_t value = 0;
    auto const* end = text->data() + text->size();
    auto const parsed = std::from_chars(text->data(), end, value);
    if (parsed.ptr != end ||
        (parsed.ec != std::errc{} && parsed.ec != std::errc::result_out_of_range) ||
        (parsed.ec == std::errc{} && value < least) || value > INT32_MAX ||
        parsed.ec == std::errc::result_out_of_range)
        return invalid_argument(parameter, *text,
                                "Argument " + std::string(parameter) +
                                    " must be an integer between " + std::to_string(least) +
                                    " and 2147483647");
    return std::min(value, most);
}

s3_result<key_spelling> key_spelling::of(s3_request const& request) {
    key_spelling spelling;
    auto const type = request.parameter("encoding-type");
    if (!type) return spelling;
    if (*type != "url")
        return invalid_argument("encoding-type", *type,
                                "Invalid Encoding Method specified in Request");
    spelling.encoded_ = true;
    return spelling;
}

std::string key_spelling::operator()(std::string_view key) const {
    return encoded_ ? auth::uri_encode(key, true) : std::string(key);
}

std::string position_behind(std::string_view marker, std::string_view prefix,
                            std::string_view delimiter) {
    auto const at = delimiter.empty() || !marker.starts_with(prefix)
                        ? marker.npos
                        : marker.find(delimiter, prefix.size());
    return std::string(at == marker.npos ? marker : marker.substr(0, at + delimiter.size()));
}

std::string make_token(std::string_view scope, std::string_view position) {
    std::string text;
    byte_writer(text).little(token_version).little(seal_of(scope, position)).raw(position);
    return hex_encode(text);
}

s3_result<std::string> read_token(std::string_view scope, std::string_view token) {
    auto const text = hex_decode(token);
    byte_reader in(text ? *text : std::string_view{});
    auto const version = in.little<std::uint8_t>();
    auto const seal = in.little<std::uint32_t>();
    auto const position = std::string(in.rest());
    if (!in.ok() || version != token_version || seal != seal_of(scope, position) ||
        make_token(scope, position) != token)
        return invalid_argument("continuation-token", token,
                                "The continuation token provided is incorrect");
    return position;
}

std::string token_scope(std::string_view bucket, std::string_view prefix,
                        std::string_view delimiter) {
    std::string scope;
    byte_writer(scope).sized(bucket).sized(prefix).sized(delimiter);
    return scope;
}

}  // namespace sluice::s3
