#include "protocols/s3/ops/handlers.hpp"
#include "protocols/s3/ops/listing.hpp"

namespace sluice::s3 {

task<s3_result<answer>> ops::list_objects_v2(operation_call& call) {
    auto const wanted = listing_of(call);
    if (!wanted) co_return wanted.error();
    auto const fetch_owner = call.request.parameter("fetch-owner").value_or("false");
    if (fetch_owner != "true" && fetch_owner != "false")
        co_return invalid_argument("fetch-owner", fetch_owner, "fetch-owner must be true or false");
    auto const scope = token_scope(call.request.bucket(), wanted->prefix, wanted->delimiter);
    std::string const start_after(call.request.parameter("start-after").value_or(""));
    auto after = position_behind(start_after, wanted->prefix, wanted->delimiter);
    auto const token = call.request.parameter("continuation-token");
    if (token) {
        auto position = read_token(scope, *token);
        if (!position) co_return position.error();
        after = *std::move(position);
    }
    auto const page = co_await list_page_of(call, *wanted, after);
    if (!page) co_return page.error();
    bool const with_owner = fetch_owner == "true";
    s3_result<object_owners> owners = object_owners{};
    if (with_owner) owners = co_await object_owners::of(call);
    if (!owners) co_return owners.error();

    auto const& spell = wanted->spell;
    xml_writer out("ListBucketResult");
    out.element("Name", call.request.bucket()).element("Prefix", spell(wanted->prefix));
    if (!wanted->delimiter.empty()) out.element("Delimiter", spell(wanted->delimiter));
    if (!start_after.empty()) out.element("StartAfter", spell(start_after));
    if (token) out.element("ContinuationToken", *token);
    if (page->truncated) out.element("NextContinuationToken", make_token(scope, page->next_after));
    out.element("KeyCount", std::uint64_t{page->objects.size() + page->common_prefixes.size()});
    out.element("MaxKeys", wanted->max_keys).element("IsTruncated", page->truncated);
    if (spell.encoded()) out.element("EncodingType", "url");
    write_entries(out, *page, *wanted, with_owner ? &*owners : nullptr);
    co_return listing_answer(call, std::move(out));
}

}  // namespace sluice::s3
