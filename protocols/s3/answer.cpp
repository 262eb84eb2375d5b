#include "protocols/s3/answer.hpp"

namespace sluice::s3 {

answer empty_answer(unsigned status) {
    answer out;
    out.head.status = status;
    return out;
}

answer xml_answer(xml_writer document) {
    answer out;
    out.head.set("Content-Type", "application/xml");
    out.text = std::move(document).finish();
    out.length = out.text.size();
    return out;
}

answer error_answer(s3_failure const& what, std::string_view resource,
                    std::string_view request_id) {
    auto const& row = row_of(what.code);
    auto document = xml_writer::plain("Error");
    document.element("Code", row.code);
    document.element("Message",
                     what.message.empty() ? row.message : std::string_view(what.message));
    for (auto const& [name, value] : what.details) document.element(name, value);
    document.element("Resource", resource)
        .element("RequestId", request_id)
        .element("HostId", request_id);
    auto out = xml_answer(std::move(document));
    out.head.status = row.status;
    for (auto const& [name, value] : what.headers) out.head.set(name, value);
    return out;
}

}  // namespace sluice::s3
