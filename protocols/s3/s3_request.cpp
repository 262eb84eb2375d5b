#include "protocols/s3/s3_request.hpp"

#include "protocols/s3/wire/utf8.hpp"

namespace sluice::s3 {

s3_result<s3_request> s3_request::from(http::request_head head, s3_options const& options) {
    s3_request request;
    auto where = resolve_address(head.host, head.path, options.domains);
    if (!where) return std::move(where).error();
    request.where_ = *std::move(where);
    auto query = auth::parse_query(head.query, options.query_parameters);
    if (!query) return error_code::invalid_uri;
    for (auto const& [name, value] : *query)
        if (!is_utf8(name) || !is_utf8(value)) return error_code::invalid_uri;
    for (auto a = query->begin(); a != query->end(); ++a)
        for (auto b = query->begin(); b != a; ++b)
            if (http::equal_ignoring_case(a->first, b->first))
                return invalid_argument(a->first, a->second, "A parameter was given twice.");
    request.query_ = *std::move(query);
    request.head_ = std::move(head);
    return request;
}

std::optional<std::string_view> s3_request::parameter(std::string_view name) const noexcept {
    for (auto const& [candidate, value] : query_)
        if (candidate == name) return value;
    return std::nullopt;
}

std::optional<std::string_view> s3_request::header(
    std::string_view lower_case_name) const noexcept {
    if (auto const value = head_.find(lower_case_name)) return value;
    if (!lower_case_name.starts_with("x-amz-")) return std::nullopt;
    for (auto const& [candidate, value] : query_)
        if (http::equal_ignoring_case(candidate, lower_case_name)) return value;
    return std::nullopt;
}

}  // namespace sluice::s3
