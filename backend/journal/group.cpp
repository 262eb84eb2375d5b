#include "backend/journal/group.hpp"

#include <cstring>

#include "backend/flash/device.hpp"
#include "gateway/core/assert.hpp"

namespace sluice::journal {

group_layout::group_layout(frame_seeds const& seeds, group_place const& place, lsn durable,
                           byte_span buffer) noexcept
    : seeds_(seeds),
      place_(place),
      durable_(durable),
      buffer_(buffer),
      last_crc_(place.predecessor) {
    SLUICE_ASSERT(place.offset % flash::block_bytes == 0);
}

std::byte* group_layout::begin_frame(frame_header& header, std::size_t body_length) noexcept {
    SLUICE_ASSERT(body_length <= body_bytes_limit);
    seal_pending(false);
    header.durable = durable_;
    header.body_length = static_cast<std::uint32_t>(body_length);
    header.body_offset = commit_lane_body_offset(body_length);
    SLUICE_ASSERT(used_ + commit_lane_frame_bytes(body_length) <= buffer_.size());
    auto const head_end = used_ + header.encoded_bytes();
    std::memset(buffer_.data() + head_end, 0, used_ + header.body_offset - head_end);
    return buffer_.data() + used_ + header.body_offset;
}

location group_layout::end_frame(frame_header const& header) noexcept {
    pending_ = header;
    pending_at_ = used_;
    auto const end = used_ + header.body_offset + header.body_length;
    used_ += commit_lane_frame_bytes(header.body_length);
    std::memset(buffer_.data() + end, 0, used_ - end);
    return {place_.segment, static_cast<std::uint32_t>(place_.offset + pending_at_)};
}

void group_layout::seal_pending(bool last) noexcept {
    if (!pending_) return;
    pending_->predecessor = last_crc_;
    pending_->last_of_group = last;
    auto const seed = seeds_.at(place_.incarnation, place_.offset + pending_at_);
    last_crc_ = encode_frame_header(*pending_, seed, buffer_.data() + pending_at_);
    pending_.reset();
}

location group_layout::add_payload(lsn at, inline_payload const& payload,
                                   chunk_crcs const& crcs) noexcept {
    frame_header header;
    header.type = frame_type::payload;
    header.at = at;
    header.owner = payload.owner;
    header.owner_offset = payload.owner_offset;
    header.crcs = crcs;
    auto* body = begin_frame(header, payload.bytes.size());
    std::memcpy(body, payload.bytes.data(), payload.bytes.size());
    return end_frame(header);
}

location group_layout::add_chunk(lsn at, std::uint64_t transaction, std::uint64_t number,
                                 std::string_view bytes) noexcept {
    frame_header header;
    header.type = frame_type::mutations;
    header.at = at;
    header.owner = transaction;
    header.owner_offset = number;
    auto* body = begin_frame(header, bytes.size());
    std::memcpy(body, bytes.data(), bytes.size());
    checksum_chunks({body, bytes.size()}, header.crcs);
    return end_frame(header);
}

location group_layout::add_commit(lsn at, std::string_view head,
                                  std::string_view mutations) noexcept {
    frame_header header;
    header.type = frame_type::commit;
    header.at = at;
    auto* body = begin_frame(header, head.size() + mutations.size());
    std::memcpy(body, head.data(), head.size());
    if (!mutations.empty()) std::memcpy(body + head.size(), mutations.data(), mutations.size());
    checksum_chunks({body, header.body_length}, header.crcs);
    return end_frame(header);
}

location group_layout::add_mark(lsn at) noexcept {
    frame_header header;
    header.type = frame_type::durable_mark;
    header.at = at;
    begin_frame(header, 0);
    return end_frame(header);
}

group_layout::finished group_layout::finish() noexcept {
    seal_pending(true);
    auto const padded = align_up(used_, flash::block_bytes);
    SLUICE_ASSERT(padded <= buffer_.size());
    std::memset(buffer_.data() + used_, 0, padded - used_);
    return {padded, last_crc_};
}

}  // namespace sluice::journal
