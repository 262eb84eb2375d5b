// One request's head as it came: method, target and headers, nothing decoded, because a signature
// covers the raw bytes. Owns its text; views it hands out live as long as it does and survive moves
// of it. Header names compare without case, values are trimmed of spaces and tabs at both ends.
// Plain data, not thread-safe.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocols/http/method.hpp"

namespace sluice::http {

struct header_field {
    std::string_view name;  // as sent
    std::string_view value;
};

// How long the body is and how it is framed, decided once from the head.
enum class body_framing : std::uint8_t { none, sized, chunked };

struct request_head {
    std::shared_ptr<std::string const> text;  // shared with copies of this head; never changes
    method verb = method::other;
    std::string_view verb_text;
    std::string_view target;  // origin-form; an absolute-form's scheme and authority are cut off
    std::string_view path;    // target before '?', raw
    std::string_view query;   // target after '?', raw; empty when there is none
    std::string_view host;  // the Host header, or the authority of an absolute-form; port included
    std::vector<header_field> headers;
    body_framing framing = body_framing::none;
    std::uint64_t content_length = 0;  // sized only
    unsigned minor_version = 1;
    bool keep_alive = true;
    bool expects_continue = false;

    // The first header of that name; names are compared without case.
    std::optional<std::string_view> find(std::string_view name) const noexcept;
    std::size_t count(std::string_view name) const noexcept;
};

bool equal_ignoring_case(std::string_view a, std::string_view b) noexcept;
bool starts_with_ignoring_case(std::string_view text, std::string_view prefix) noexcept;
std::string lower_cased(std::string_view text);
std::string_view trimmed(std::string_view text) noexcept;

}  // namespace sluice::http
