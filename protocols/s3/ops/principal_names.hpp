// How S3 shows principals: a canonical user id of 64 hex digits. Pure.
#pragma once

#include <string>

#include "gateway/core/ids.hpp"
#include "protocols/s3/wire/xml_writer.hpp"

namespace sluice::s3 {

std::string canonical_id(principal_id id);
void write_principal(xml_writer& out, std::string_view element, principal_id id);

}  // namespace sluice::s3
