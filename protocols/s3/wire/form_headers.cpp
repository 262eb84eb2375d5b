#include "protocols/s3/wire/form_headers.hpp"

#include <algorithm>
#include <vector>

#include "auth/authn/uri_encoding.hpp"
#include "protocols/http/request.hpp"
#include "protocols/http/response.hpp"

namespace sluice::s3 {
namespace {

constexpr std::size_t boundary_bytes_max = 70;
constexpr std::size_t parameters_max = 16;

struct parameterized {
    std::string value;  // lower case
    std::vector<std::pair<std::string, std::string>> parameters;  // names in lower case

    std::string const* find(std::string_view name) const noexcept {
        for (auto const& [candidate, text] : parameters)
            if (candidate == name) return &text;
        return nullptr;
    }
};

// `text` begins behind the opening quote; what was read is cut off, the closing quote too. A
// backslash escapes only what needs it: browsers send those of paths as they are.
std::optional<std::string> take_quoted(std::string_view& text) {
    std::string out;
    for (std::size_t at = 0; at < text.size(); ++at) {
        char const c = text[at];
        if (c == '"') {
            text.remove_prefix(at + 1);
            return out;
        }
        bool const escapes = c == '\\' && at + 1 < text.size() &&
                             (text[at + 1] == '"' || text[at + 1] == '\\');
        out += escapes ? text[++at] : c;
    }
    return std::nullopt;
}

std::optional<std::string> take_value(std::string_view& text) {
    if (text.starts_with('"')) {
        text.remove_prefix(1);
        auto value = take_quoted(text);
        text = http::trimmed(text);
        if (!text.empty() && !text.starts_with(';')) return std::nullopt;
        return value;
    }
    auto const end = std::min(text.find(';'), text.size());
    auto const value = http::trimmed(text.substr(0, end));
    text.remove_prefix(end);
    if (value.empty() || value.find('"') != value.npos) return std::nullopt;
    return std::string(value);
}

// "value; name=text; name="text"". nullopt: not of that form, or a parameter twice.
std::optional<parameterized> parse_parameterized(std::string_view text) {
    parameterized out;
    auto const end = std::min(text.find(';'), text.size());
    out.value = http::lower_cased(http::trimmed(text.substr(0, end)));
    text.remove_prefix(end);
    while (!text.empty()) {
        text = http::trimmed(text.substr(1));
        if (text.empty() || text.front() == ';') continue;
        auto const equals = text.find('=');
        if (equals == text.npos) return std::nullopt;
        auto name = http::lower_cased(text.substr(0, equals));
        text.remove_prefix(equals + 1);
        auto value = take_value(text);
        if (!value || !http::valid_header_name(name) || out.find(name) != nullptr ||
            out.parameters.size() == parameters_max)
            return std::nullopt;
        out.parameters.emplace_back(std::move(name), *std::move(value));
    }
    return out;
}

// RFC 8187: UTF-8'language'percent-encoded.
std::optional<std::string> decode_extended(std::string_view text) {
    auto const first = text.find('\'');
    auto const second = first == text.npos ? first : text.find('\'', first + 1);
    if (second == text.npos || !http::equal_ignoring_case(text.substr(0, first), "utf-8"))
        return std::nullopt;
    return auth::decode_path(text.substr(second + 1));
}

s3_failure malformed(std::string_view why) {
    return s3_failure(error_code::malformed_post_request).detail("Reason", why);
}

s3_result<form_part_head> parse_disposition(std::string_view text) {
    auto const parsed = parse_parameterized(text);
    if (!parsed || parsed->value != "form-data")
        return malformed("a Content-Disposition that is not form-data");
    auto const* name = parsed->find("name");
    if (name == nullptr || name->empty()) return malformed("a part without a name");
    form_part_head out{*name, std::nullopt};
    if (auto const* file = parsed->find("filename")) out.file_name = *file;
    if (auto const* extended = parsed->find("filename*")) {
        out.file_name = decode_extended(*extended);
        if (!out.file_name) return malformed("filename* is not UTF-8");
    }
    return out;
}

bool is_identity(std::string_view encoding) {
    auto const name = http::lower_cased(encoding);
    return name == "7bit" || name == "8bit" || name == "binary";
}

}  // namespace

s3_result<std::string> form_boundary(std::string_view content_type) {
    auto const parsed = parse_parameterized(content_type);
    auto const kind = http::trimmed(content_type.substr(0, content_type.find(';')));
    if (!http::equal_ignoring_case(kind, "multipart/form-data"))
        return s3_failure(error_code::precondition_failed)
            .detail("Condition",
                    "Bucket POST must be of the enclosure-type multipart/form-data");
    auto const* boundary = parsed ? parsed->find("boundary") : nullptr;
    auto const printable = [](char c) { return c >= 0x20 && c < 0x7f; };
    if (boundary == nullptr || boundary->empty() || boundary->size() > boundary_bytes_max ||
        boundary->back() == ' ' || !std::all_of(boundary->begin(), boundary->end(), printable))
        return malformed("no boundary");
    return *boundary;
}

s3_result<form_part_head> parse_part_head(std::string_view lines) {
    std::optional<form_part_head> out;
    while (!lines.empty()) {
        auto const end = lines.find("\r\n");
        if (end == lines.npos) return malformed("a line without an end");
        auto const line = lines.substr(0, end);
        lines.remove_prefix(end + 2);
        auto const colon = line.find(':');
        if (colon == line.npos || !http::valid_header_name(line.substr(0, colon)) ||
            !http::valid_header_value(line.substr(colon + 1)))
            return malformed("a header that is none");
        auto const name = line.substr(0, colon);
        auto const value = http::trimmed(line.substr(colon + 1));
        if (http::equal_ignoring_case(name, "content-transfer-encoding") && !is_identity(value))
            return s3_failure(error_code::not_implemented,
                              "Parts of a form are taken as they are, without decoding")
                .detail("Header", name);
        if (!http::equal_ignoring_case(name, "content-disposition")) continue;
        if (out) return malformed("two Content-Dispositions");
        auto parsed = parse_disposition(value);
        if (!parsed) return parsed.error();
        out = *std::move(parsed);
    }
    if (!out) return malformed("a part without Content-Disposition");
    return *std::move(out);
}

}  // namespace sluice::s3
