// How an operation's object is encrypted: what the request asks for, else what the bucket does by
// default, and the client's key that reads and parts must bring along.
#pragma once

#include "protocols/s3/ops/operation_call.hpp"
#include "protocols/s3/wire/encryption_headers.hpp"

namespace sluice::s3 {

// Of what is written into the request's bucket. `asking`: who carries the headers, the request
// itself or the PutObject that a form stands for. A bucket that is not there has no default: the
// write itself finds out.
task<s3_result<auth::encryption_choice>> choose_encryption(operation_call& call,
                                                           s3_request const& asking);

// What the bucket with these settings does by default.
s3_result<auth::encryption_choice> default_choice(std::string_view settings,
                                                  s3_options const& options);

// The client's key of the object that is read.
s3_result<std::optional<auth::secret_key>> read_key(operation_call const& call,
                                                    keyed_object which = keyed_object::own);

// Ready to be read. For HEAD and its like, which need no bytes, it is only checked that a customer's
// key came where it belongs.
enum class wanted_of_object : std::uint8_t { bytes, description };
s3_result<> unlock(auth::readable_object& object, std::optional<auth::secret_key> const& key,
                   wanted_of_object what);

// For parts and their listing, where the upload was looked up before. A key that was not given is
// fine.
s3_result<> check_upload_key(store::object_attributes const& upload,
                             std::optional<auth::secret_key> const& key);

inline auth::secret_key const* pointer_to(std::optional<auth::secret_key> const& key) noexcept {
    return key ? &*key : nullptr;
}

}  // namespace sluice::s3
