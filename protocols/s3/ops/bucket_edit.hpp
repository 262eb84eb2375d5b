// What operations on a bucket's configuration share: reading it, changing it without losing what
// somebody else changes at the same time, and the bodies and answers they have in common.
#pragma once

#include <functional>

#include "protocols/s3/model/bucket_settings.hpp"
#include "protocols/s3/ops/operation_call.hpp"
#include "protocols/s3/wire/xml_reader.hpp"

namespace sluice::s3 {

// `demanded` where S3 wants a Content-MD5 or a checksum to come with the body.
enum class body_digest : std::uint8_t { optional, demanded };
// The XML body, past its digests, at most `bytes`; 0: s3_options::small_document_bytes.
task<s3_result<xml_element>> read_document(operation_call& call, std::string_view root,
                                           body_digest digest, std::size_t bytes = 0);

// Verb describe.
task<s3_result<bucket_settings>> read_settings(operation_call& call);

// The bucket's, of one that is not there those of a new one: whoever decides says so. Nothing is decided.
task<s3_result<bucket_settings>> known_settings(operation_call& call);
// Whether the bucket has an object lock; one that is not there has none. A lock never goes, so the
// answer holds for what comes after. Nothing is decided.
task<s3_result<bool>> bucket_is_locked(operation_call& call);
// Whether the request bypasses governance; invalid_argument where nothing can be bypassed.
task<s3_result<bool>> bypass_of(operation_call& call);

// Reads (verb describe), edits, writes back (verb alter); again when the bucket was changed in
// between, some times, then operation_aborted. `edit` may run several times.
using settings_edit = std::function<void(bucket_settings&)>;
task<s3_result<answer>> edit_settings(operation_call& call, settings_edit edit, unsigned status);
// The same where the bucket itself has a say in it; its `access` may be edited too.
using checked_edit = std::function<s3_result<>(store::bucket_info&, bucket_settings&)>;
task<s3_result<answer>> edit_bucket(operation_call& call, checked_edit edit, unsigned status);

// Of as many changes at the same time as there are attempts every one gets through: whoever fails
// was overtaken by one that did.
inline constexpr int edit_attempts = 16;

// The answer to a change that is so already (verb alter).
task<s3_result<answer>> confirm_settings(operation_call& call, unsigned status);
// `code`, once the bucket is known to be there (verb describe).
task<s3_result<answer>> answer_absent(operation_call& call, error_code code);

// A configuration that is not there.
s3_failure not_configured(operation_call const& call, error_code code);
// "PutBucketRequestPayment: Payer Requester is not implemented", for a part of a document.
s3_failure part_not_implemented(std::string_view operation, std::string_view part);

}  // namespace sluice::s3
