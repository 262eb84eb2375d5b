// Between the headers of server-side encryption and what the guard understands (S3 user guide,
// "Protecting data with server-side encryption"): AES256 (the server's key), aws:kms (a key by
// name), and keys that clients send along with every request (SSE-C). Pure, thread-safe.
#pragma once

#include <optional>
#include <string>

#include "auth/guard/caller.hpp"
#include "auth/guard/encryption.hpp"
#include "protocols/http/response.hpp"
#include "protocols/s3/s3_options.hpp"
#include "protocols/s3/s3_request.hpp"

namespace sluice::s3 {

// Keys may travel: over TLS, and to the machine itself.
bool carries_keys(auth::connection_facts const& connection) noexcept;

// The client's own key for the request's object, or for the source of a copy. invalid_argument for
// headers that do not make one, invalid_request over a connection that others can read.
enum class keyed_object : std::uint8_t { own, copy_source };
s3_result<std::optional<auth::secret_key>> customer_key_of(s3_request const& request,
                                                           auth::connection_facts const& connection,
                                                           keyed_object which = keyed_object::own);

struct asked_encryption {
    auth::encryption_choice choice;
    bool says_bucket_key = false;  // x-amz-server-side-encryption-bucket-key-enabled is there
};
// What a write asks for; nothing: it says nothing.
s3_result<std::optional<asked_encryption>> encryption_of(s3_request const& request,
                                                         auth::connection_facts const& connection,
                                                         s3_options const& options);

// "name", "alias/name" or the ARN of either, as a client names a key. not_found: an ARN of another
// region or account.
s3_result<std::string> key_id_named(std::string_view text, s3_options const& options);
std::string key_arn(std::string_view id, s3_options const& options);

// How the object is stored. `customer`: the key that the request gave.
void set_encryption_headers(http::response_head& head, auth::encryption_facts const& facts,
                            s3_options const& options, auth::secret_key const* customer);
// The same from the attributes of an object or upload; what does not parse shows nothing.
void set_encryption_headers(http::response_head& head, std::string const& stored,
                            s3_options const& options, auth::secret_key const* customer);

// Said again to whoever wrote with it.
void set_context_header(http::response_head& head, auth::encryption_choice const& choice);

// An ETag that is no MD5 of the bytes.
inline bool hides_digest(auth::encryption_kind kind) noexcept {
    return kind == auth::encryption_kind::named_key || kind == auth::encryption_kind::customer_key;
}

}  // namespace sluice::s3
