// Lays the frames of one commit group into a buffer, one behind the other, exactly as they will lie
// on flash. Every frame's header is sealed once its follower, or the end of the group, is known.
// Sans-io. One thread. The buffer belongs to the caller and must hold what is added, padded to a
// block.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "backend/journal/commit.hpp"
#include "backend/journal/frame.hpp"

namespace sluice::journal {

struct group_place {
    segment_id segment{};
    std::uint64_t incarnation = 0;
    std::uint64_t offset = 0;       // in the segment, a multiple of the block
    std::uint32_t predecessor = 0;  // header crc of the frame before
};

class group_layout {
public:
    group_layout(frame_seeds const&, group_place const&, lsn durable, byte_span buffer) noexcept;

    // `crcs` are those of the payload's 64 KiB pieces, made by whoever submitted it.
    location add_payload(lsn at, inline_payload const&, chunk_crcs const& crcs) noexcept;
    location add_chunk(lsn at, std::uint64_t transaction, std::uint64_t number,
                       std::string_view body) noexcept;
    location add_commit(lsn at, std::string_view head, std::string_view mutations) noexcept;
    location add_mark(lsn at) noexcept;

    struct finished {
        std::size_t bytes = 0;       // to write, whole blocks
        std::uint32_t last_crc = 0;  // the next frame's predecessor
    };
    finished finish() noexcept;

private:
    std::byte* begin_frame(frame_header&, std::size_t body_length) noexcept;
    location end_frame(frame_header const&) noexcept;
    void seal_pending(bool last) noexcept;

    frame_seeds const& seeds_;
    group_place const place_;
    lsn const durable_;
    byte_span const buffer_;
    std::size_t used_ = 0;
    std::uint32_t last_crc_;
    std::optional<frame_header> pending_;  // the last added frame, header not written yet
    std::size_t pending_at_ = 0;
};

}  // namespace sluice::journal
