#include "protocols/postgres/wire/messages.hpp"

#include "gateway/core/assert.hpp"

namespace sluice::postgres {

result<frame_header> read_frame_header(std::string_view five_bytes, frame_limits const& limits) {
    SLUICE_ASSERT(five_bytes.size() >= frame_header_bytes);
    frame_header out;
    out.letter = five_bytes[0];
    auto const* row = frontend_row(out.letter);
    if (row == nullptr)
        return failure{error::unsupported,
                       "message type " + std::to_string(static_cast<unsigned char>(out.letter))};
    auto const length = load_big<std::int32_t>(five_bytes.data() + 1);
    if (length < 4) return failure{error::malformed, "invalid message length"};
    out.body_bytes = static_cast<std::size_t>(length) - 4;
    auto const most = row->size == size_class::small ? limits.small_bytes : limits.large_bytes;
    if (out.body_bytes > most)
        return failure{error::too_large, "message of " + std::to_string(out.body_bytes) +
                                             " bytes, the limit is " + std::to_string(most)};
    return out;
}

}  // namespace sluice::postgres
