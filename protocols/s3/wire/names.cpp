#include "protocols/s3/wire/names.hpp"

#include <algorithm>

#include "protocols/s3/wire/utf8.hpp"

namespace sluice::s3 {
namespace {

bool letter_or_digit(char c) noexcept {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

bool like_ipv4(std::string_view name) noexcept {
    return std::count(name.begin(), name.end(), '.') == 3 &&
           std::all_of(name.begin(), name.end(),
                       [](char c) { return c == '.' || (c >= '0' && c <= '9'); });
}

bool reserved(std::string_view name) noexcept {
    for (std::string_view prefix : {"xn--", "sthree-", "amzn-s3-demo-"})
        if (name.starts_with(prefix)) return true;
    for (std::string_view suffix : {"-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3"})
        if (name.ends_with(suffix)) return true;
    return false;
}

}  // namespace

s3_result<> check_bucket_name(std::string_view name) {
    auto const legal =
        name.size() >= 3 && name.size() <= 63 &&
        std::all_of(name.begin(), name.end(),
                    [](char c) { return letter_or_digit(c) || c == '.' || c == '-'; }) &&
        letter_or_digit(name.front()) && letter_or_digit(name.back()) &&
        name.find("..") == std::string_view::npos && !like_ipv4(name) && !reserved(name);
    if (legal) return {};
    return s3_failure(error_code::invalid_bucket_name).detail("BucketName", name);
}

s3_result<> check_key(std::string_view key) {
    if (key.size() > key_bytes_max)
        return s3_failure(error_code::key_too_long)
            .detail("Size", std::to_string(key.size()))
            .detail("MaxSizeAllowed", std::to_string(key_bytes_max));
    if (key.empty() || key.find('\0') != std::string_view::npos || !is_utf8(key))
        return error_code::invalid_uri;
    return {};
}

}  // namespace sluice::s3
