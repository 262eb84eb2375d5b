// What a multipart upload was created for besides its metadata: the checksum of its object. Kept in
// the upload's attributes (extra), never shown to clients by that name. Also the text form of
// upload ids. Pure.
#pragma once

#include <optional>
#include <string>

#include "auth/guard/guarded_uploads.hpp"
#include "protocols/s3/s3_request.hpp"
#include "protocols/s3/wire/checksum_names.hpp"

namespace sluice::s3 {

struct upload_settings {
    store::checksum_algorithm algorithm = store::checksum_algorithm::crc64nvme;
    store::checksum_scope scope = store::checksum_scope::full_object;
    bool chosen = false;  // by the client; else S3's default
};

// From x-amz-checksum-algorithm and -type; invalid_request for a pair that S3 does not have.
s3_result<upload_settings> upload_settings_of(s3_request const& request);

void keep(upload_settings const& settings, store::object_attributes& attributes);
upload_settings kept_settings(store::object_attributes const& attributes);
// The finished object does not carry them on.
void drop_settings(store::object_attributes& attributes);

std::string upload_id_text(store::upload_id id);
std::optional<store::upload_id> parse_upload_id(std::string_view text) noexcept;
// no_such_upload for texts that are no id.
s3_result<auth::guarded_uploads::name> upload_named(s3_request const& request);

// invalid_argument unless 1 to `most`.
s3_result<std::uint32_t> part_number_of(s3_request const& request, std::uint32_t most);

}  // namespace sluice::s3
