// The memory that whole frames are read into, used again: fresh memory for every 1 MiB costs about
// as much as reading it does (the kernel clears each page when it is first touched). Of those that
// came back at most `kept` are held on to. Nothing waits here: when `most` bytes are out, readers take
// less at a time.
//
// Thread rule: any thread. Buffers may outlive the pool.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <mutex>
#include <vector>

#include "backend/flash/aligned_buffer.hpp"

namespace sluice::store {

class read_buffers {
public:
    read_buffers(std::size_t kept, std::size_t most);

    // For `bytes` bytes; small ones are of their own. Contents are whatever was there.
    // Shared by the holders of what was read into it.
    std::shared_ptr<flash::aligned_buffer> take(std::size_t bytes);
    // More than `most` bytes are out, not counting small buffers.
    bool is_scarce() const noexcept;

private:
    struct idle {
        idle(std::size_t kept, std::size_t most) : kept(kept), most(most) {}
        std::size_t const kept;
        std::size_t const most;
        std::atomic<std::size_t> bytes_out = 0;
        std::mutex mutex;
        std::vector<std::unique_ptr<flash::aligned_buffer>> buffers;
    };
    std::shared_ptr<idle> idle_;  // with the buffers that are out
};

}  // namespace sluice::store
