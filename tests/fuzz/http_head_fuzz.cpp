// Request heads: whatever is accepted has one meaning.
#include "protocols/http/head_parser.hpp"
#include "tests/fuzz/fuzz_input.hpp"

using namespace sluice;

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    auto const bytes = fuzz::text_of(data, size);
    http::http_options limits;
    limits.request_line_bytes = 1024;
    limits.head_bytes = 8 * 1024;
    limits.header_count = 32;
    auto const end = http::find_head_end(bytes, 0);
    // Looking again from anywhere before finds the same end.
    if (end && *end > 8)
        fuzz::expect(http::find_head_end(bytes, *end / 2) == end || *end / 2 + 1 >= *end);
    auto const text = end ? bytes.substr(0, *end) : bytes;
    auto const head = http::parse_head(std::string(text), limits);
    if (!head) {
        fuzz::expect(head.error().status >= 400 && head.error().status < 600);
        return 0;
    }
    fuzz::expect(end.has_value());
    fuzz::expect(head->headers.size() <= limits.header_count);
    fuzz::expect(head->path.starts_with('/') || head->path == "*");
    fuzz::expect(head->count("content-length") <= 1 && head->count("host") <= 1);
    fuzz::expect(head->count("content-length") + head->count("transfer-encoding") <= 1);
    fuzz::expect((head->framing == http::body_framing::chunked) ==
                 (head->count("transfer-encoding") == 1));
    for (auto const& field : head->headers) {
        fuzz::expect(field.value.find_first_of(std::string_view("\r\n\0", 3)) ==
                     std::string_view::npos);
        fuzz::expect(!field.name.empty() &&
                     field.name.find_first_of(" \t:") == std::string_view::npos);
    }
    return 0;
}
