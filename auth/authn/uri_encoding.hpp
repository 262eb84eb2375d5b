// Percent-encoding as S3 signs it. Fronts use the same functions to decode what they act on, so
// that what is signed and what is done cannot differ. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sluice::auth {

// Everything but A-Z a-z 0-9 - . _ ~ becomes %XX in upper case; '/' too unless kept.
std::string uri_encode(std::string_view bytes, bool keep_slash);

// nullopt: a '%' without two hex digits. `+` stays a plus in paths and is a space in queries.
std::optional<std::string> decode_path(std::string_view raw);
std::optional<std::string> decode_query_text(std::string_view raw);

using query_parameters =
    std::vector<std::pair<std::string, std::string>>;  // decoded, in the order sent
// nullopt: undecodable, or more than `most`. "a" and "a=" are both ("a", ""); empty pieces are
// skipped.
std::optional<query_parameters> parse_query(std::string_view raw, std::size_t most);

}  // namespace sluice::auth
