#include "protocols/s3/model/website.hpp"

#include "auth/authn/uri_encoding.hpp"

namespace sluice::s3 {
namespace {

std::string location_of(std::string_view protocol, std::string_view host, std::string_view key) {
    std::string out(protocol);
    return out.append("://").append(host).append("/").append(auth::uri_encode(key, true));
}

bool fits(website_rule const& rule, std::string_view key, unsigned error_status) noexcept {
    if (rule.error_code != error_status) return false;
    return !rule.key_prefix || key.starts_with(*rule.key_prefix);
}

std::string key_behind(website_rule const& rule, std::string_view key) {
    if (rule.replace_key) return *rule.replace_key;
    if (!rule.replace_prefix) return std::string(key);
    auto const cut = rule.key_prefix ? rule.key_prefix->size() : 0;
    return *rule.replace_prefix + std::string(key.substr(cut));
}

}  // namespace

std::optional<website_redirect> redirect_of_all(website const& site, website_request const& asked) {
    if (site.all_host.empty()) return std::nullopt;
    auto const protocol =
        site.all_protocol.empty() ? asked.protocol : std::string_view(site.all_protocol);
    auto location = location_of(protocol, site.all_host, asked.key);
    if (!asked.raw_query.empty()) location.append("?").append(asked.raw_query);
    return website_redirect{301, std::move(location)};
}

std::optional<website_redirect> redirect_by_rule(website const& site, website_request const& asked,
                                                 unsigned error_status) {
    for (auto const& rule : site.rules) {
        if (!fits(rule, asked.key, error_status)) continue;
        auto const protocol = rule.protocol.empty() ? asked.protocol : std::string_view(rule.protocol);
        auto const host = rule.host.empty() ? asked.host : std::string_view(rule.host);
        return website_redirect{rule.status == 0 ? 301u : rule.status,
                                location_of(protocol, host, key_behind(rule, asked.key))};
    }
    return std::nullopt;
}

}  // namespace sluice::s3
