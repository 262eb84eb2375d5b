#include <algorithm>

#include "protocols/s3/ops/handlers.hpp"
#include "protocols/s3/ops/listing.hpp"

namespace sluice::s3 {
namespace {

std::string_view last_entry(store::list_page const& page) {
    std::string_view last;
    if (!page.objects.empty()) last = page.objects.back().key;
    if (!page.common_prefixes.empty()) last = std::max<std::string_view>(last, page.common_prefixes.back());
    return last;
}

// A page may end early, behind many deleted keys. Where these lie below a common prefix that is not listed yet a
// marker cannot say so: then it ends with its last entry, or goes on when it has none.
task<s3_result<store::list_page>> page_behind(operation_call& call, listing_request const& wanted,
                                              std::string_view marker) {
    auto after = position_behind(marker, wanted.prefix, wanted.delimiter);
    while (true) {
        auto page = co_await list_page_of(call, wanted, std::move(after));
        if (!page || !page->truncated) co_return page;
        auto const behind = position_behind(page->next_after, wanted.prefix, wanted.delimiter);
        auto const last = last_entry(*page);
        if (behind == page->next_after || behind == last) co_return page;
        if (last.empty()) {
            after = page->next_after;
            continue;
        }
        page->next_after = last;
        co_return page;
    }
}

}  // namespace

task<s3_result<answer>> ops::list_objects(operation_call& call) {
    auto const wanted = listing_of(call);
    if (!wanted) co_return wanted.error();
    std::string const marker(call.request.parameter("marker").value_or(""));
    auto const page = co_await page_behind(call, *wanted, marker);
    if (!page) co_return page.error();
    auto const owners = co_await object_owners::of(call);
    if (!owners) co_return owners.error();

    auto const& spell = wanted->spell;
    xml_writer out("ListBucketResult");
    out.element("Name", call.request.bucket()).element("Prefix", spell(wanted->prefix));
    out.element("Marker", spell(marker));
    // Without a delimiter clients continue from the last key they saw, if they saw one.
    if (page->truncated && (!wanted->delimiter.empty() || page->objects.empty()))
        out.element("NextMarker", spell(page->next_after));
    out.element("MaxKeys", wanted->max_keys);
    if (!wanted->delimiter.empty()) out.element("Delimiter", spell(wanted->delimiter));
    out.element("IsTruncated", page->truncated);
    if (spell.encoded()) out.element("EncodingType", "url");
    // Strangers are not told whose objects they are.
    write_entries(out, *page, *wanted, call.who.is_anonymous() ? nullptr : &*owners);
    co_return listing_answer(call, std::move(out));
}

}  // namespace sluice::s3
