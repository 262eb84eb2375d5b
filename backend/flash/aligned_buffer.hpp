// A block-aligned, owned, fixed-capacity byte buffer: what O_DIRECT reads and writes use.
// Move-only.
#pragma once

#include <cstdlib>
#include <cstring>
#include <utility>

#include "gateway/core/assert.hpp"
#include "gateway/core/bytes.hpp"

namespace sluice::flash {

class aligned_buffer {
public:
    aligned_buffer() = default;
    // Rounded up to whole blocks; contents are not initialised.
    explicit aligned_buffer(std::size_t bytes)
        : capacity_(align_up(bytes, 4096)),
          data_(static_cast<std::byte*>(
              std::aligned_alloc(4096, capacity_ == 0 ? 4096 : capacity_))) {
        SLUICE_ASSERT(data_ != nullptr);
    }
    ~aligned_buffer() { std::free(data_); }
    aligned_buffer(aligned_buffer&& other) noexcept
        : capacity_(std::exchange(other.capacity_, 0)),
          data_(std::exchange(other.data_, nullptr)) {}
    aligned_buffer& operator=(aligned_buffer&& other) noexcept {
        std::swap(capacity_, other.capacity_);
        std::swap(data_, other.data_);
        return *this;
    }

    std::byte* data() const noexcept { return data_; }
    std::size_t capacity() const noexcept { return capacity_; }
    byte_span span(std::size_t offset, std::size_t length) const noexcept {
        SLUICE_ASSERT(offset <= capacity_ && length <= capacity_ - offset);
        return {data_ + offset, length};
    }

private:
    std::size_t capacity_ = 0;
    std::byte* data_ = nullptr;
};

}  // namespace sluice::flash
