// What stored_payload holds: bytes that have a place and no record yet. Internal to backend/store.
// Not thread-safe.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "backend/journal/commit.hpp"
#include "backend/store/payload_records.hpp"
#include "backend/store/payload_writer.hpp"
#include "gateway/core/ids.hpp"

namespace sluice::store {

struct placed_extent {
    std::uint64_t offset = 0;
    frames_extent frames;
};

struct stored_payload::state {
    std::uint64_t length = 0;
    std::string bytes;                     // all of it, when no frame was written
    payload_id id{};                       // of the frames
    std::vector<placed_extent> extents;    // in order of offset, without gaps
    std::shared_ptr<void> stream;  // keeps the frames' segments until the commit is published
};

// Joins frames as they become durable, in any order, into as few extents as their places allow.
class extent_builder {
public:
    // Full frames have frame_bytes; `last` may be shorter and must be the one with the highest
    // offset.
    explicit extent_builder(std::uint64_t frame_bytes) noexcept : frame_bytes_(frame_bytes) {}

    void add(std::uint64_t offset, std::uint64_t length, journal::location at);
    // Call when every frame was added.
    std::vector<placed_extent> take();

private:
    struct frame {
        std::uint64_t offset;
        std::uint64_t length;
        journal::location at;
    };
    void join(frame const&);

    std::uint64_t const frame_bytes_;
    std::vector<placed_extent> extents_;
    std::vector<frame> early_;             // waiting for an earlier one; at most frames in flight
    std::uint64_t joined_ = 0;             // bytes
};

}  // namespace sluice::store
