// Kafka requests of every API and version: what is decoded means the same when it is written again.
#include "tests/fuzz/fuzz_input.hpp"
#include "protocols/kafka/wire/frame.hpp"
#include "tests/integration/kafka/kafka_messages.hpp"

using namespace sluice;
using namespace sluice::kafka;

namespace {

constexpr std::size_t elements = 1000;

std::string flat(wire_writer const& out) {
    std::string bytes;
    for (auto const& piece : out.pieces()) bytes.append(piece.bytes);
    return bytes;
}

template <auto Decode>
void decode_twice(std::string_view body, int version) {
    wire_reader in(body, elements);
    auto const first = Decode(in, version);
    if (first.has_error()) return;
    wire_writer out;
    encode(out, *first, version);
    auto const bytes = flat(out);
    wire_reader again(bytes, elements);
    auto const second = Decode(again, version);
    fuzz::expect(second.has_value());
    fuzz::expect(*second == *first);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    auto const request = parse_request(fuzz::text_of(data, size));
    if (request.has_error()) return 0;
    auto const& header = request->header;
    auto const* row = find_api(header.key);
    if (row == nullptr || !row->serves(header.version)) {
        fuzz::expect(request->body.empty());
        return 0;
    }
    fuzz::expect(!response_head(header, 0).empty());
    switch (header.key) {
#define SLUICE_KAFKA_API(number, name, ...)                                   \
    case number:                                                              \
        decode_twice<decode_##name##_request>(request->body, header.version); \
        break;
#include "protocols/kafka/schema/api_table.inc"
#undef SLUICE_KAFKA_API
    }
    return 0;
}
