#include "protocols/http/date.hpp"
#include "protocols/s3/ops/handlers.hpp"
#include "protocols/s3/ops/list_parameters.hpp"
#include "protocols/s3/ops/principal_names.hpp"

namespace sluice::s3 {
namespace {

struct list_buckets_request {
    std::string prefix;
    std::string after;
    std::uint32_t max_buckets = 0;
    bool paged = false;  // the client asked for pages
    bool other_region = false;
};

constexpr std::string_view scope = "buckets";

s3_result<list_buckets_request> decode(operation_call const& call) {
    list_buckets_request wanted;
    wanted.prefix = call.request.parameter("prefix").value_or("");
    if (auto const token = call.request.parameter("continuation-token"); token && !token->empty()) {
        auto position = read_token(scope, *token);
        if (!position) return position.error();
        wanted.after = *std::move(position);
    }
    auto const asked = call.request.parameter("max-buckets").value_or("");
    if (asked.size() > 5 || (asked.size() == 5 && asked > "10000"))
        return invalid_argument("max-buckets", asked,
                                "Argument max-buckets must be an integer between 1 and 10000");
    auto const size = page_size(call.request, "max-buckets", call.options.bucket_page,
                                call.options.bucket_page, 1);
    if (!size) return size.error();
    wanted.max_buckets = *size;
    wanted.paged = call.request.has_query("max-buckets");
    if (auto const region = call.request.parameter("bucket-region"))
        wanted.other_region = *region != call.options.region;
    return wanted;
}

}  // namespace

task<s3_result<answer>> ops::list_buckets(operation_call& call) {
    auto const wanted = decode(call);
    if (!wanted) co_return wanted.error();
    xml_writer out("ListAllMyBucketsResult");
    write_principal(out, "Owner", call.guard.label_of(call.who.id()));
    out.open("Buckets");
    std::string after = wanted->after;
    std::uint32_t left = wanted->other_region ? 0 : wanted->max_buckets;
    bool truncated = false;
    // A page of the store may be smaller than one of S3.
    while (left != 0) {
        auth::guarded_buckets::list_request request{wanted->prefix, after, left};
        auto page = co_await call.buckets.list(call.who, std::move(request));
        if (!page) co_return to_s3(page.error(), subject::bucket);
        for (auto const& bucket : page->buckets) {
            out.open("Bucket").element("Name", bucket.name);
            out.element("CreationDate", http::iso_date(bucket.created));
            if (wanted->paged) out.element("BucketRegion", call.options.region);
            out.close();
        }
        truncated = page->truncated && !page->buckets.empty();
        left -= std::min<std::uint32_t>(left, static_cast<std::uint32_t>(page->buckets.size()));
        if (!truncated) break;
        after = page->buckets.back().name;
    }
    out.close();
    if (truncated) out.element("ContinuationToken", make_token(scope, after));
    if (!wanted->prefix.empty()) out.element("Prefix", wanted->prefix);
    co_return xml_answer(std::move(out));
}

}  // namespace sluice::s3
