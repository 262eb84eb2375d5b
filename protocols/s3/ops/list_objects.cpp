#include "protocols/s3/ops/handlers.hpp"
#include "protocols/s3/ops/listing.hpp"

namespace sluice::s3 {

task<s3_result<answer>> ops::list_objects(operation_call& call) {
    auto const wanted = listing_of(call);
    if (!wanted) co_return wanted.error();
    std::string const marker(call.request.parameter("marker").value_or(""));
    auto const page = co_await list_page_of(call, *wanted, marker);
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
