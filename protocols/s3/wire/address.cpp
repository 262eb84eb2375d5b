#include "protocols/s3/wire/address.hpp"

#include "auth/authn/uri_encoding.hpp"
#include "protocols/http/request.hpp"

namespace sluice::s3 {
namespace {

std::string_view without_port(std::string_view host) noexcept {
    if (host.starts_with('[')) return host.substr(0, host.find(']') + 1);
    return host.substr(0, host.find(':'));
}

// "bucket" of "bucket.domain"; empty when the host is none of the domains' children.
std::string bucket_in_host(std::string_view host, std::vector<std::string> const& domains) {
    auto const name = http::lower_cased(without_port(host));
    for (auto const& domain : domains) {
        if (name.size() <= domain.size() + 1 || !name.ends_with(domain)) continue;
        auto const rest = name.size() - domain.size() - 1;
        if (name[rest] == '.') return name.substr(0, rest);
    }
    return {};
}

}  // namespace

s3_result<address> resolve_address(std::string_view host, std::string_view raw_path,
                                   std::vector<std::string> const& domains) {
    auto path = auth::decode_path(raw_path);
    if (!path || !path->starts_with('/')) return error_code::invalid_uri;
    path->erase(0, 1);
    address where;
    where.bucket = bucket_in_host(host, domains);
    where.bucket_in_host = !where.bucket.empty();
    if (where.bucket_in_host) {
        where.key = *std::move(path);
    } else {
        auto const slash = path->find('/');
        where.bucket = path->substr(0, slash);
        if (slash != std::string::npos) where.key = path->substr(slash + 1);
    }
    if (where.bucket.empty()) {
        if (!where.key.empty()) return error_code::invalid_uri;
        return where;
    }
    where.level = where.key.empty() ? resource_level::bucket : resource_level::object;
    return where;
}

std::optional<std::string> website_bucket(std::string_view host,
                                          std::vector<std::string> const& website_domains) {
    auto bucket = bucket_in_host(host, website_domains);
    if (bucket.empty()) return std::nullopt;
    return bucket;
}

s3_result<copy_source> parse_copy_source(std::string_view header) {
    auto const malformed = [&] {
        return invalid_argument(
            "x-amz-copy-source", header,
            "Copy Source must mention the source bucket and key: sourcebucket/sourcekey");
    };
    copy_source source;
    static constexpr std::string_view version_mark = "?versionId=";
    if (auto const mark = header.rfind(version_mark); mark != std::string_view::npos) {
        auto version = auth::decode_path(header.substr(mark + version_mark.size()));
        if (!version || version->empty()) return malformed();
        source.version = *std::move(version);
        header = header.substr(0, mark);
    }
    auto decoded = auth::decode_path(header);
    if (!decoded) return malformed();
    auto const begin = decoded->starts_with('/') ? std::size_t{1} : std::size_t{0};
    auto const slash = decoded->find('/', begin);
    if (slash == std::string::npos) return malformed();
    source.bucket = decoded->substr(begin, slash - begin);
    source.key = decoded->substr(slash + 1);
    if (source.bucket.empty() || source.key.empty()) return malformed();
    return source;
}

}  // namespace sluice::s3
