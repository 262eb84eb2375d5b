// What operations share that make or show access lists: what a request asks for with its grantees looked
// up, a bucket's own part in it, and the document that shows a list.
#pragma once

#include "auth/policy/access_list.hpp"
#include "protocols/s3/model/bucket_settings.hpp"
#include "protocols/s3/ops/operation_call.hpp"
#include "protocols/s3/wire/access_document.hpp"

namespace sluice::s3 {

// invalid_argument: no such id or group; unresolvable_grant: no such e-mail address.
enum class grant_form : std::uint8_t { document, header };
s3_result<auth::access_grants> resolved(auth::guard const& guard,
                                        std::vector<named_grant> const& named,
                                        grant_form form);
// By header, of the object or bucket that is made.
s3_result<auth::access_choice> access_choice_of(operation_call const& call,
                                                s3_request const& request, access_subject about);

// "ObjectWriter"; nullopt where lists do not count. invalid_argument: no such ownership.
s3_result<std::optional<auth::bucket_access::ownership>> ownership_named(std::string_view text);
std::string_view name_of(auth::bucket_access::ownership which) noexcept;
inline constexpr std::string_view enforced_ownership = "BucketOwnerEnforced";

// What the bucket says of public lists, as the guard has it.
void bound_by(std::optional<public_access_block> const& block, auth::bucket_access& access);

xml_writer access_answer(auth::guard const& guard, auth::access_list const& list);

}  // namespace sluice::s3
