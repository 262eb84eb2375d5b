// The aws-chunked encoding, unsigned: cut anywhere or read past the decoder, the same bytes mean
// the same.
#include <string>

#include "protocols/s3/wire/aws_chunked_decoder.hpp"
#include "tests/fuzz/fuzz_input.hpp"

using namespace sluice;

namespace {

struct outcome {
    std::string payload;
    bool refused = false;
    bool finished = false;
    bool operator==(outcome const&) const = default;
};

outcome decode(std::string_view bytes, std::size_t piece, bool bypass) {
    s3::aws_chunked_options options;
    options.decoded_length = 64;
    options.trailer_expected = true;
    options.line_bytes = 64;
    options.trailer_bytes = 256;
    options.smallest_chunk = 4;
    s3::aws_chunked_decoder decoder(options, nullptr);
    outcome out;
    while (!bytes.empty() && !decoder.finished()) {
        if (bypass && decoder.payload_left() != 0) {
            auto const direct = bytes.substr(0, decoder.payload_left());
            decoder.took(direct);
            out.payload.append(direct);
            bytes.remove_prefix(direct.size());
            continue;
        }
        auto const shown = bytes.substr(0, piece);
        auto const step = decoder.decode(shown);
        if (!step) {
            out.refused = true;
            return out;
        }
        fuzz::expect(step->consumed != 0 && step->consumed <= shown.size());
        out.payload.append(step->payload);
        bytes.remove_prefix(step->consumed);
    }
    out.finished = decoder.finished();
    fuzz::expect(out.payload.size() <= options.decoded_length);
    fuzz::expect(!out.finished || out.payload.size() == options.decoded_length);
    return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    auto const bytes = fuzz::text_of(data, size);
    auto const whole = decode(bytes, SIZE_MAX, false);
    fuzz::expect(decode(bytes, 1, false) == whole);
    fuzz::expect(decode(bytes, 5, false) == whole);
    fuzz::expect(decode(bytes, SIZE_MAX, true) == whole);
    return 0;
}
