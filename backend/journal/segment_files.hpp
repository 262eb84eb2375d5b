// Open segment files, shared by everybody who reads or writes them, at most so many at a time. A
// file in use stays open for its user even when it was dropped from here. Thread rule: any thread.
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <unordered_map>

#include "backend/flash/device.hpp"
#include "gateway/core/ids.hpp"

namespace sluice::journal {

class segment_files {
public:
    segment_files(flash::device& device, std::size_t most) noexcept
        : device_(device),
          most_(most) {}

    // Shared by the cache and the reads and writes under way.
    result<std::shared_ptr<flash::file>> open(segment_id, blocking_token);
    void forget(segment_id);

private:
    struct entry {
        std::shared_ptr<flash::file> file;
        std::list<segment_id>::iterator age;
    };
    flash::device& device_;
    std::size_t const most_;
    std::mutex mutex_;
    std::list<segment_id> by_age_;  // most recently used first
    std::unordered_map<segment_id, entry> open_;
};

}  // namespace sluice::journal
