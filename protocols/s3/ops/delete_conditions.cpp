#include "protocols/s3/ops/delete_conditions.hpp"

#include <charconv>

#include "protocols/http/date.hpp"
#include "protocols/s3/wire/object_headers.hpp"

namespace sluice::s3 {
namespace {

s3_result<> add_time(store::conditions& out, std::string_view text) {
    out.if_match_last_modified = http::parse_http_date(text);
    if (!out.if_match_last_modified) out.if_match_last_modified = http::parse_iso_date(text);
    if (!out.if_match_last_modified)
        return invalid_argument("LastModifiedTime", text, "Not a date.");
    return {};
}

s3_result<> add_size(store::conditions& out, std::string_view text) {
    std::uint64_t size = 0;
    auto const* end = text.data() + text.size();
    auto const parsed = std::from_chars(text.data(), end, size);
    if (parsed.ec != std::errc{} || parsed.ptr != end)
        return invalid_argument("Size", text, "Not a size.");
    out.if_match_size = size;
    return {};
}

}  // namespace

s3_result<store::conditions> delete_conditions_of(delete_condition_texts const& texts) {
    store::conditions out;
    if (texts.etag) {
        out.if_match.emplace();
        if (*texts.etag == "*") out.if_match->any = true;
        else out.if_match->etags.push_back(unquoted(*texts.etag));
    }
    if (texts.last_modified)
        if (auto added = add_time(out, *texts.last_modified); !added) return added.error();
    if (texts.size)
        if (auto added = add_size(out, *texts.size); !added) return added.error();
    return out;
}

s3_result<store::conditions> delete_conditions_of(s3_request const& request) {
    auto out = conditions_of(request, unix_millis{});
    if (!out) return out;
    if (out->if_none_match || request.header("if-modified-since") || out->if_unmodified_since)
        return s3_failure(error_code::not_implemented,
                          "A deletion takes If-Match as its condition");
    if (auto const text = request.header("x-amz-if-match-last-modified-time"))
        if (auto added = add_time(*out, *text); !added) return added.error();
    if (auto const text = request.header("x-amz-if-match-size"))
        if (auto added = add_size(*out, *text); !added) return added.error();
    return out;
}

}  // namespace sluice::s3
