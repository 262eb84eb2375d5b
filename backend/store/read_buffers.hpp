// The memory that whole frames are read into, used again: fresh memory for every 1 MiB costs about
// as much as reading it does (the kernel clears each page when it is first touched). Readers bound
// how many are out; at most `kept` of those that came back are held on to.
//
// Thread rule: any thread. Buffers may outlive the pool.
#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <vector>

#include "backend/flash/aligned_buffer.hpp"

namespace sluice::store {

class read_buffers {
public:
    explicit read_buffers(std::size_t kept);

    // For `bytes` bytes; small ones are of their own. Contents are whatever was there.
    // Shared by the holders of what was read into it.
    std::shared_ptr<flash::aligned_buffer> take(std::size_t bytes);

private:
    struct idle {
        explicit idle(std::size_t most) : kept(most) {}
        std::size_t const kept;
        std::mutex mutex;
        std::vector<std::unique_ptr<flash::aligned_buffer>> buffers;
    };
    std::shared_ptr<idle> idle_;  // with the buffers that are out
};

}  // namespace sluice::store
