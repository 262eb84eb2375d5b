#include "protocols/http/response.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "gateway/core/assert.hpp"

namespace sluice::http {

std::string_view reason_phrase(unsigned status) noexcept {
    switch (status) {
        case 100: return "Continue";
        case 200: return "OK";
        case 204: return "No Content";
        case 206: return "Partial Content";
        case 301: return "Moved Permanently";
        case 304: return "Not Modified";
        case 307: return "Temporary Redirect";
        case 400: return "Bad Request";
        case 401: return "Unauthorized";
        case 403: return "Forbidden";
        case 404: return "Not Found";
        case 405: return "Method Not Allowed";
        case 408: return "Request Timeout";
        case 409: return "Conflict";
        case 411: return "Length Required";
        case 412: return "Precondition Failed";
        case 413: return "Content Too Large";
        case 414: return "URI Too Long";
        case 416: return "Range Not Satisfiable";
        case 417: return "Expectation Failed";
        case 429: return "Too Many Requests";
        case 431: return "Request Header Fields Too Large";
        case 500: return "Internal Server Error";
        case 501: return "Not Implemented";
        case 503: return "Service Unavailable";
        case 505: return "HTTP Version Not Supported";
        case 507: return "Insufficient Storage";
        default: return "Status";
    }
}

bool valid_header_value(std::string_view value) noexcept {
    return std::none_of(value.begin(), value.end(), [](char c) {
        auto const byte = static_cast<unsigned char>(c);
        return (byte < 0x20 && byte != '\t') || byte == 0x7f;
    });
}

bool valid_header_name(std::string_view name) noexcept {
    static constexpr std::string_view marks = "!#$%&'*+-.^_`|~";
    return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               marks.find(c) != std::string_view::npos;
    });
}

std::string serialized(response_head const& head, std::optional<std::uint64_t> content_length,
                       bool keep_alive, unsigned minor_version) {
    std::string out;
    out.reserve(512);
    auto at = std::back_inserter(out);
    fmt::format_to(at, "HTTP/1.1 {} {}\r\n", head.status, reason_phrase(head.status));
    for (auto const& [name, value] : head.headers) {
        // A line break from stored bytes would let one client write another's answer.
        SLUICE_ASSERT(valid_header_name(name) && valid_header_value(value));
        fmt::format_to(at, "{}: {}\r\n", name, value);
    }
    if (content_length) {
        if (!bodyless_status(head.status))
            fmt::format_to(at, "Content-Length: {}\r\n", *content_length);
    } else if (minor_version != 0) {
        out += "Transfer-Encoding: chunked\r\n";
    }
    if (!keep_alive) out += "Connection: close\r\n";
    else if (minor_version == 0) out += "Connection: keep-alive\r\n";
    out += "\r\n";
    return out;
}

}  // namespace sluice::http
