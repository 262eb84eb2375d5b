// What the two versions of ListObjects share: the entries of a page, and the bucket's owner.
#pragma once

#include "protocols/s3/ops/list_parameters.hpp"
#include "protocols/s3/ops/operation_call.hpp"

namespace sluice::s3 {

struct listing_request {
    std::string prefix;
    std::string delimiter;
    std::uint32_t max_keys = 0;
    key_spelling spell;
    bool with_owner = false;
    std::optional<unix_millis> restored_at;  // RestoreStatus is asked for, as of then
};
s3_result<listing_request> listing_of(operation_call const& call);

// A page after `after`; with max_keys 0 an empty one, of a bucket that exists.
task<s3_result<store::list_page>> list_page_of(operation_call& call, listing_request const& wanted,
                                               std::string after);

// Who owns the objects of a page: the bucket's owner, but where access lists count.
class object_owners {
public:
    // The bucket as whoever may list it sees it.
    static task<s3_result<object_owners>> of(operation_call& call);
    // Corrupt lists are the bucket owner's to see.
    auth::principal_label of(store::object_stat const& object) const;

private:
    auth::guard const* guard_ = nullptr;
    store::bucket_info bucket_;
    auth::principal_label bucket_owner_;
};

// Contents and CommonPrefixes. `owners`: null writes none.
void write_entries(xml_writer& out, store::list_page const& page, listing_request const& wanted,
                   object_owners const* owners);

// With the region of the bucket, as S3 tells it beside what it lists.
answer listing_answer(operation_call const& call, xml_writer out);

}  // namespace sluice::s3
