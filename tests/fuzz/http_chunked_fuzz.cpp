// The chunked transfer encoding: cut anywhere, the same bytes mean the same.
#include <string>

#include "protocols/http/chunked_decoder.hpp"
#include "tests/fuzz/fuzz_input.hpp"

using namespace sluice;

namespace {

struct outcome {
    std::string payload;
    bool refused = false;
    bool finished = false;
    bool operator==(outcome const&) const = default;
};

outcome decode(std::string_view bytes, std::size_t piece) {
    http::http_options limits;
    limits.chunk_line_bytes = 64;
    limits.trailer_bytes = 256;
    http::chunked_decoder decoder(limits);
    outcome out;
    while (!bytes.empty() && !decoder.finished()) {
        auto const shown = bytes.substr(0, piece);
        auto const step = decoder.decode(shown);
        if (!step) {
            out.refused = true;
            return out;
        }
        fuzz::expect(step->consumed != 0 && step->consumed <= shown.size());
        fuzz::expect(step->payload.size() <= step->consumed);
        out.payload.append(step->payload);
        bytes.remove_prefix(step->consumed);
    }
    out.finished = decoder.finished();
    return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    auto const bytes = fuzz::text_of(data, size);
    auto const whole = decode(bytes, SIZE_MAX);
    for (std::size_t piece : {1, 2, 7}) {
        auto const cut = decode(bytes, piece);
        // A line that is too long may be refused earlier when it is seen whole: the verdict is the
        // same.
        fuzz::expect(cut == whole);
    }
    return 0;
}
