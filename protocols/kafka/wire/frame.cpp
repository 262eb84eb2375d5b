#include "protocols/kafka/wire/frame.hpp"

#include <algorithm>
#include <cstring>

#include "gateway/core/assert.hpp"
#include "protocols/kafka/wire/primitives.hpp"

namespace sluice::kafka {
namespace {

constexpr std::size_t first_room = 4 * kibibyte;
// Tagged fields of a request header; none is defined.
constexpr std::size_t header_tags = 64;

}  // namespace

void frame_buffer::grow(std::size_t capacity) {
    auto larger = std::make_unique_for_overwrite<char[]>(capacity);
    if (end_ > begin_) std::memcpy(larger.get(), bytes_.get() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
    bytes_ = std::move(larger);
    capacity_ = capacity;
}

byte_span frame_buffer::room() {
    auto const held = end_ - begin_;
    auto const wanted = std::max(wanted_, held + 1);
    if (begin_ == end_) begin_ = end_ = 0;
    if (begin_ + wanted > capacity_ || end_ == capacity_) {
        // At most twice what is there already.
        auto const next = std::max(first_room, 2 * held);
        if (capacity_ < std::min(wanted, next) || (begin_ == 0 && end_ == capacity_)) {
            grow(std::max(std::min(std::max(wanted, first_room), next), held + 1));
        } else if (begin_ > 0) {
            std::memmove(bytes_.get(), bytes_.get() + begin_, held);
            begin_ = 0;
            end_ = held;
        }
    }
    SLUICE_ASSERT(end_ < capacity_);
    return {reinterpret_cast<std::byte*>(bytes_.get()) + end_, capacity_ - end_};
}

result<std::optional<std::string_view>> frame_buffer::next(std::size_t most) noexcept {
    using outcome = std::optional<std::string_view>;
    auto const held = end_ - begin_;
    if (held < frame_prefix_bytes) return outcome{};
    auto const length = load_big<std::int32_t>(bytes_.get() + begin_);
    if (length < 0) return failure{error::malformed, "a frame of negative length"};
    auto const size = static_cast<std::size_t>(length);
    if (size > most)
        return failure{error::too_large, "a frame of " + std::to_string(size) + " bytes"};
    wanted_ = size + frame_prefix_bytes;
    if (held < wanted_) return outcome{};
    return outcome{std::string_view(bytes_.get() + begin_ + frame_prefix_bytes, size)};
}

void frame_buffer::consume() noexcept {
    SLUICE_ASSERT(wanted_ >= frame_prefix_bytes && end_ - begin_ >= wanted_);
    begin_ += wanted_;
    wanted_ = 0;
    if (begin_ == end_) begin_ = end_ = 0;
}

void frame_buffer::rest() noexcept {
    if (!empty() || !is_large()) return;
    bytes_.reset();
    capacity_ = begin_ = end_ = 0;
}

result<request_frame> parse_request(std::string_view frame) {
    wire_reader in(frame, header_tags);
    request_frame out;
    out.header.key = in.integer<std::int16_t>();
    out.header.version = in.integer<std::int16_t>();
    out.header.correlation_id = in.integer<std::int32_t>();
    auto const* row = find_api(out.header.key);
    bool const known = row != nullptr && row->serves(out.header.version);
    auto client_id = in.string(false, true);
    if (known && row->is_flexible(out.header.version))
        for (auto left = in.tag_count(); left > 0 && in.ok(); --left) in.skip_tag(in.next_tag());
    if (!in.ok()) return failure{error::malformed, "the header of a request"};
    out.header.client_id = std::move(client_id).value_or("");
    if (known) out.body = frame.substr(frame.size() - in.remaining());
    return out;
}

std::string response_head(request_header const& request, std::size_t body_bytes) {
    auto const* row = find_api(request.key);
    bool const tagged =
        row != nullptr && row->is_flexible(request.version) && request.key != api_key::api_versions;
    std::string out;
    byte_writer writer(out);
    auto const length = sizeof(std::int32_t) + (tagged ? 1 : 0) + body_bytes;
    writer.big(static_cast<std::int32_t>(length)).big(request.correlation_id);
    if (tagged) writer.varint(0);
    return out;
}

}  // namespace sluice::kafka
