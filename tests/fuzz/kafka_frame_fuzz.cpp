// Frames cut anywhere: the same frames come out however the bytes arrive, and memory follows what
// came. The first byte says how many bytes arrive at a time.
#include <algorithm>
#include <cstring>
#include <vector>

#include "protocols/kafka/wire/frame.hpp"
#include "tests/fuzz/fuzz_input.hpp"

using namespace sluice;
using namespace sluice::kafka;

namespace {

constexpr std::size_t most = 4096;
constexpr std::size_t slack = 16 * 1024;

std::vector<std::string> frames_of(std::string_view bytes, std::size_t step, bool& refused) {
    std::vector<std::string> out;
    frame_buffer buffer(1024);
    for (;;) {
        auto const frame = buffer.next(most);
        refused = frame.has_error();
        if (refused) return out;
        if (*frame) {
            out.emplace_back(**frame);
            buffer.consume();
            continue;
        }
        if (bytes.empty()) return out;
        auto const room = buffer.room();
        fuzz::expect(!room.empty());
        fuzz::expect(buffer.capacity() <= 2 * most + slack);
        auto const taken = std::min({step, room.size(), bytes.size()});
        std::memcpy(room.data(), bytes.data(), taken);
        buffer.arrived(taken);
        bytes.remove_prefix(taken);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    auto bytes = fuzz::text_of(data, size);
    if (bytes.empty()) return 0;
    auto const step = static_cast<std::size_t>(static_cast<unsigned char>(bytes[0])) + 1;
    bytes.remove_prefix(1);
    bool refused_at_once = false, refused_in_steps = false;
    auto const at_once = frames_of(bytes, bytes.size() + 1, refused_at_once);
    auto const in_steps = frames_of(bytes, step, refused_in_steps);
    fuzz::expect(at_once == in_steps);
    fuzz::expect(refused_at_once == refused_in_steps);
    for (auto const& frame : at_once) fuzz::expect(frame.size() <= most);
    return 0;
}
