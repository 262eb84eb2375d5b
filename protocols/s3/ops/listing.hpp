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

// Contents and CommonPrefixes. `owner`: null writes none.
void write_entries(xml_writer& out, store::list_page const& page, listing_request const& wanted,
                   auth::principal_label const* owner);

// The owner of all objects of the bucket, which is the bucket's.
task<s3_result<auth::principal_label>> owner_of(operation_call& call);

}  // namespace sluice::s3
