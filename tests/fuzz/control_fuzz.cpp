// What comes over the control socket: frames cut out within their limit, requests and replies that
// write back to what they were read from.
#include "gateway/admin/control_codec.hpp"
#include "tests/fuzz/fuzz_input.hpp"

using namespace sluice;
using namespace sluice::gateway;

namespace {

constexpr std::size_t frame_limit = 4096;

template <class Message, class Decode>
void expect_itself(Message const& message, Decode decode) {
    frame_decoder frames(1 << 20);
    frames.feed(encode(message));
    auto const json = frames.next();
    fuzz::expect(json.has_value() && json->has_value());
    auto const again = decode(**json);
    fuzz::expect(again.has_value() && *again == message);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    auto rest = fuzz::text_of(data, size);
    if (auto const request = decode_request(rest)) expect_itself(*request, decode_request);
    if (auto const reply = decode_reply(rest)) expect_itself(*reply, decode_reply);
    frame_decoder frames(frame_limit);
    while (!rest.empty()) {
        auto const some = rest.substr(0, frames.wanted());
        fuzz::expect(!some.empty());
        frames.feed(some);
        rest.remove_prefix(some.size());
        auto const frame = frames.next();
        if (frame.has_error()) return 0;
        if (*frame) fuzz::expect((*frame)->size() <= frame_limit);
    }
    return 0;
}
