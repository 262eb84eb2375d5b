#include "protocols/s3/ops/principal_names.hpp"

#include <fmt/format.h>

namespace sluice::s3 {

std::string canonical_id(principal_id id) {
    return fmt::format("{:064x}", to_underlying(id));
}

void write_principal(xml_writer& out, std::string_view element, principal_id id) {
    out.open(element).element("ID", canonical_id(id)).close();
}

}  // namespace sluice::s3
