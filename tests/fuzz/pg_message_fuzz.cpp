// Messages of a client: header, limits, decoder of the letter. What decodes encodes to the same
// bytes, so that nothing is read and forgotten.
#include "protocols/postgres/wire/messages.hpp"
#include "tests/fuzz/fuzz_input.hpp"

using namespace sluice;
using namespace sluice::postgres;

namespace {

template <class Message>
void check(frame_header const& header, std::string_view whole) {
    if (header.letter != Message::letter) return;
    auto const decoded = decode<Message>(whole.substr(frame_header_bytes));
    if (decoded.has_error()) return;
    std::string again;
    append_message(again, *decoded);
    fuzz::expect(again == whole);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    auto bytes = fuzz::text_of(data, size);
    frame_limits const limits{1'000, 100'000};
    while (bytes.size() >= frame_header_bytes) {
        auto const header = read_frame_header(bytes, limits);
        if (header.has_error()) return 0;
        fuzz::expect(header->body_bytes <= limits.large_bytes);
        auto const length = frame_header_bytes + header->body_bytes;
        if (length > bytes.size()) return 0;
        auto const whole = bytes.substr(0, length);
#define PG_MESSAGE(sent_by, name, letter, size) \
    if (side::sent_by != side::backend) check<name##_message>(*header, whole);
#define PG_TAG(value)
#define PG_FIELD(kind, name)
#define PG_END(name)
#include "protocols/postgres/wire/messages.def"
#undef PG_MESSAGE
#undef PG_TAG
#undef PG_FIELD
#undef PG_END
        bytes.remove_prefix(length);
    }
    return 0;
}
