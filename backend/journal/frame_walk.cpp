#include "backend/journal/frame_walk.hpp"

#include <algorithm>

namespace sluice::journal {
namespace {

// Room for the largest frame wherever it starts in a block.
constexpr std::size_t window_capacity = 4 * mebibyte;
static_assert(window_capacity >= body_bytes_limit + 3 * flash::block_bytes);

}  // namespace

frame_walk::frame_walk(frame_seeds const& seeds, subject what)
    : seeds_(seeds),
      subject_(what),
      window_(window_capacity) {}

result<const_byte_span> frame_walk::load(std::uint64_t offset, std::size_t length,
                                         blocking_token token) {
    if (offset >= subject_.end) return const_byte_span{};
    length = std::min<std::uint64_t>(length, subject_.end - offset);
    if (offset < window_at_ || offset + length > window_at_ + window_bytes_) {
        window_at_ = align_down(offset, flash::block_bytes);
        window_bytes_ = 0;
        auto const end = align_up(subject_.end, flash::block_bytes);
        auto const bytes = std::min<std::uint64_t>(window_capacity, end - window_at_);
        SLUICE_CHECK(subject_.file->read(window_at_, window_.span(0, bytes), token));
        window_bytes_ = bytes;
    }
    return const_byte_span{window_.data() + (offset - window_at_), length};
}

result<std::optional<walked_frame>> frame_walk::look(blocking_token token) {
    SLUICE_TRY(auto head, load(offset_, frame_head_bytes + 4 * maximum_chunks, token));
    auto const seed = seeds_.at(subject_.incarnation, offset_);
    auto const decoded = decode_frame_header(head, seed, subject_.where);
    if (!decoded) return std::optional<walked_frame>{};
    walked_frame found{decoded->header, decoded->crc, offset_, {}, false};
    auto const body_at = offset_ + found.header.body_offset;
    SLUICE_TRY(auto body, load(body_at, found.header.body_length, token));
    found.body_is_good =
        body.size() == found.header.body_length && chunks_match(body, found.header);
    found.body = as_chars(body);
    return std::optional<walked_frame>{found};
}

void frame_walk::step_over(walked_frame const& frame) noexcept {
    offset_ = end_of_frame(subject_.where, frame.offset, frame.header);
}

bool frame_walk::skip_block() noexcept {
    offset_ = align_down(offset_, flash::block_bytes) + flash::block_bytes;
    return !at_end();
}

}  // namespace sluice::journal
