#include "protocols/http/read_buffer.hpp"

#include <algorithm>
#include <cstring>

#include "gateway/core/assert.hpp"

namespace sluice::http {

void read_buffer::consume(std::size_t bytes) noexcept {
    SLUICE_ASSERT(bytes <= end_ - begin_);
    begin_ += bytes;
    if (begin_ == end_) begin_ = end_ = 0;
}

byte_span read_buffer::room(std::size_t limit) {
    auto const used = end_ - begin_;
    if (used >= limit) return {};
    if (end_ == capacity_ || capacity_ == 0) {
        if (begin_ >= capacity_ / 2 && capacity_ != 0) {
            std::memmove(data_.get(), data_.get() + begin_, used);
            begin_ = 0;
            end_ = used;
        } else {
            reallocate(std::min(limit, std::max(idle_bytes_, capacity_ * 2)));
        }
    }
    auto const open = std::min(capacity_ - end_, limit - used);
    return {reinterpret_cast<std::byte*>(data_.get() + end_), open};
}

void read_buffer::settle() {
    if (capacity_ > idle_bytes_ && end_ - begin_ <= idle_bytes_) reallocate(idle_bytes_);
}

void read_buffer::reallocate(std::size_t capacity) {
    auto const used = end_ - begin_;
    SLUICE_ASSERT(used <= capacity);
    std::unique_ptr<char[]> larger(new char[capacity]);
    if (used != 0) std::memcpy(larger.get(), data_.get() + begin_, used);
    data_ = std::move(larger);
    capacity_ = capacity;
    begin_ = 0;
    end_ = used;
}

}  // namespace sluice::http
