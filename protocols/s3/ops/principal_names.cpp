#include "protocols/s3/ops/principal_names.hpp"

namespace sluice::s3 {

void write_principal(xml_writer& out, std::string_view element, auth::principal_label const& who) {
    out.open(element).element("ID", who.canonical_id);
    if (!who.display_name.empty()) out.element("DisplayName", who.display_name);
    out.close();
}

}  // namespace sluice::s3
