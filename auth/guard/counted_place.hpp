// A place among few for work that anybody can ask for, given back at its end. Inside auth/guard only.
// Thread rule: any thread.
#pragma once

#include <atomic>
#include <cstddef>

namespace sluice::auth {

class counted_place {
public:
    counted_place(std::atomic<std::size_t>& taken, std::size_t most) : taken_(taken) {
        fits_ = taken_.fetch_add(1, std::memory_order_relaxed) < most;
    }
    counted_place(counted_place const&) = delete;
    counted_place& operator=(counted_place const&) = delete;
    ~counted_place() { taken_.fetch_sub(1, std::memory_order_relaxed); }
    bool fits() const noexcept { return fits_; }

private:
    std::atomic<std::size_t>& taken_;
    bool fits_ = false;
};

}  // namespace sluice::auth
