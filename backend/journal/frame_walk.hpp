// Walks a segment forward, frame by frame, reading it in large pieces: recovery, scrub and check.
// One thread. The file outlives the walk; views into a body live until the next step.
#pragma once

#include <functional>
#include <optional>

#include "backend/flash/aligned_buffer.hpp"
#include "backend/flash/device.hpp"
#include "backend/journal/frame.hpp"

namespace sluice::journal {

struct walked_frame {
    frame_header header;
    std::uint32_t crc = 0;
    std::uint64_t offset = 0;
    std::string_view body;
    bool body_is_good = false;
};

class frame_walk {
public:
    struct subject {
        flash::file* file = nullptr;
        lane where = lane::commit;
        std::uint64_t incarnation = 0;
        std::uint64_t end = 0;  // exact; no frame starts at or reaches past it
    };
    frame_walk(frame_seeds const&, subject);

    std::uint64_t offset() const noexcept { return offset_; }
    void move_to(std::uint64_t offset) noexcept { offset_ = offset; }
    // The frame at offset(), whether its body is good or not; nullopt: there is none with a right
    // header. Does not move. io_failed.
    result<std::optional<walked_frame>> look(blocking_token);
    // Behind the frame that look() found.
    void step_over(walked_frame const&) noexcept;
    // To the next block after offset(). False at the end.
    bool skip_block() noexcept;
    bool at_end() const noexcept { return offset_ >= subject_.end; }

private:
    result<const_byte_span> load(std::uint64_t offset, std::size_t length, blocking_token);

    frame_seeds const& seeds_;
    subject const subject_;
    std::uint64_t offset_ = first_frame_offset;
    flash::aligned_buffer window_;
    std::uint64_t window_at_ = 0;
    std::size_t window_bytes_ = 0;
};

}  // namespace sluice::journal
