// XML documents: what is read can be written and read again.
#include "protocols/s3/wire/xml_reader.hpp"
#include "protocols/s3/wire/xml_writer.hpp"
#include "tests/fuzz/fuzz_input.hpp"

using namespace sluice;

namespace {

std::size_t elements_of(s3::xml_element const& element, std::size_t depth) {
    fuzz::expect(depth <= 8);
    std::size_t count = 1;
    for (auto const& child : element.children) count += elements_of(child, depth + 1);
    return count;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    auto const text = fuzz::text_of(data, size);
    s3::xml_limits const limits{8 * 1024, 100, 8};
    auto const root = s3::parse_xml(text, "Delete", limits);
    if (!root) return 0;
    fuzz::expect(root->name == "Delete" && size <= limits.bytes);
    fuzz::expect(elements_of(*root, 1) <= 2 * limits.elements + 2);
    for (auto const& child : root->children) {
        if (!child.children.empty()) continue;
        auto out = s3::xml_writer::plain("R");
        out.element("T", child.text);
        auto const again = s3::parse_xml(std::move(out).finish(), "R");
        // White space alone is kept only where something else stands beside it.
        if (child.text.find_first_not_of(" \t\r\n") == std::string::npos) continue;
        fuzz::expect(again && again->text_of("T") == child.text);
    }
    return 0;
}
