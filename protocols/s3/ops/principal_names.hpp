// How S3 shows principals: <Owner><ID>..</ID><DisplayName>..</DisplayName></Owner>. Pure.
#pragma once

#include <string_view>

#include "auth/guard/principal_label.hpp"
#include "protocols/s3/wire/xml_writer.hpp"

namespace sluice::s3 {

void write_principal(xml_writer& out, std::string_view element, auth::principal_label const& who);

}  // namespace sluice::s3
