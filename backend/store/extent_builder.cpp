#include <algorithm>

#include "backend/store/payload_state.hpp"
#include "gateway/core/assert.hpp"

namespace sluice::store {

void extent_builder::add(std::uint64_t offset, std::uint64_t length, journal::location at) {
    early_.push_back({offset, length, at});
    for (;;) {
        auto next = std::ranges::find(early_, joined_, &frame::offset);
        if (next == early_.end()) return;
        join(*next);
        early_.erase(next);
    }
}

void extent_builder::join(frame const& next) {
    joined_ += next.length;
    if (!extents_.empty()) {
        auto& last = extents_.back().frames;
        bool const whole_frames = last.length % frame_bytes_ == 0;
        auto const expected =
            last.first.offset + last.length / frame_bytes_ * bulk_stride(frame_bytes_);
        if (whole_frames && last.first.segment == next.at.segment && next.at.offset == expected) {
            last.length += next.length;
            return;
        }
    }
    extents_.push_back({next.offset, {next.at, frame_bytes_, next.length}});
}

std::vector<placed_extent> extent_builder::take() {
    SLUICE_ASSERT(early_.empty());
    return std::move(extents_);
}

}  // namespace sluice::store
